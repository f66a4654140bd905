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
      return error.exitCode === 0 ? EXIT.done : reportUsage(error, out, ours);
    }
    return error instanceof Declined ? EXIT.failed : report(error, out, around);
  }
}

/** Reports what commander has already told people. */
function reportUsage({ code, message }: CommanderError, out: Output, words: readonly string[]): number {
  const exit = words.includes('run') && code !== 'commander.help' ? RUN_EXIT + EXIT.usage : EXIT.usage;
  const error = { code: 'CLI_USAGE', message: message.replace(/^error: /, '') };
  out.result({ error, exitCode: exit }, () => undefined);
  return exit;
}

function report(error: unknown, out: Output, { env }: Surroundings): number {
  const { message: said, code = 'ERROR' } = error as Error & { code?: string };
  const message = inWordsOfOptions(said);
  const exit = exitCodeOf(error);
  const known = error instanceof CliError || String(code).startsWith('MAINTENANCE_');
  out.result({ error: { code, message }, exitCode: exit }, () => out.error(message));
  if (!known && env.DEBUG) {
    out.note(String((error as Error).stack));
  }
  return exit;
}
