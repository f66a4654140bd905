import { AsyncLocalStorage } from 'node:async_hooks';
import type { ExecutionContext } from '@nestjs/common';
import 'reflect-metadata';
import { isObservable, Observable } from 'rxjs';
import { isStreamed, seatOf } from './call-seat.js';

/** How many calls of a handler have not settled, whatever became of their responses. */
interface Calls {
  running: number;
  /** Are its calls noted on their requests. */
  readonly noted: boolean;
  /** Those counted before it began; as far as counting goes one is as good as another. */
  readonly pending: Set<object>;
}

/** One call of a handler, for code that is reached from it and for those who have its request. */
export interface HandlerCall {
  readonly handler: object;
  /** It has not settled. */
  running: boolean;
  /** It is over, and Nest need not answer for it when the client is gone. */
  released: boolean;
}

/** Where a request, or a reply, has the call that serves it. */
const CALL = Symbol('nestjs-maintenance:call');
interface Noted {
  [CALL]?: HandlerCall;
}

const calls = new WeakMap<object, Calls>();
const current = new AsyncLocalStorage<HandlerCall>();
let followed = 0;

/** Calls of this handler that have not settled. */
export function runningCalls(handler: object): number {
  const count = calls.get(handler);
  return count ? count.running + count.pending.size : 0;
}

/** Can {@link callOf} tell the calls of this handler; else only how many they are is known. */
export const notesCalls = (handler: object): boolean => calls.get(handler)?.noted === true;

/** The call that serves an HTTP request, once its handler has begun. */
export function callOf(context: ExecutionContext): HandlerCall | undefined {
  const [request, reply] = context.getArgs<(Noted | null | undefined)[]>();
  const call = request?.[CALL] ?? reply?.[CALL];
  return call?.handler === context.getHandler() ? call : undefined;
}

/** The handler call this code was reached from, when its handler is followed. */
export const currentCall = (): HandlerCall | undefined => current.getStore();

/**
 * Counts the calls of one instance's method until they settle: a response tells when it is sent, not when the handler
 * that sent it is done. The method keeps its name, its metadata and its class; only this instance's is counted.
 * @param follow also makes {@link currentCall} work below it; costs more, so only where `maintain()` may be called
 */
export function trackMethod(instance: object, property: string, follow: boolean | (() => boolean)): void {
  const original = (instance as Record<string, unknown>)[property];
  if (typeof original !== 'function' || calls.has(original)) {
    return;
  }
  const seat = seatOf(instance, property, original.length);
  const count: Calls = { running: 0, noted: seat !== undefined, pending: new Set() };
  const tracked = function (this: unknown, ...args: unknown[]): unknown {
    count.running++;
    for (const one of count.pending) {
      count.pending.delete(one);
      break;
    }
    const call: HandlerCall = { handler: tracked, running: true, released: false };
    const done = (value?: unknown): void => {
      count.running--;
      call.running = false;
      call.released = seat !== undefined && (seat.answers || isStreamed(value));
    };
    if (seat) {
      note(call, args[seat.index]);
      if (seat.added && args.length > seat.index) {
        args.length = seat.index;
      }
    }
    let result: unknown;
    try {
      result = (typeof follow === 'function' ? follow() : follow)
        ? followCall(call, () => original.apply(this, args) as unknown)
        : (original.apply(this, args) as unknown);
    } catch (error) {
      done();
      throw error;
    }
    if (seat && isObservable(result)) {
      done(result);
      return listened(result, call);
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
    seat?.claim();
  } catch {
    // a frozen instance: its responses are what is known of its calls
  }
}

/** A request that is handed on from one handler to the next has the call that serves it now. */
function note(call: HandlerCall, subject: unknown): void {
  if (typeof subject === 'object' && subject !== null && !(subject as Noted)[CALL]?.running) {
    (subject as Noted)[CALL] = call;
  }
}

/** The same; while somebody listens to it the call is not released. */
function listened(source: Observable<unknown>, call: HandlerCall): Observable<unknown> {
  return new Observable((subscriber) => {
    call.released = false;
    subscriber.add(() => (call.released = true));
    return source.subscribe(subscriber);
  });
}

/**
 * Counts a call before its handler begins, from which moment on it counts by itself.
 * @returns to be called when it is over, in case the handler never began or is not tracked
 */
export function countCall(handler: object): () => void {
  const { pending } = calls.get(handler) ?? remember(handler, false);
  const call = {};
  pending.add(call);
  return () => void pending.delete(call);
}

function remember(handler: object, noted: boolean): Calls {
  const count: Calls = { running: 0, noted, pending: new Set() };
  calls.set(handler, count);
  return count;
}

/** Following costs every promise of the process while it is on: it is on only while such a call runs. */
function followCall(call: HandlerCall, run: () => unknown): unknown {
  followed++;
  const end = (): void => {
    if (--followed === 0) {
      current.disable();
    }
  };
  try {
    return settle(current.run(call, run), end);
  } catch (error) {
    end();
    throw error;
  }
}

/** Runs `done` with what came of it when the result has settled; hands back what the handler gave, or a promise for it. */
function settle(result: unknown, done: (value?: unknown) => void): unknown {
  if (result instanceof Promise) {
    result.then(done, () => done());
    return result;
  }
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') {
    done(result);
    return result;
  }
  // a lazy thenable must be asked once only
  const asked = Promise.resolve(result as PromiseLike<unknown>);
  asked.then(done, () => done());
  return asked;
}
