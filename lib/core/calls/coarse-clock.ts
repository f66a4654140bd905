/**
 * When calls began, for operators: reading the monotonic clock costs more than all that is noted of a call besides. Whoever
 * notes calls sets it when the first one comes, and at least once per second while any run.
 */
export const coarseClock = {
  /** Monotonic ms, at most a second behind while calls run. */
  now: 0,
};
