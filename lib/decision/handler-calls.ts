import { AsyncLocalStorage } from 'node:async_hooks';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { RouteParamtypes } from '@nestjs/common/enums/route-paramtypes.enum.js';
import 'reflect-metadata';

type Handler = (...args: unknown[]) => unknown;

/** How many calls of a handler have not settled, whatever became of their responses. */
interface Calls {
  running: number;
}

/** One call of a handler, for code that is reached from it. */
export interface HandlerCall {
  readonly handler: Handler;
}

const calls = new WeakMap<object, Calls>();
/** What handlers that answer by themselves were to answer with, once they have settled. */
const settledReplies = new WeakSet<object>();
const current = new AsyncLocalStorage<HandlerCall>();
let followed = 0;

/** Calls of this handler that have not settled. */
export const runningCalls = (handler: object): number => calls.get(handler)?.running ?? 0;

/** Has a handler that answers by itself settled with this reply, whether it has answered or not. */
export const isSettled = (reply: object): boolean => settledReplies.has(reply);

/** The handler call this code was reached from, when its handler is followed. */
export const currentCall = (): HandlerCall | undefined => current.getStore();

/**
 * Counts the calls of one instance's method until they settle: a response tells when it is sent, not when the handler
 * that sent it is done. The method keeps its name, its metadata and its class; only this instance's is counted.
 * @param follow also makes {@link currentCall} work below it; costs more, so only where `maintain()` may be called
 */
export function trackMethod(instance: object, property: string, follow: boolean): void {
  const original = (instance as Record<string, unknown>)[property];
  if (typeof original !== 'function' || calls.has(original)) {
    return;
  }
  const count: Calls = { running: 0 };
  const replyAt = indexOfReply(instance, property);
  const settled = (): void => void count.running--;
  const settledWith = (reply: unknown) => (): void => {
    count.running--;
    settledReplies.add(reply as object);
  };
  const tracked = function (this: unknown, ...args: unknown[]): unknown {
    count.running++;
    const done = typeof args[replyAt] === 'object' ? settledWith(args[replyAt]) : settled;
    let result: unknown;
    try {
      result = follow
        ? followCall(tracked, () => original.apply(this, args) as unknown)
        : (original.apply(this, args) as unknown);
    } catch (error) {
      done();
      throw error;
    }
    return settle(result, done);
  };
  for (const key of Reflect.getMetadataKeys(original)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), tracked);
  }
  Object.defineProperty(tracked, 'name', { value: original.name, configurable: true });
  Object.defineProperty(tracked, 'length', { value: original.length, configurable: true });
  try {
    Object.defineProperty(instance, property, {
      value: tracked,
      configurable: true,
      writable: true,
      enumerable: false,
    });
    calls.set(tracked, count);
  } catch {
    // a frozen instance: its responses are what is known of its calls
  }
}

/** Where a route handler receives the reply it answers with; -1 where Nest answers. */
function indexOfReply(instance: object, property: string): number {
  const parameters = (Reflect.getMetadata(ROUTE_ARGS_METADATA, instance.constructor, property) ??
    {}) as Record<string, { index: number }>;
  const found = Object.entries(parameters).find(([key]) => key.startsWith(`${RouteParamtypes.RESPONSE}:`));
  return found?.[1].index ?? -1;
}

/** Counts a call that somebody else observes, until the returned function is called. */
export function countCall(handler: object): () => void {
  let count = calls.get(handler);
  if (!count) {
    calls.set(handler, (count = { running: 0 }));
  }
  const counted = count;
  counted.running++;
  let open = true;
  return () => {
    if (open) {
      open = false;
      counted.running--;
    }
  };
}

/** Following costs every promise of the process while it is on: it is on only while such a call runs. */
function followCall(handler: Handler, call: () => unknown): unknown {
  followed++;
  const end = (): void => {
    if (--followed === 0) {
      current.disable();
    }
  };
  try {
    return settle(current.run({ handler }, call), end);
  } catch (error) {
    end();
    throw error;
  }
}

/** Runs `done` when the result has settled; hands back what the handler gave, or a promise for it. */
function settle(result: unknown, done: () => void): unknown {
  if (result instanceof Promise) {
    result.then(done, done);
    return result;
  }
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') {
    done();
    return result;
  }
  // a lazy thenable must be asked once only
  return Promise.resolve(result as PromiseLike<unknown>).finally(done);
}
