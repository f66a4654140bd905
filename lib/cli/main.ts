#!/usr/bin/env node
import * as module from 'node:module';
import { isatty } from 'node:tty';
import { getSystemErrorMap } from 'node:util';

/** Milliseconds after which the process ends although something is still open. */
const LINGER = 1_000;

// from Node 22 on: what was compiled is kept for the next time
(module as { enableCompileCache?: () => unknown }).enableCompileCache?.();

process.stdout.on('error', ({ code, errno }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE') {
    // the reader, such as head or less, may close it early
    process.exit(0);
  }
  // a terminal that has gone away is reported by its signal
  if (code !== 'EIO') {
    const [, why] = getSystemErrorMap().get(errno ?? 0) ?? [];
    process.stderr.write(`error: stdout could not be written: ${why} (${code}).\n`);
    process.exit(1);
  }
});
// work in progress goes on when its output can no longer be written
process.stderr.on('error', () => undefined);

const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));
process.on('exit', () => {
  // Node aborts with a core dump if it cannot reset a terminal that has gone away
  if (terminals.some((descriptor) => !isatty(descriptor))) {
    process.removeAllListeners('SIGHUP');
    process.kill(process.pid, 'SIGHUP');
  }
});

const { carryOut } = await import('./command-line.js');
const guardian = new URL('./run/guardian.js', import.meta.url);
process.exitCode = await carryOut(process.argv.slice(2), guardian);
setTimeout(() => process.exit(), LINGER).unref();
