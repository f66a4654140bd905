#!/usr/bin/env node
import * as module from 'node:module';
import { CommanderError } from 'commander';
import { Declined } from './cli.js';
import { CliError, EXIT, exitCodeOf } from './exit.js';
import { Output, plain } from './output.js';
import { createCli } from './program.js';
import { readVersion } from './version.js';

/** Milliseconds after which the process ends although something is still open. */
const LINGER = 1_000;

// from Node 22 on: what was compiled is kept for the next time
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();

const words = process.argv.slice(2);
const ours = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
const out = new Output(ours.includes('--json'));

/** The reader of our output, such as head or less, may close it early. */
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') {
    process.exit(EXIT.done);
  }
});

async function main(): Promise<number> {
  const cli = createCli(readVersion(), new URL('./run/guardian.js', import.meta.url));
  try {
    await cli.program.parseAsync();
    return cli.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // it has said what is wrong
      const code = error.exitCode === 0 ? EXIT.done : EXIT.usage;
      return code === EXIT.usage && ours.includes('run') && error.code !== 'commander.help'
        ? 120 + code
        : code;
    }
    if (error instanceof Declined) {
      return EXIT.failed;
    }
    return report(error);
  }
}

function report(error: unknown): number {
  const { message, code = 'ERROR' } = error as Error & { code?: string };
  const exit = exitCodeOf(error);
  const known = error instanceof CliError || String(code).startsWith('MAINTENANCE_');
  out.result({ error: { code, message }, exitCode: exit }, () =>
    out.error(message.split('\n').map(plain).join('\n')),
  );
  if (!known && process.env.DEBUG) {
    out.note(String((error as Error).stack));
  }
  return exit;
}

process.exitCode = await main();
setTimeout(() => process.exit(), LINGER).unref();
