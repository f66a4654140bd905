import type { ExecutionContext } from '@nestjs/common';
import { coarseClock } from '../core/calls/coarse-clock.js';
import { getHandlerCalls, type HandlerCalls, type HandlerCall } from './handler-calls.js';

/**
 * What there is of one handler's calls: requests whose response is open, each with its call where that is known, and
 * orphans, which are calls that have outlived their response.
 */
export class CallCounter {
  private readonly book: HandlerCalls | undefined;
  private readonly calls: ReadonlyMap<unknown, HandlerCall> | undefined;
  /** When those requests began whose own call is not known to wait for others itself, and which count. */
  private readonly counted: number[] = [];
  private uncounted = 0;
  /** Of the running calls, those that belong to an open request: those that are known, and how many there are. */
  private readonly known = new Set<HandlerCall>();
  private attached = 0;
  private waiting = 0;

  constructor(handler: object) {
    this.book = getHandlerCalls(handler);
    this.calls = this.book?.noted ? this.book.bySubject() : undefined;
  }

  /** One more open request. It has no call before its handler has begun, nor after that is over. */
  add(context: ExecutionContext, counts: boolean, begun: number): this {
    const [request, reply] = context.getArgs<unknown[]>();
    const call = this.calls?.get(request) ?? this.calls?.get(reply);
    this.attached += Number(call ? call.running : !this.calls);
    if (call) {
      this.known.add(call);
    }
    if (call && call.waits > 0) {
      this.waiting += Number(call.running);
    } else if (counts) {
      this.counted.push(begun);
    } else {
      this.uncounted++;
    }
    return this;
  }

  /** When those calls began that are left to wait for, the longest first. */
  left(orphansCount: () => boolean): number[] {
    const running = Math.max(0, (this.book?.running ?? 0) - this.attached);
    const orphans = running > 0 && orphansCount() ? running : 0;
    const waitingElsewhere = (this.book?.waiting ?? 0) - this.waiting;
    // which of them wait is not known: it may as well be those that nobody waits for
    const others = (this.calls ? 0 : this.uncounted) + running - orphans;
    const count = this.counted.length + orphans - Math.max(0, waitingElsewhere - others);
    return count > 0 ? [...this.counted, ...this.orphans(orphans)].sort((a, b) => a - b).slice(0, count) : [];
  }

  /** When so many calls began that have outlived their response. */
  private orphans(count: number): number[] {
    const begun: number[] = [];
    for (const call of count > 0 ? (this.book?.all() ?? []) : []) {
      if (!this.known.has(call)) {
        begun.push(call.begun);
      }
    }
    // those that have yet to begin, and those of requests that are not known
    const rest = Array.from({ length: Math.max(0, count - begun.length) }, () => coarseClock.now);
    return [...begun.sort((a, b) => a - b).slice(0, count), ...rest];
  }
}
