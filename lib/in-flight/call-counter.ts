import type { ExecutionContext } from '@nestjs/common';
import { coarseClock } from '../core/calls/coarse-clock.js';
import { getHandlerCalls, type HandlerCalls, type HandlerCall } from './handler-calls.js';

/**
 * Counts one handler's calls: requests whose response is open, each with its call if that is known, and orphans, which are calls
 * that have outlived their response.
 */
export class CallCounter {
  private readonly book: HandlerCalls | undefined;
  private readonly calls: ReadonlyMap<unknown, HandlerCall> | undefined;
  /** When those requests began that count and whose own call is not known to be waiting for others. */
  private readonly counted: number[] = [];
  private uncounted = 0;
  /** The running calls that belong to an open request: those that are known, and how many there are. */
  private readonly known = new Set<HandlerCall>();
  private attached = 0;
  private waiting = 0;

  constructor(handler: object) {
    this.book = getHandlerCalls(handler);
    this.calls = this.book?.noted ? this.book.bySubject() : undefined;
  }

  /** Adds an open request. It has no call before its handler has begun, nor after that has ended. */
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

  /** When the calls began that must be waited for, the longest first. */
  left(orphansCount: () => boolean): number[] {
    const running = Math.max(0, (this.book?.running ?? 0) - this.attached);
    const orphans = running > 0 && orphansCount() ? running : 0;
    const waitingElsewhere = (this.book?.waiting ?? 0) - this.waiting;
    // unknown which of them are waiting: they may just as well be the ones that need no waiting for
    const others = (this.calls ? 0 : this.uncounted) + running - orphans;
    const count = this.counted.length + orphans - Math.max(0, waitingElsewhere - others);
    return count > 0 ? [...this.counted, ...this.orphans(orphans)].sort((a, b) => a - b).slice(0, count) : [];
  }

  /** When that many calls began that have outlived their response. */
  private orphans(count: number): number[] {
    const begun: number[] = [];
    for (const call of count > 0 ? (this.book?.all() ?? []) : []) {
      if (!this.known.has(call)) {
        begun.push(call.begun);
      }
    }
    // those that have yet to begin, and those of unknown requests
    const rest = Array.from({ length: Math.max(0, count - begun.length) }, () => coarseClock.now);
    return [...begun.sort((a, b) => a - b).slice(0, count), ...rest];
  }
}
