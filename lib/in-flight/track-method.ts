import { AsyncLocalStorage } from 'node:async_hooks';
import 'reflect-metadata';
import { isObservable, Observable } from 'rxjs';
import { getHandlerCalls, createHandlerCalls, type HandlerCalls, type HandlerCall } from './handler-calls.js';
import { argumentsFor, isStreamed, findRequestArgument } from './request-argument.js';

const current = new AsyncLocalStorage<HandlerCall>();
let followed = 0;

/** The handler call this code was reached from, when its handler is followed. */
export const currentCall = (): HandlerCall | undefined => current.getStore();

/**
 * Counts the calls of one instance's method until they settle: a response tells when it is sent, not when the handler
 * that sent it is done. The method keeps its name, its metadata and its class; only this instance's is counted.
 * @param follow also makes {@link currentCall} work below it; costs more, so only where `maintain()` may be called
 */
export function trackMethod(instance: object, property: string, follow: boolean | (() => boolean)): void {
  const original = (instance as Record<string, unknown>)[property];
  if (typeof original !== 'function' || getHandlerCalls(original)) {
    return;
  }
  const argument = findRequestArgument(instance, property, original.length);
  const tracked = function (this: unknown, ...args: unknown[]): unknown {
    const call = book.begin(argument && args[argument.index]);
    const given = argument ? argumentsFor(argument, args) : args;
    const done = (value?: unknown): void => {
      book.end(call, argument !== undefined && (argument.answers || isStreamed(value)));
    };
    let result: unknown;
    try {
      result = (typeof follow === 'function' ? follow() : follow)
        ? followCall(call, original, this, given)
        : (original.apply(this, given) as unknown);
    } catch (error) {
      done();
      throw error;
    }
    if (argument && !(result instanceof Promise) && isObservable(result)) {
      done(result);
      return listened(result, book, call);
    }
    return settle(result, done);
  };
  const book = createHandlerCalls(tracked, argument !== undefined);
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
    argument?.claim();
  } catch {
    // a frozen instance: its responses are what is known of its calls
  }
}

/** The same; while somebody listens to it the call is not released. */
function listened(source: Observable<unknown>, book: HandlerCalls, call: HandlerCall): Observable<unknown> {
  return new Observable((subscriber) => {
    book.retain(call);
    subscriber.add(() => book.release(call));
    return source.subscribe(subscriber);
  });
}

/** Following costs every promise of the process while it is on: it is on only while such a call runs. */
function followCall(call: HandlerCall, method: Function, self: unknown, args: unknown[]): unknown {
  followed++;
  const end = (): void => {
    if (--followed === 0) {
      current.disable();
    }
  };
  try {
    return settle(
      current.run(call, () => method.apply(self, args) as unknown),
      end,
    );
  } catch (error) {
    end();
    throw error;
  }
}

/** Runs `done` with what came of it when the result has settled; hands back what the handler gave, or a promise for it. */
function settle(result: unknown, done: (value?: unknown) => void): unknown {
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') {
    done(result);
    return result;
  }
  // a lazy thenable must be asked once only
  const asked = result instanceof Promise ? result : Promise.resolve(result as PromiseLike<unknown>);
  // what it is rejected with is no stream, and nobody minds if it were
  asked.then(done, done);
  return asked;
}
