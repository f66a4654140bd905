import { CommanderError } from 'commander';
import { Declined } from './cli.js';
import { CliError, EXIT, exitCodeOf, inWordsOfOptions, RUN_EXIT } from './exit.js';
import { Output } from './output.js';
import { createCli } from './program.js';
import { ofThisProcess, type Surroundings } from './surroundings.js';

/**
 * Runs one command line.
 * @param words without the program
 * @param guardian the file of the process that guards what `run` starts
 * @returns the exit code of the process
 */
export async function carryOut(
  words: readonly string[],
  guardian: URL,
  around: Surroundings = ofThisProcess(),
): Promise<number> {
  const ours = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  const out = Output.of(ours.includes('--json'), around);
  const cli = createCli(guardian, around);
  try {
    await around.asCommandLine(() => cli.program.parseAsync(words, { from: 'user' }));
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // without a command it may still have been meant for run
      const isRun = cli.called === undefined ? ours.includes('run') : cli.called === 'run';
      return error.exitCode === 0 ? EXIT.done : reportUsage(error, out, isRun);
    }
    return error instanceof Declined ? EXIT.failed : report(error, out, around, cli.called === 'run');
  }
}

/** Reports what commander has already told people. */
function reportUsage({ code, message }: CommanderError, out: Output, isRun: boolean): number {
  if (isRun && code !== 'commander.help') {
    return RUN_EXIT + EXIT.usage;
  }
  const error = { code: 'CLI_USAGE', message: message.replace(/^error: /, '') };
  out.result({ error, exitCode: EXIT.usage }, () => undefined);
  return EXIT.usage;
}

/** @param isRun stdout is left to the command, and exit codes are told from its own */
function report(error: unknown, out: Output, { env }: Surroundings, isRun: boolean): number {
  const { message: said, code = 'ERROR' } = error as Error & { code?: string };
  const message = inWordsOfOptions(said);
  const exit = exitCodeOf(error) + (isRun ? RUN_EXIT : 0);
  const known = error instanceof CliError || String(code).startsWith('MAINTENANCE_');
  if (isRun) {
    out.error(message);
  } else {
    out.result({ error: { code, message }, exitCode: exit }, () => out.error(message));
  }
  if (!known && env.DEBUG) {
    out.note(String((error as Error).stack));
  }
  return exit;
}
