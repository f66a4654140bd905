import type { ExecutionContext } from '@nestjs/common';
import { Call } from '../core/calls/call.js';
import { coarseClock } from '../core/calls/coarse-clock.js';

/** One call of a handler, for code that is reached from it and for those who have its request. */
export class HandlerCall extends Call {
  /** On the monotonic clock, a second early at most. */
  readonly begun = coarseClock.now;
  previous: HandlerCall | undefined = undefined;

  constructor(
    readonly handler: object,
    /** The request, or the reply, that it serves; where that is known, and as long as it matters. */
    public subject: unknown,
    public next: HandlerCall | undefined,
  ) {
    super();
  }
}

/**
 * The calls of one handler that have not settled, whatever became of their responses. A call is on every request's way:
 * the running ones are a linked list, and nothing is written on requests.
 */
export class HandlerCalls {
  private count = 0;
  private last: HandlerCall | undefined;
  /** Those counted before their handler began; as far as counting goes one is as good as another. */
  private readonly pending = new Set<object>();
  /** Calls that are over but for an observable that they gave and that somebody listens to. */
  private readonly heard = new Set<HandlerCall>();
  /** Requests whose call is over, and which Nest need not answer when the client is gone. */
  private readonly released = new WeakSet<object>();

  constructor(
    private readonly handler: object,
    /** Are the calls known by their requests; else only how many they are is known. */
    readonly noted: boolean,
  ) {}

  /** Calls that have not settled. */
  get running(): number {
    return this.count + this.pending.size;
  }

  /** Of these, those that wait for others themselves. */
  get waiting(): number {
    let waiting = 0;
    for (const call of this.all()) {
      waiting += Number(call.waits > 0);
    }
    return waiting;
  }

  /** Those that have begun, the last first. */
  *all(): Generator<HandlerCall> {
    for (let call = this.last; call; call = call.next) {
      yield call;
    }
  }

  begin(subject: unknown): HandlerCall {
    if (this.pending.size > 0) {
      const [first] = this.pending;
      this.pending.delete(first as object);
    }
    this.count++;
    const call = new HandlerCall(this.handler, subject, this.last);
    if (this.last) {
      this.last.previous = call;
    }
    this.last = call;
    return call;
  }

  /** @param released Nest need not answer its request when the client is gone */
  end(call: HandlerCall, released: boolean): void {
    const { previous, next } = call;
    this.count--;
    call.running = false;
    if (previous) {
      previous.next = next;
    } else {
      this.last = next;
    }
    if (next) {
      next.previous = previous;
    }
    // what goes on below a call keeps it, but not the others, nor its request
    call.previous = call.next = undefined;
    if (released) {
      this.release(call);
    } else {
      call.subject = undefined;
    }
  }

  /** @returns to be called when the call has begun, or never will */
  expect(): () => void {
    const call = {};
    this.pending.add(call);
    return () => void this.pending.delete(call);
  }

  /** Its request need not be answered any more, as far as this call goes. */
  release(call: HandlerCall): void {
    this.heard.delete(call);
    if (isObject(call.subject)) {
      this.released.add(call.subject);
    }
  }

  /** Somebody listens to what a released call gave: until it is released again its request may still be answered. */
  retain(call: HandlerCall): void {
    this.heard.add(call);
    if (isObject(call.subject)) {
      this.released.delete(call.subject);
    }
  }

  isReleased(context: ExecutionContext): boolean {
    const [request, reply] = context.getArgs<object[]>();
    return this.released.has(request as object) || this.released.has(reply as object);
  }

  /** The calls that are not over by what they serve; of a call within a call the outer one. */
  bySubject(): Map<unknown, HandlerCall> {
    const calls = new Map<unknown, HandlerCall>();
    for (const call of this.heard) {
      calls.set(call.subject, call);
    }
    for (const call of this.all()) {
      calls.set(call.subject, call);
    }
    return calls;
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const books = new WeakMap<object, HandlerCalls>();

export const getHandlerCalls = (handler: object): HandlerCalls | undefined => books.get(handler);

export function createHandlerCalls(handler: object, noted: boolean): HandlerCalls {
  const book = new HandlerCalls(handler, noted);
  books.set(handler, book);
  return book;
}

/**
 * Counts a call before its handler begins, from which moment on it counts by itself.
 * @returns to be called when it is over, in case the handler never began or is not tracked
 */
export const countCall = (handler: object): (() => void) =>
  (getHandlerCalls(handler) ?? createHandlerCalls(handler, false)).expect();
