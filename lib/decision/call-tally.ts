import { notesCalls, runningCalls, type HandlerCall } from './handler-calls.js';

/** Calls that wait for others themselves, and how often each. */
export type ParkedCalls = ReadonlyMap<HandlerCall, number>;

/**
 * What there is of one handler's calls: requests whose response is open, each with its call where that is known, and
 * orphans, which are calls that have outlived their response.
 */
export class Tally {
  private readonly noted: boolean;
  /** Requests whose own call is not known to be parked. */
  private counted = 0;
  private uncounted = 0;
  /** Of the running calls, those that belong to an open request. */
  private attached = 0;
  private parked = 0;

  constructor(private readonly handler: object) {
    this.noted = notesCalls(handler);
  }

  /**
   * One more open request.
   * @param call that serves it; none before its handler has begun, and where calls are not noted on requests
   */
  add(call: HandlerCall | undefined, counts: boolean, parked: ParkedCalls): this {
    this.attached += call ? Number(call.running) : Number(!this.noted);
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
    const running = Math.max(0, runningCalls(this.handler) - this.attached);
    const orphans = running > 0 && orphansCount() ? running : 0;
    let parkedElsewhere = -this.parked;
    for (const call of parked.keys()) {
      parkedElsewhere += Number(call.handler === this.handler && call.running);
    }
    // which of them are parked is not known: it may as well be those that nobody waits for
    const others = (this.noted ? 0 : this.uncounted) + running - orphans;
    return this.counted + orphans > Math.max(0, parkedElsewhere - others);
  }
}
