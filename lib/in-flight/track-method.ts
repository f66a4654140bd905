import 'reflect-metadata';
import { isObservable, Observable } from 'rxjs';
import { currentCall, follow } from '../core/calls/current-call.js';
import { settle } from '../core/calls/settle.js';
import { getHandlerCalls, createHandlerCalls, type HandlerCalls, type HandlerCall } from './handler-calls.js';
import { replaceMethod } from './replace-method.js';
import { argumentsFor, isStreamed, findRequestArgument } from './request-argument.js';

/**
 * Counts the calls of one instance's method until they settle: a response shows when it is sent, not when its handler is done.
 * The method keeps its name, its metadata and its class; only this instance's method is replaced.
 * @param follows also makes {@link currentCall} work below it; costs more, so only where `maintain()` may be called
 */
export function trackMethod(instance: object, property: string, follows: boolean | (() => boolean)): void {
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
      result = (typeof follows === 'function' ? follows() : follows)
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
  if (replaceMethod(instance, property, original, tracked)) {
    argument?.claim();
  }
}

/** The same; while it has a listener the call is not released. */
function listened(source: Observable<unknown>, book: HandlerCalls, call: HandlerCall): Observable<unknown> {
  return new Observable((subscriber) => {
    book.retain(call);
    subscriber.add(() => book.release(call));
    return source.subscribe(subscriber);
  });
}

/** If the surrounding call is followed too, the new call begins inside it. */
function followCall(call: HandlerCall, method: Function, self: unknown, args: unknown[]): unknown {
  call.parent = currentCall();
  return follow(call, () => method.apply(self, args) as unknown, NOTHING);
}

const NOTHING = (): void => undefined;
