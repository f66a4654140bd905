import { AsyncLocalStorage } from 'node:async_hooks';
import { callChain, type Call } from './call.js';
import { settle } from './settle.js';

/** Milliseconds that following stays on when nothing is followed any more: switching it costs more than having it. */
const LINGER = 1_000;

const storage = new AsyncLocalStorage<Call>();
let followed = 0;
let lingering: NodeJS.Timeout | undefined;

/** The call that this code was reached from, where calls are followed. */
export const currentCall = (): Call | undefined => storage.getStore();

/**
 * Runs something so that {@link currentCall} gives the call below it. Following costs every promise of the process, so it is
 * on only while somebody is followed.
 * @param over is called once what it gives has settled, with what that is
 * @returns what it gives, or a promise for that
 */
export function follow<T>(call: Call, run: () => T, over: (value?: unknown) => void): T {
  followed++;
  const done = (value?: unknown): void => {
    if (--followed === 0) {
      lingering ??= setTimeout(rest, LINGER).unref();
    }
    over(value);
  };
  try {
    return settle(storage.run(call, run), done);
  } catch (error) {
    done();
    throw error;
  }
}

/** Runs something that belongs to no call. */
export function outsideOfCalls(run: () => void): void {
  storage.exit(run);
}

/**
 * Nobody waits for the call that this code was reached from, nor for those around it, until the returned function is called:
 * it waits for others itself.
 */
export function excludeFromDrain(): () => void {
  const calls = [...callChain(currentCall())];
  calls.forEach((call) => call.waits++);
  return () => calls.splice(0).forEach((call) => call.waits--);
}

function rest(): void {
  lingering = undefined;
  if (followed === 0) {
    storage.disable();
  }
}
