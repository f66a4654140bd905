import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import type { ChangeResult } from '../backend/backend.js';
import type { Work } from '../cli.js';
import { CliError, EXIT, exitCodeOf } from '../exit.js';
import { given } from '../option-values.js';
import { counted, plain } from '../output.js';
import { parseText } from '../texts.js';
import { parseDuration, parseEnd } from '../time.js';
import { printRunning, quietJson } from './quiet-table.js';
import { actorOf, checkWay, describeKey, noteVetoes, printDryRun, whatIsConcerned } from './shared.js';

export interface ChangeOptions {
  readonly for?: string;
  readonly until?: string;
  readonly message?: readonly string[];
  readonly reason?: string;
  readonly actor?: string;
  readonly acknowledge?: string;
  readonly drain?: string;
  readonly hooks?: boolean;
  readonly dryRun?: boolean;
}

export const on: Work<ChangeOptions> = async ({ options, out, open, confirm }, key = 'general', ...rest) => {
  const end = parseEnd(rest.flat(), options);
  const acknowledge = given(options.acknowledge, parseDuration, '--acknowledge');
  const drain = given(options.drain, parseDuration, '--drain');
  const backend = await open();
  checkWay(backend, options);
  const concerned = await whatIsConcerned(backend, key);
  if (options.dryRun) {
    await printDryRun(out, `put "${key}" into maintenance`, concerned, backend);
    return EXIT.done;
  }
  const whole = concerned.key.scope === 'site' && !concerned.key.readOnly;
  await confirm(
    `Put "${key}" into maintenance${whole ? ', which closes the whole site' : ''} (${counted(concerned.replicas.length, 'replica')})?`,
  );
  const result = await backend.set(key, {
    mode: true,
    ...end,
    message: parseText(options.message, '--message'),
    reason: options.reason,
    actor: actorOf(backend, options, out),
    ...(options.hooks === false && { callHooks: false }),
    acknowledge,
  });
  const quiet =
    drain === undefined
      ? undefined
      : await backend.quiet(key, drain).catch((error: unknown) => throwUnknownQuiet(result.key, error));
  out.result({ ...result, ...(quiet && { quiet: quietJson(quiet) }) }, () => {
    out.line(describeKey(result.key));
    printMissing(result, (line) => out.line(line));
    if (quiet) {
      printRunning(out, quiet);
    }
  });
  if (concerned.replicas.length === 0) {
    out.warn('No replica of the application is running: nothing is refused until one starts.');
  }
  noteVetoes(backend, out);
  return (result.missing ?? []).length > 0 || quiet?.quiet === false ? EXIT.undrained : EXIT.done;
};

/** The change was made all the same. */
function throwUnknownQuiet(key: MaintenanceKeyJson, error: unknown): never {
  const { message, code } = error as Error & { code?: string };
  throw new CliError(
    exitCodeOf(error),
    `${describeKey(key)} It is unknown whether it is quiet: ${message}`,
    code,
  );
}

export function printMissing(
  { acknowledged, missing = [] }: ChangeResult,
  write: (line: string) => void,
): void {
  if (acknowledged) {
    const late = missing.length > 0 ? `; not by ${plain(missing.join(', '))}` : '';
    write(`Applied by ${counted(acknowledged.length, 'replica')}${late}.`);
  }
}
