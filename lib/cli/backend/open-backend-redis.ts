import type { StateManager } from '../../core/state/state-manager.js';
import type { StandaloneMaintenance } from '../../standalone/standalone-maintenance.js';
import { refusalCode } from '../../core/store/redis/redis-errors.js';
import { messageOf } from '../../core/errors/message-of.js';
import { openMaintenance } from '../../standalone/open-maintenance.js';
import { CliError, EXIT, exitCodeOf, usage } from '../exit.js';
import type { Settings } from '../settings.js';
import { parseDuration } from '../time.js';
import { describeTarget, isTarget, openTarget } from './redis-target.js';

/** Longer than an application's: no request waits for this. */
const COMMAND_TIMEOUT = 3_000;

/**
 * Connects to the Redis of an application, and reads what is there.
 * @throws CliError
 */
export async function openRedis(
  { redis = '', namespace = 'maintenance', ca, commandTimeout }: Settings,
  warn: (message: string) => void,
): Promise<{
  service: StandaloneMaintenance;
  manager: StateManager;
  place: string;
  warnings: readonly string[];
}> {
  if (!isTarget(redis)) {
    throw usage(
      '--redis is not a Redis address; accepted: redis://host:6379/0, rediss://…, unix:///path, redis+sentinel://host,host/name, redis+cluster://host,host.',
    );
  }
  await requireDriver();
  const place = `Redis at ${describeTarget(redis)}, namespace "${namespace}"`;
  const warnings: string[] = [];
  const tell = (message: string): void => {
    warnings.push(message);
    warn(message);
  };
  const timeout =
    commandTimeout === undefined ? COMMAND_TIMEOUT : parseDuration(commandTimeout, '--command-timeout');
  const { service, manager } = await openMaintenance({
    redis: await openTarget(redis, ca),
    namespace,
    commandTimeout: timeout,
    logger: { warn: (message) => warnings.push(message), error: tell },
  });
  try {
    // otherwise it has just been read
    if (!manager.health().up || !manager.hasRead) {
      await manager.refresh();
    }
  } catch (error) {
    // the failed call was only a read
    const message = messageOf(error)
      .replace(/; (the outcome is unknown|nothing was written)\.$/, '.')
      .replace(/ Retrying from scratch after \d+ms\./, '')
      .replace(/[\s.]+$/, '.');
    await service.close();
    const exit = refusalCode(error) === undefined ? exitCodeOf(error) : EXIT.failed;
    throw new CliError(exit, `${place}: ${message} Nothing was changed.`, 'MAINTENANCE_STORE');
  }
  return { service, manager, place, warnings };
}

/** The driver is installed with the application, but not for `npx` alone. */
async function requireDriver(): Promise<void> {
  try {
    await import('ioredis');
  } catch (error) {
    const line = commandLine();
    const before = line.includes(VARIABLE) ? 'Set MAINTENANCE_REDIS_URL to the address and run' : 'Run';
    throw usage(
      `--redis needs the package ioredis (${messageOf(error).replace(/ imported from .*|\n.*/gs, '')}). ` +
        `${before}: npx -p nestjs-maintenance -p ioredis nestjs-maintenance ${line}`,
    );
  }
}

/** Stands for an address, which may contain a password. */
const VARIABLE = '"$MAINTENANCE_REDIS_URL"';

/** The present command line, quoted for a shell. */
function commandLine(): string {
  return process.argv
    .slice(2)
    .map((word, index, words) =>
      words[index - 1] === '--redis'
        ? VARIABLE
        : word.startsWith('--redis=')
          ? `--redis=${VARIABLE}`
          : quoted(word),
    )
    .join(' ');
}

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
