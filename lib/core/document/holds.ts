import type { Edit } from './updates.js';
import type { HoldRecord, KeyRecord, StateDocument } from './record.js';

/** What is known of those that have, or had, the lock of a key. */
export interface LeaseView {
  /** Whether that hold is still renewed. */
  readonly isLive: (hold: HoldRecord) => boolean;
  /** Whether a lock holds for all processes: then an earlier holder is certainly gone. */
  readonly exclusive: boolean;
}

/** Whether somebody else has taken the key's lock since this hold got it. */
export const isOvertaken = (
  record: KeyRecord | undefined,
  hold: HoldRecord,
  { isLive }: LeaseView,
): boolean => rivalsOf(record, hold).some((rival) => rival.fence > hold.fence && isLive(rival));

/**
 * The record with one more hold. Dead holders of the lock still keep the key on, since this one may give up before it works; as
 * one hold, however many they were.
 */
export function withHold(record: KeyRecord | undefined, hold: HoldRecord, leaseView: LeaseView): Edit {
  const gone = predecessorsOf(record, hold, leaseView);
  const others = (record?.holds ?? []).filter((other) => !gone.includes(other));
  return { ...told(record, 'maintain', hold), holds: [...merged(gone), ...others, hold] };
}

/**
 * The record without that hold; `null` if it has none of that id, or if that stands for others, too.
 * @param takeover given when its work has begun: then it has taken over what those left behind that had the lock and died
 */
export function withoutHold(record: KeyRecord | undefined, id: string, takeover?: LeaseView): Edit | null {
  const hold = record?.holds.find((other) => other.id === id);
  if (!record || !hold || hold.forOthers) {
    return null;
  }
  const gone = new Set(takeover && predecessorsOf(record, hold, takeover)).add(hold);
  return { ...told(record, 'release', hold), holds: record.holds.filter((other) => !gone.has(other)) };
}

/** Those that had the lock before this hold, and are gone. */
const predecessorsOf = (
  record: KeyRecord | undefined,
  hold: HoldRecord,
  { isLive, exclusive }: LeaseView,
): HoldRecord[] =>
  rivalsOf(record, hold).filter((rival) => (exclusive ? rival.fence < hold.fence : !isLive(rival)));

/** Others that have, or had, the key's lock. */
const rivalsOf = (record: KeyRecord | undefined, hold: HoldRecord): HoldRecord[] =>
  hold.locked ? (record?.holds ?? []).filter(({ id, locked }) => locked && id !== hold.id) : [];

/**
 * The first stands for all, until the last of them ends; none for none. Its process may be alive, and leave what it takes for its own:
 * that must not end what the others left behind.
 */
function merged(holds: readonly HoldRecord[]): readonly HoldRecord[] {
  const [first, ...others] = holds.toSorted((a, b) => a.fence - b.fence);
  if (!first || others.length === 0) {
    return holds;
  }
  const last = holds.reduce((one, other) =>
    (other.until ?? Infinity) > (one.until ?? Infinity) ? other : one,
  );
  const since = Math.min(...holds.map((hold) => hold.since));
  return [{ ...first, since, until: last.until, announced: last.announced, forOthers: true }];
}

/** An edit that leaves the switch as it is. */
const told = (
  record: KeyRecord | undefined,
  cause: Edit['cause'],
  { message, reason, actor }: HoldRecord,
): Omit<Edit, 'holds'> => ({ switch: record?.switch ?? null, cause, message, reason, actor, hooks: true });

/** The longest lease of all holders, in milliseconds. */
export function longestLease(document: StateDocument | null): number {
  let longest = 0;
  for (const { holds } of document?.live.values() ?? []) {
    for (const { lease = 0 } of holds) {
      longest = Math.max(longest, lease);
    }
  }
  return longest;
}
