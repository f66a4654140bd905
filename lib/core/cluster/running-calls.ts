/**
 * Which calls are meant.
 * @param late the call was not let pass by itself: it outlives its response, so that only its handler tells of it, or it is
 * work that a call has begun which is waited for
 */
export type CallFilter = (call: object, late: boolean) => boolean;

/** A call under way, for operators. */
export interface RunningCall {
  /** Its route, or the name of its handler or work. */
  readonly route: string;
  /** When it began, on the monotonic clock, a second early at most. */
  readonly begun: number;
}

/** What this process is working on, counted by the room of what is in flight. A call is whatever that room calls one. */
export interface RunningCalls {
  /** Does this process have anything that maintenance could refuse: handlers, jobs, events. */
  readonly serves: boolean;
  /** Calls under way. */
  readonly size: number;
  /** Those calls that `counts` says yes to, the longest first; calls that wait for others themselves excepted. */
  running(counts: CallFilter): RunningCall[];
  /** Routes still served, of those calls that `counts` says yes to; calls that wait for others themselves excepted. */
  remaining(counts: CallFilter): string[];
  /** Nobody waits any more for those that `counts` says yes to: they may write no more. Those of {@link remaining}. */
  revoke(counts: CallFilter, why: string): void;
  /** All that runs here may write no more, whoever waits for it. */
  revokeAll(why: string): void;
}

/** Would a key refuse a call that was let pass before. */
export interface CallJudge {
  /**
   * @param key its name
   * @param late as in {@link CallFilter}
   */
  ask(key: string, call: object, late: boolean): boolean | Promise<boolean>;
}
