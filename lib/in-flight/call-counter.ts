import type { ExecutionContext } from '@nestjs/common';
import { getHandlerCalls, type HandlerCalls, type HandlerCall } from './handler-calls.js';

/** Calls that wait for others themselves, and how often each. */
export type ParkedCalls = ReadonlyMap<HandlerCall, number>;

/**
 * What there is of one handler's calls: requests whose response is open, each with its call where that is known, and
 * orphans, which are calls that have outlived their response.
 */
export class CallCounter {
  private readonly book: HandlerCalls | undefined;
  private readonly calls: ReadonlyMap<unknown, HandlerCall> | undefined;
  /** Requests whose own call is not known to be parked. */
  private counted = 0;
  private uncounted = 0;
  /** Of the running calls, those that belong to an open request. */
  private attached = 0;
  private parked = 0;

  constructor(private readonly handler: object) {
    this.book = getHandlerCalls(handler);
    this.calls = this.book?.noted ? this.book.bySubject() : undefined;
  }

  /** One more open request. It has no call before its handler has begun, nor after that is over. */
  add(context: ExecutionContext, counts: boolean, parked: ParkedCalls): this {
    const [request, reply] = context.getArgs<unknown[]>();
    const call = this.calls?.get(request) ?? this.calls?.get(reply);
    this.attached += Number(call ? call.running : !this.calls);
    if (call && parked.has(call)) {
      this.parked += Number(call.running);
    } else if (counts) {
      this.counted++;
    } else {
      this.uncounted++;
    }
    return this;
  }

  /** Is there anything left to wait for. */
  remains(parked: ParkedCalls, orphansCount: () => boolean): boolean {
    const running = Math.max(0, (this.book?.running ?? 0) - this.attached);
    const orphans = running > 0 && orphansCount() ? running : 0;
    let parkedElsewhere = -this.parked;
    for (const call of parked.keys()) {
      parkedElsewhere += Number(call.handler === this.handler && call.running);
    }
    // which of them are parked is not known: it may as well be those that nobody waits for
    const others = (this.calls ? 0 : this.uncounted) + running - orphans;
    return this.counted + orphans > Math.max(0, parkedElsewhere - others);
  }
}
