import { finalize, isObservable } from 'rxjs';

/** The arguments with which Nest calls an event's handlers: its data and its context. */
export type EventHandler = ((...args: unknown[]) => unknown) & { next?: EventHandler };

/** An event that its transport has admitted: it is over once all its handlers are done. */
export class EventAdmission {
  private left = 0;

  constructor(private readonly over: () => void) {}

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

/** The same handler; an admitted event is not over before the handler's result is. */
export function admittedHandler(handler: EventHandler): EventHandler {
  const admitted: EventHandler = async (...args) => {
    const done = args
      .map(getAdmission)
      .find((admission) => admission !== undefined)
      ?.retain();
    if (!done) {
      return handler(...args);
    }
    try {
      const result = await handler(...args);
      if (isObservable(result)) {
        return result.pipe(finalize(done));
      }
      done();
      return result;
    } catch (error) {
      done();
      throw error;
    }
  };
  return passOnNext(handler, admitted);
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
