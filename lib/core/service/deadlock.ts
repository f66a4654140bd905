import type { StateDocument } from '../document/record.js';
import type { Waiter } from '../store/leases.js';

/** Ids of the holds that a waiter waits for, as far as known. */
export const blockersIn =
  (document: StateDocument | null) =>
  ({ key, open }: Waiter): readonly string[] =>
    (document?.keys.get(key)?.holds ?? []).filter(({ locked }) => open || locked).map(({ id }) => id);

/**
 * Whether a wait would never end, because those it waits for wait for the caller in turn. In each circle exactly one waiter
 * gives up: the one that came last.
 * @param blockers ids of the holds that a waiter waits for
 */
export function closesCircle(
  waiter: Waiter,
  waiters: readonly Waiter[],
  blockers: (waiter: Waiter) => readonly string[],
): boolean {
  const seen = new Set<string>();
  const leadsBack = (from: Waiter): boolean =>
    blockers(from).some(
      (hold) =>
        waiter.held.includes(hold) ||
        // the holder of that hold, if it is waiting, too
        waiters.some((other) => {
          if (other.ticket > waiter.ticket || seen.has(other.token) || !other.held.includes(hold)) {
            return false;
          }
          seen.add(other.token);
          return leadsBack(other);
        }),
    );
  return waiter.held.length > 0 && leadsBack(waiter);
}
