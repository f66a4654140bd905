/** Milliseconds before the end of a lease by which nothing of the child may be left. */
const MARGIN = 2_500;

/**
 * When to end a child if the lease is not renewed again: ask it to end when half of the lease is gone, and kill it well before
 * others can have the lock.
 * @param remaining ms for which the lease is trusted, a tenth less than it lasts
 * @param lease ms it lasts
 * @param now on the monotonic clock
 */
export function leaseTimes(remaining: number, lease: number, now: number): { term: number; kill: number } {
  const end = now + remaining + lease / 10;
  return { term: end - lease / 2, kill: Math.min(now + remaining, end - MARGIN) };
}
