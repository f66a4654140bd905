import { defaultActor, type Context, type Work } from '../cli.js';
import { CliError, EXIT, exitCodeOf, inWordsOfOptions, RUN_EXIT, usage } from '../exit.js';
import type { RedisBackend } from '../backend/redis-backend.js';
import type { Maintenance } from '../../core/service/maintenance.js';
import { commandText } from '../run/command-text.js';
import { exitOfChild } from '../run/exit-of-child.js';
import { GuardedChild, type ChildExit } from '../run/guarded-child.js';
import { monotonic } from '../run/monotonic.js';
import { ProgressSocket, PROGRESS_VARIABLE } from '../run/progress-socket.js';
import { PROGRESS_DESCRIPTOR } from '../run/protocol.js';
import { RunProgress } from '../run/run-progress.js';
import { lockedBy } from '../run/locked-by.js';
import { KeyAfterFailure } from '../run/key-after-failure.js';
import { leaseTimes } from '../run/lease-times.js';
import { untilLeft } from '../run/until-left.js';
import { parseText } from '../texts.js';
import { parseDuration, parseEnd, parseLength, parseWait } from '../time.js';
import { printDryRun, VETOES, whatIsConcerned } from './shared.js';

interface RunOptions {
  readonly drain?: string;
  readonly wait?: string;
  readonly lease?: string;
  readonly for?: string;
  readonly expected?: string;
  readonly public?: boolean;
  readonly message?: readonly string[];
  readonly reason?: string;
  readonly actor?: string;
  readonly keepOnFailure?: boolean;
  readonly dryRun?: boolean;
}

const LEASE = 30_000;
const SHORTEST_LEASE = 6_000;
/** Milliseconds that a command gets to end once the maintenance is over, where the lease allows it. */
const GRACE = 10_000;
/** Milliseconds between two looks whether the lease was renewed. */
const LOOK_INTERVAL = 200;
const PASSED_ON = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH'] as const;

export const run: Work<RunOptions> = async (context, key = '', given) => {
  const command = [given ?? []].flat();
  try {
    return await runUnder(context, key, command);
  } catch (error) {
    context.out.error(inWordsOfOptions(error instanceof Error ? error.message : String(error)));
    return RUN_EXIT + exitCodeOf(error);
  }
};

async function runUnder(
  { options, out, settings, guardian, open }: Context<RunOptions>,
  key: string,
  command: string[],
): Promise<number> {
  if (!command[0]) {
    throw usage(
      `No command given for key "${key}"; put it after "--": run billing -- npx prisma migrate deploy`,
    );
  }
  if (settings.redis === undefined && settings.url !== undefined) {
    throw usage('run needs --redis: the admin API has no locks.');
  }
  const drain = parseWait(options.drain ?? '10s', '--drain');
  const wait = parseWait(options.wait ?? 'none', '--wait');
  const lease = parseDuration(options.lease ?? `${LEASE}ms`, '--lease');
  if (lease < SHORTEST_LEASE) {
    throw usage(
      `--lease: ${options.lease} is too short; accepted: at least 6s, so that there is time to end the command.`,
    );
  }
  const plan = {
    drain,
    blocking: wait,
    lease,
    keepLock: true,
    message: parseText(options.message, '--message'),
    reason: options.reason ?? commandText(command).slice(0, 1_000),
    actor: options.actor ?? defaultActor(),
    ...parseEnd([], { for: options.for }),
    ...(options.expected !== undefined && { expected: parseLength(options.expected, '--expected') }),
  };
  const backend = (await open()) as RedisBackend;
  if (options.dryRun) {
    await printDryRun(
      out,
      `run ${JSON.stringify(command.join(' '))} while "${key}" is in maintenance`,
      await whatIsConcerned(backend, key),
      backend,
    );
    return EXIT.done;
  }
  await backend.key(key);
  // elsewhere stderr belongs to the command
  out.remark(VETOES);
  const stopped = new AbortController();
  const progress = new RunProgress(key, options.public === true, out);
  const child = new GuardedChild(guardian, progress.takeLine);
  let started = false;
  const passOn = (signal: NodeJS.Signals): void => {
    if (started) {
      child.signal(signal);
    } else if (signal !== 'SIGWINCH') {
      stopped.abort(
        new CliError(EXIT.failed, `Stopped by ${signal} before the command started.`, 'CLI_STOPPED'),
      );
    }
  };
  PASSED_ON.forEach((signal) => process.on(signal, passOn));
  // a terminal that suspends us would have the command ended: it goes on in the foreground
  process.on('SIGTSTP', () => undefined);
  try {
    const clear = out.passing(`${key}: waiting until all replicas are drained …`);
    let held: Maintenance;
    try {
      held = await backend.service.maintain(key, { ...plan, signal: stopped.signal });
    } catch (error) {
      throw await lockedBy(backend, key, wait, error);
    } finally {
      clear();
    }
    // without it a command can still run
    const socket = await ProgressSocket.open(progress.take).catch(() => undefined);
    try {
      stopped.signal.throwIfAborted();
      const renew = renewing(held, lease, child);
      renew();
      // from here on it is the command that hears signals
      started = true;
      progress.attach(held);
      const after = options.keepOnFailure ? new KeyAfterFailure(backend, key, plan, held) : undefined;
      await child.start(command, {
        MAINTENANCE_KEY: key,
        MAINTENANCE_FENCE: String(held.fence),
        MAINTENANCE_PROGRESS_FD: String(PROGRESS_DESCRIPTOR),
        ...(socket && { [PROGRESS_VARIABLE]: socket.path }),
      });
      const exit = await supervise(held, child, renew);
      const code = exitOfChild(exit, held, child, out);
      if (await after?.settle(code)) {
        out.warn(`"${key}" stays in maintenance because the command failed. Open it with: off ${key}`);
      }
      return code;
    } finally {
      await socket?.close();
      await held.leave();
    }
  } finally {
    // also for a command that was not started in the end
    await untilLeft(backend.manager, key, lease, (message) => out.error(message));
    child.dismiss();
    PASSED_ON.forEach((signal) => process.off(signal, passOn));
  }
}

/** Tells the guardian of each renewal of the lease. */
function renewing(held: Maintenance, lease: number, child: GuardedChild): () => void {
  let known = -Infinity;
  return () => {
    const now = monotonic();
    const remaining = held.remaining();
    if (now + remaining > known + 1) {
      known = now + remaining;
      child.renew(leaseTimes(remaining, lease, now));
    }
  };
}

/** Until the child is gone. */
async function supervise(held: Maintenance, child: GuardedChild, renew: () => void): Promise<ChildExit> {
  const end = (): void => child.end(held.remaining() > 0 ? GRACE : 0);
  const looking = setInterval(renew, LOOK_INTERVAL);
  const unwatch = child.watch();
  held.signal.addEventListener('abort', end, { once: true });
  if (held.signal.aborted) {
    end();
  }
  try {
    return await child.exit;
  } finally {
    clearInterval(looking);
    unwatch();
    held.signal.removeEventListener('abort', end);
  }
}
