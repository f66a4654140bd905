import { finalize, isObservable, Observable } from 'rxjs';
import type { WorkCall } from '../core/calls/work-calls.js';

/** The arguments with which Nest calls an event's handlers: its data and its context. */
export type EventHandler = ((...args: unknown[]) => unknown) & { next?: EventHandler };

/** An event that is counted as a whole, whatever runs for it: it is over once all its handlers are done. */
export class EventAdmission {
  private left = 0;

  /** @param call what code that is run for it belongs to, unless that knows its call already */
  constructor(
    private readonly over: () => void,
    readonly call?: WorkCall,
  ) {}

  /** @returns to be called when one of its handlers is done */
  retain(): () => void {
    let released = false;
    this.left++;
    return () => {
      if (!released && ((released = true), --this.left === 0)) {
        this.over();
      }
    };
  }
}

const admissions = new WeakMap<object, EventAdmission>();

/** By the context that Nest passes to handlers. */
export const getAdmission = (context: unknown): EventAdmission | undefined =>
  typeof context === 'object' && context !== null ? admissions.get(context) : undefined;

/**
 * Runs what hands an event to its handlers.
 * @returns what that gives, as soon as the last of them is done
 */
export async function admitEvent<T>(context: object, handle: () => Promise<T>): Promise<T> {
  let isOver: () => void = () => undefined;
  const over = new Promise<void>((resolve) => (isOver = resolve));
  const admission = new EventAdmission(isOver);
  admissions.set(context, admission);
  const handled = admission.retain();
  try {
    return await handle();
  } finally {
    handled();
    await over;
  }
}

/**
 * The same handler; an event is not over before the handler's result is.
 * @param arrive begins to count an event that its transport passes on whatever is in maintenance
 */
export function admittedHandler(handler: EventHandler, arrive: () => EventAdmission): EventHandler {
  const admitted: EventHandler = async (...args) => {
    const known = args.map(getAdmission).find((admission) => admission !== undefined);
    const begin = (): (() => void) => (known ?? arriving(args, arrive)).retain();
    const done = begin();
    let result: unknown;
    try {
      result = await handler(...args);
    } catch (error) {
      done();
      throw error;
    }
    if (!isObservable(result)) {
      done();
      return result;
    }
    return known ? result.pipe(finalize(done)) : listened(result, done, begin);
  };
  return passOnNext(handler, admitted);
}

function arriving([, context]: readonly unknown[], arrive: () => EventAdmission): EventAdmission {
  const admission = arrive();
  if (typeof context === 'object' && context !== null) {
    admissions.set(context, admission);
  }
  return admission;
}

/** Nothing runs until somebody listens, who in a transport of the application's own may be nobody. */
function listened<T>(result: Observable<T>, done: () => void, begin: () => () => void): Observable<T> {
  done();
  return new Observable((listener) => {
    listener.add(begin());
    listener.add(result.subscribe(listener));
  });
}

/**
 * Nest chains the handlers of a pattern by `next`, and keeps what it has registered.
 * @returns the replacement, whose chain is that of the handler
 */
export const passOnNext = (handler: EventHandler, replacement: EventHandler): EventHandler =>
  Object.defineProperty(replacement, 'next', {
    get: () => handler.next,
    set(next: EventHandler) {
      handler.next = next;
    },
    enumerable: true,
  });
