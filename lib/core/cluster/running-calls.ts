/** What this process is working on, counted by the room of what is in flight. A call is whatever that room calls one. */
export interface RunningCalls {
  /** Calls under way. */
  readonly size: number;
  /** Routes still served, of those calls that `counts` says yes to; calls that wait for others themselves excepted. */
  remaining(counts: (call: object, outlivesResponse: boolean) => boolean): string[];
}

/** Would a key refuse a call that was let pass before. */
export interface CallJudge {
  /**
   * @param key its name
   * @param outlivesResponse the call's request is over: only its handler tells
   */
  ask(key: string, call: object, outlivesResponse: boolean): boolean | Promise<boolean>;
}
