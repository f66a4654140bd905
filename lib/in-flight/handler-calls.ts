import type { ExecutionContext } from '@nestjs/common';
import { isObservable } from 'rxjs';
import { Call } from '../core/calls/call.js';
import { coarseClock } from '../core/calls/coarse-clock.js';
import { trackedHandler } from './tracked-handler.js';
import { isObject } from '../core/common/is-object.js';

/** What surrounds a call from before its handler begins until after it has settled: interceptors, and the listener to its result. */
interface Surroundings {
  /** Whether they count for longer than the handler runs, even if its result is an observable. */
  readonly streams: boolean;
  over: boolean;
}

/** What follows when a handler has settled: the answer; one that is read from its result; or nothing, if the client is gone. */
export type Remainder = 'answer' | 'result' | 'nothing';

/** One call of a handler, for code that is reached from it and for code that has its request. */
export class HandlerCall extends Call {
  /** On the monotonic clock; early unless it is followed, by a second at most while there are requests. */
  begun = coarseClock.now;
  previous: HandlerCall | undefined = undefined;
  surroundings: Surroundings | undefined = undefined;
  /** Somebody listens to its result, or reads it. */
  isHeard = false;

  /** @param subject if known, and as long as it matters */
  constructor(
    readonly handler: object,
    subject: unknown,
    public next: HandlerCall | undefined,
  ) {
    super(undefined, subject);
  }

  override get isOngoing(): boolean {
    return this.running || this.isHeard;
  }
}

/**
 * The calls of one handler that have not settled, whatever became of their responses. Every request passes here: the running
 * calls are a linked list, and nothing is written to requests.
 */
export class HandlerCalls {
  private count = 0;
  private last: HandlerCall | undefined;
  /** Those whose handler is not running: not yet, or no longer. For counting, they are interchangeable. */
  private readonly pending = new Set<Surroundings>();
  /** Calls that are over except for a stream that they returned, and that somebody listens to or reads. */
  private readonly heard = new Set<HandlerCall>();
  /** Requests whose call is over, and which Nest need not answer if the client has gone. */
  private readonly released = new WeakSet<object>();

  constructor(
    private readonly handler: object,
    /** Whether the calls are known by their requests; otherwise only their number is known. */
    readonly noted: boolean,
  ) {}

  /** Calls that have not settled. */
  get running(): number {
    return this.count + this.pending.size;
  }

  /** Of these, those that are waiting themselves. */
  get waiting(): number {
    let waiting = 0;
    for (const call of this.all()) {
      waiting += Number(call.waits > 0);
    }
    return waiting;
  }

  /** Those that have begun, latest first. */
  *all(): Generator<HandlerCall> {
    for (let call = this.last; call; call = call.next) {
      yield call;
    }
  }

  begin(subject: unknown): HandlerCall {
    this.count++;
    const call = new HandlerCall(this.handler, subject, this.last);
    if (this.pending.size > 0) {
      const [first] = this.pending;
      this.pending.delete(first as Surroundings);
      call.surroundings = first;
    }
    if (this.last) {
      this.last.previous = call;
    }
    this.last = call;
    return call;
  }

  end(call: HandlerCall, remainder: Remainder, result: unknown): void {
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
    // what goes on below a call keeps the call alive, but not the others, nor its request
    call.previous = call.next = undefined;
    const { surroundings } = call;
    if (surroundings && !surroundings.over && (surroundings.streams || !isObservable(result))) {
      this.pending.add(surroundings);
    }
    if (remainder === 'nothing') {
      this.release(call);
    } else if (remainder === 'answer') {
      call.subject = undefined;
    }
  }

  /**
   * A call that is about to begin.
   * @param streams it counts until the returned function is called, even if its handler has returned an observable
   * @returns to be called when what is around it is over
   */
  expect(streams: boolean): () => void {
    const surroundings: Surroundings = { streams, over: false };
    this.pending.add(surroundings);
    return () => {
      surroundings.over = true;
      this.pending.delete(surroundings);
    };
  }

  /** As far as this call is concerned, its request need not be answered any more. */
  release(call: HandlerCall): void {
    if (isObject(call.subject)) {
      this.released.add(call.subject);
    }
  }

  /**
   * Its result has a listener.
   * @param last until that is gone, its request may still be answered, and no longer
   * @returns to be called when the listener is gone
   */
  hear(call: HandlerCall, last: boolean): () => void {
    this.heard.add(call);
    call.isHeard = true;
    if (last && isObject(call.subject)) {
      this.released.delete(call.subject);
    }
    return () => {
      this.heard.delete(call);
      call.isHeard = false;
      if (last) {
        this.release(call);
      }
    };
  }

  /** Those that have not settled, or that somebody still listens to. */
  *ongoing(): Generator<HandlerCall> {
    yield* this.heard;
    yield* this.all();
  }

  isReleased(context: ExecutionContext): boolean {
    const [request, reply] = context.getArgs<object[]>();
    return this.released.has(request as object) || this.released.has(reply as object);
  }

  /** The calls that are not over, by what they serve; for a call within a call, the outer one. */
  bySubject(): Map<unknown, HandlerCall> {
    const calls = new Map<unknown, HandlerCall>();
    for (const call of this.ongoing()) {
      calls.set(call.subject, call);
    }
    return calls;
  }
}

const books = new WeakMap<object, HandlerCalls>();

export const getHandlerCalls = (handler: object): HandlerCalls | undefined =>
  books.get(handler) ?? books.get(trackedHandler(handler));

export function createHandlerCalls(handler: object, noted: boolean): HandlerCalls {
  const book = new HandlerCalls(handler, noted);
  books.set(handler, book);
  return book;
}

/**
 * Counts a call before its handler begins, until after it has settled. @param streams as in {@link HandlerCalls.expect}
 * @returns to be called when it is over
 */
export const countCall = (handler: object, streams = true): (() => void) =>
  (getHandlerCalls(handler) ?? createHandlerCalls(handler, false)).expect(streams);
