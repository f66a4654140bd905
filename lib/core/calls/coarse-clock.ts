/**
 * When calls began, for operators: reading the monotonic clock costs more than everything else that is recorded of a call. The
 * counter of calls sets it when the first one comes, and at least once per second while any run.
 */
export const coarseClock = {
  /** Monotonic ms, at most a second behind while calls run. */
  now: 0,
};
