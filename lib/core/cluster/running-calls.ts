/**
 * Which calls are meant.
 * @param late the call was not admitted on its own: it outlives its response, so that only its handler shows when it is over, or
 *   it is work that a call has begun which is waited for
 */
export type CallFilter = (call: object, late: boolean) => boolean;

/** A call in progress, for operators. */
export interface RunningCall {
  /** Its route, or the name of its handler or work. */
  readonly route: string;
  /** When it began, on the monotonic clock, a second early at most. */
  readonly begun: number;
}

/** What this process is working on; implemented in in-flight/, which decides what counts as a call. */
export interface RunningCalls {
  /** Whether this process has anything that maintenance could refuse: handlers, jobs, events. */
  readonly serves: boolean;
  /** Calls in progress. */
  readonly size: number;
  /** The calls for which `counts` returns `true`, the longest first; except calls that are waiting themselves. */
  running(counts: CallFilter): RunningCall[];
  /** The routes of the calls for which `counts` returns `true`; except calls that are waiting themselves. */
  remaining(counts: CallFilter): string[];
  /** Nobody waits any more for the calls of {@link remaining} for which `counts` returns `true`: they must not write any more. */
  revoke(counts: CallFilter, why: string): void;
  /** Nothing that runs here may write any more, even if somebody waits for it. */
  revokeAll(why: string): void;
}

/** Whether a key would refuse a call that was admitted earlier. */
export interface CallJudge {
  /**
   * @param key its name
   * @param late as in {@link CallFilter}
   */
  ask(key: string, call: object, late: boolean): boolean | Promise<boolean>;
}
