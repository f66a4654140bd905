// A separate process that starts the child and outlives us: if we are killed, stopped or stuck, it ends the child before somebody
// else can have the lock. It knows nothing of Redis, only when the lease ends.
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import { monotonic } from './monotonic.js';
import { endGroup, signalGroup } from './process-group.js';
import { PROGRESS_DESCRIPTOR, type FromGuardian, type ToGuardian } from './protocol.js';

/** Milliseconds for a child whose lease has not been reported yet. */
const GRACE = 2_000;
/** Characters of a line of progress. */
const LONGEST_LINE = 10_000;
/** Timers that are longer fire at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

class Guardian {
  private child: ChildProcess | undefined;
  private lease: { term: number; kill: number } | undefined;
  private timer: NodeJS.Timeout | undefined;
  private latest = Infinity;
  private ending: Promise<void> | undefined;

  hear(message: ToGuardian): void {
    switch (message.type) {
      case 'start':
        return this.start(message);
      case 'lease':
        this.lease = message;
        return this.wait();
      case 'signal':
        return this.pid === undefined ? undefined : signalGroup(this.pid, message.signal);
      case 'end':
        return this.end(message.grace);
    }
  }

  /** Our parent process is gone. */
  orphaned(): void {
    if (this.pid === undefined) {
      process.exit();
    }
    this.end(NESTED ? 0 : GRACE_OF_ORPHANS);
  }

  private get pid(): number | undefined {
    return this.child?.pid;
  }

  private start({ command: [file = '', ...args], env }: ToGuardian & { type: 'start' }): void {
    if (!process.connected) {
      // the parent that asked for it is gone by now
      return;
    }
    const child = spawn(file, args, {
      // file descriptor for progress
      stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
      detached: true,
      env: { ...process.env, ...env },
    });
    this.child = child;
    this.readProgress(child.stdio[PROGRESS_DESCRIPTOR] as Readable | null | undefined);
    child.once('error', (error) => {
      if (child.pid === undefined) {
        tell({ type: 'failed', message: error.message }, () => process.exit());
      }
    });
    child.once('spawn', () => tell({ type: 'started', pid: child.pid as number }));
    child.once('exit', (code, signal) => void this.exited(code, signal));
  }

  private readProgress(stream: Readable | null | undefined): void {
    let rest = '';
    stream?.setEncoding('utf8').on('error', () => undefined);
    stream?.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = (lines.pop() ?? '').slice(-LONGEST_LINE);
      // an earlier one no longer has a say
      const last = lines.findLast((line) => line.trim() !== '');
      if (last !== undefined) {
        tell({ type: 'progress', line: last.slice(0, LONGEST_LINE) });
      }
    });
  }

  /** Until the lease is half gone, or renewed. */
  private wait(): void {
    clearTimeout(this.timer);
    const { term, kill } = this.lease as { term: number; kill: number };
    if (!this.ending) {
      this.timer = setTimeout(
        () => {
          tell({ type: 'ending' });
          this.end(kill - monotonic());
        },
        Math.min(LONGEST_TIMER, Math.max(0, term - monotonic())),
      );
    }
  }

  /** Never later than the lease allows. */
  private end(grace: number): void {
    clearTimeout(this.timer);
    const by = Math.min(monotonic() + Math.max(0, grace), this.lease?.kill ?? monotonic() + GRACE);
    this.latest = Math.min(this.latest, by);
    if (this.pid !== undefined) {
      this.ending ??= endGroup(this.pid, () => this.latest);
    }
  }

  private async exited(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    clearTimeout(this.timer);
    // nothing may be left of what we have ended, even if its leader was faster
    await this.ending;
    tell({ type: 'exited', code, signal }, () => process.exit());
  }
}

/**
 * Whether our parent process was itself run by `run`. That has just ended it, with its lock about to be free, and nothing may be left
 * of the child either.
 */
const NESTED = process.env.MAINTENANCE_FENCE !== undefined;

/** Milliseconds: a child may clean up, as long as its lease allows. */
const GRACE_OF_ORPHANS = 600_000;

function tell(message: FromGuardian, then: () => void = () => undefined): void {
  if (!process.connected || !process.send) {
    then();
    return;
  }
  process.send(message, () => then());
}

const guardian = new Guardian();
process.on('message', (message) => guardian.hear(message as ToGuardian));
process.on('disconnect', () => guardian.orphaned());
if (!process.connected) {
  // while this file was being read
  guardian.orphaned();
}
// only those that told us to start it may tell us to end it
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGPIPE'] as const) {
  process.on(signal, () => undefined);
}
