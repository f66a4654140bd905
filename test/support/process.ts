import { randomInt } from 'node:crypto';
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { findCommand } from './tools.mjs';

const setpriv = findCommand('setpriv');
const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A command line that dies with the process that starts it, even when that one is killed. Linux; elsewhere as it is. */
export function mortal(command: string, args: readonly string[] = []): [command: string, args: string[]] {
  return setpriv ? [setpriv, ['--pdeathsig', 'KILL', command, ...args]] : [command, [...args]];
}

/** `spawn`, but the child never outlives this process. */
export function spawnMortal(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  return watch(spawn(...mortal(command, args), options));
}

/** Sees to it that a child ends with this process. */
export function watch<T extends ChildProcess>(child: T): T {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** Sends a signal and waits until the process is gone. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  if (hasEnded(child)) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  await gone;
}

/** Below the ports that systems give out by themselves, to `listen(0)` and to connections: nobody else gets one of these by chance. */
const PORTS = { first: 10_000, last: 32_000 };

/** A TCP port that was free a moment ago. Whoever binds it should be ready to try another one. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(PORTS.first, PORTS.last);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await Promise.race([
      once(server, 'listening').then(() => true),
      once(server, 'error').then(() => false),
    ]).catch(() => false);
    if (free) {
      server.close();
      await once(server, 'close');
      return port;
    }
  }
}
