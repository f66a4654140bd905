import { AsyncLocalStorage } from 'node:async_hooks';
import { finalize, isObservable, Observable } from 'rxjs';
import type { WorkCall } from '../core/calls/work-calls.js';
import { isObject } from '../core/common/is-object.js';

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

/** Transports of the application's own may pass no context, or the same one for all events. */
const current = new AsyncLocalStorage<EventAdmission>();

/** @param context that Nest passes to handlers */
export const getAdmission = (context: unknown): EventAdmission | undefined =>
  findByContext(context) ?? current.getStore();

const findByContext = (context: unknown): EventAdmission | undefined =>
  isObject(context) ? admissions.get(context) : undefined;

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
 * @param hasContexts whether its transport passes a context of its own with each event
 * @param arrive begins to count an event that its transport passes on whatever is in maintenance
 */
export function admittedHandler(
  handler: EventHandler,
  hasContexts: boolean,
  arrive: () => EventAdmission,
): EventHandler {
  const enter = hasContexts ? enterByContext : enterByFlow;
  const admitted: EventHandler = async (...args) => {
    const known = hasContexts
      ? args.map(findByContext).find((admission) => admission !== undefined)
      : undefined;
    const admission = known ?? arrive();
    const done = admission.retain();
    let result: unknown;
    try {
      result = await enter(args, admission, () => handler(...args));
    } catch (error) {
      done();
      throw error;
    }
    if (!isObservable(result)) {
      done();
      return result;
    }
    return known
      ? result.pipe(finalize(done))
      : listened(result, done, arrive, (...of) => enter(args, ...of));
  };
  return passOnNext(handler, admitted);
}

/** Runs something so that what Nest runs for the event finds its admission. */
function enterByContext<T>([, context]: readonly unknown[], admission: EventAdmission, run: () => T): T {
  if (isObject(context)) {
    admissions.set(context, admission);
  }
  return run();
}

/** The same, where its arguments do not tell it from others. */
const enterByFlow = <T>(_args: readonly unknown[], admission: EventAdmission, run: () => T): T =>
  current.run(admission, run);

/** Nothing runs until somebody listens, who in a transport of the application's own may be nobody. */
function listened<T>(
  result: Observable<T>,
  done: () => void,
  arrive: () => EventAdmission,
  enter: (admission: EventAdmission, run: () => void) => void,
): Observable<T> {
  done();
  return new Observable((listener) => {
    const admission = arrive();
    listener.add(admission.retain());
    enter(admission, () => listener.add(result.subscribe(listener)));
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
