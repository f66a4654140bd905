import 'reflect-metadata';
import { isObservable } from 'rxjs';
import { partOf } from '../core/calls/call.js';
import { currentCall, follow } from '../core/calls/current-call.js';
import { settle, settleWith } from '../core/calls/settle.js';
import { getHandlerCalls, createHandlerCalls, type HandlerCall } from './handler-calls.js';
import { heard, listened, sentBy } from './heard-results.js';
import { replaceMethod } from './replace-method.js';
import { noteTracked } from './tracked-handler.js';
import { argumentsFor, findRequestArgument, remainderOf } from './request-argument.js';

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
    const followed = typeof follows === 'function' ? follows() : follows;
    const done = (value?: unknown): void => {
      book.end(call, argument?.answers ? 'nothing' : argument ? remainderOf(value) : 'answer', value);
    };
    // a filter answers
    const failed = (): void => book.end(call, 'answer', undefined);
    let result: unknown;
    try {
      result = followed ? followCall(call, original, this, given) : (original.apply(this, given) as unknown);
    } catch (error) {
      failed();
      throw error;
    }
    if (followed) {
      return settleWith(result, done, failed, (value) => {
        if (argument?.answers) {
          sentBy(args[argument.index], book, call);
        }
        return heard(value, book, call);
      });
    }
    if (argument && isObservable(result)) {
      done(result);
      return listened(result, book, call, false);
    }
    return settle(result, done, failed);
  };
  const book = createHandlerCalls(tracked, argument !== undefined);
  if (replaceMethod(instance, property, original, tracked)) {
    noteTracked(tracked);
    argument?.claim();
  }
}

/** If the surrounding call is followed too, the new call begins inside it. */
function followCall(call: HandlerCall, method: Function, self: unknown, args: unknown[]): unknown {
  const around = currentCall();
  call.begun = performance.now();
  call.parent = around && partOf(around);
  return follow(call, () => method.apply(self, args) as unknown, NOTHING);
}

const NOTHING = (): void => undefined;
