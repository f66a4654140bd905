import type { ExecutionContext } from '@nestjs/common';
import { getHandlerCalls, type HandlerCalls, type HandlerCall } from './handler-calls.js';

/**
 * What there is of one handler's calls: requests whose response is open, each with its call where that is known, and
 * orphans, which are calls that have outlived their response.
 */
export class CallCounter {
  private readonly book: HandlerCalls | undefined;
  private readonly calls: ReadonlyMap<unknown, HandlerCall> | undefined;
  /** Requests whose own call is not known to wait for others itself. */
  private counted = 0;
  private uncounted = 0;
  /** Of the running calls, those that belong to an open request. */
  private attached = 0;
  private waiting = 0;

  constructor(handler: object) {
    this.book = getHandlerCalls(handler);
    this.calls = this.book?.noted ? this.book.bySubject() : undefined;
  }

  /** One more open request. It has no call before its handler has begun, nor after that is over. */
  add(context: ExecutionContext, counts: boolean): this {
    const [request, reply] = context.getArgs<unknown[]>();
    const call = this.calls?.get(request) ?? this.calls?.get(reply);
    this.attached += Number(call ? call.running : !this.calls);
    if (call && call.waits > 0) {
      this.waiting += Number(call.running);
    } else if (counts) {
      this.counted++;
    } else {
      this.uncounted++;
    }
    return this;
  }

  /** Is there anything left to wait for. */
  remains(orphansCount: () => boolean): boolean {
    const running = Math.max(0, (this.book?.running ?? 0) - this.attached);
    const orphans = running > 0 && orphansCount() ? running : 0;
    const waitingElsewhere = (this.book?.waiting ?? 0) - this.waiting;
    // which of them wait is not known: it may as well be those that nobody waits for
    const others = (this.calls ? 0 : this.uncounted) + running - orphans;
    return this.counted + orphans > Math.max(0, waitingElsewhere - others);
  }
}
