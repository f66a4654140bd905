import { AsyncLocalStorage } from 'node:async_hooks';
import { Subject } from 'rxjs';
import { callChain, type Call } from './call.js';
import { settle } from './settle.js';

/** Milliseconds that following stays on when nothing is followed any more: switching it costs more than keeping it on. */
const LINGER = 1_000;

const storage = new AsyncLocalStorage<Call | undefined>();
/** Calls that were waiting themselves go on. */
export const resumptions = new Subject<void>();
let followed = 0;
let lingering: NodeJS.Timeout | undefined;

/** The call that this code was reached from, if calls are followed. */
export const currentCall = (): Call | undefined => storage.getStore();

/**
 * Runs something so that {@link currentCall} returns the call below it. Following costs every promise of the process, so it is
 * on only while a call is followed.
 * @param over is called with the result once that has settled
 * @returns its result, or a promise of it
 */
export function follow<T>(call: Call, run: () => T, over: (value?: unknown) => void): T {
  const rests = keepFollowing();
  const done = (value?: unknown): void => {
    rests();
    over(value);
  };
  try {
    return settle(storage.run(call, run), done);
  } catch (error) {
    done();
    throw error;
  }
}

/** Following stays on until the returned function is called, which is to be called once. */
export function keepFollowing(): () => void {
  followed++;
  return unfollow;
}

/** Runs something that belongs to a call which is being followed. */
export const within = <T>(call: Call, run: () => T): T => storage.run(call, run);

/** Runs something that belongs to no call. */
export function outsideOfCalls(run: () => void): void {
  if (storage.getStore() === undefined) {
    run();
  } else {
    storage.run(undefined, run);
  }
}

/**
 * Nobody waits for the call that this code was reached from, nor for those around it, until the returned function is called: it
 * is waiting itself.
 */
export function excludeFromDrain(): () => void {
  const calls = [...callChain(currentCall())];
  calls.forEach((call) => call.waits++);
  return () => {
    const now = performance.now();
    const resumed = calls.splice(0);
    for (const call of resumed) {
      call.waits--;
      call.waitedUntil = now;
    }
    if (resumed.length > 0) {
      resumptions.next();
    }
  };
}

function unfollow(): void {
  if (--followed === 0) {
    lingering ??= setTimeout(rest, LINGER).unref();
  }
}

function rest(): void {
  lingering = undefined;
  if (followed === 0) {
    storage.disable();
  }
}
