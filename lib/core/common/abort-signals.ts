import { setMaxListeners } from 'node:events';

/** What is called when a signal aborts; it is the only listener of the signal. */
interface Shared {
  readonly calls: Set<() => void>;
  callAll(): void;
}

const listening = new WeakMap<AbortSignal, Shared>();

/**
 * Calls a function once the signal aborts. Many waits may share one signal of the application: it gets one listener for all of
 * them, because Node warns of a leak from the eleventh on.
 * @returns what takes it back
 */
export function onAbort(signal: AbortSignal, call: () => void): () => void {
  let shared = listening.get(signal);
  if (!shared) {
    const calls = new Set<() => void>();
    shared = { calls, callAll: () => calls.forEach((each) => each()) };
    listening.set(signal, shared);
    signal.addEventListener('abort', shared.callAll, { once: true });
  }
  const { calls, callAll } = shared;
  calls.add(call);
  return () => {
    if (calls.delete(call) && calls.size === 0) {
      listening.delete(signal);
      signal.removeEventListener('abort', callAll);
    }
  };
}

/** Allows a signal of ours any number of listeners: work passes it on to all that it calls. */
export function withoutLimit(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}

export function createAbortController(): AbortController {
  const controller = new AbortController();
  withoutLimit(controller.signal);
  return controller;
}
