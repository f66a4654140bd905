import type { Edit } from './edit.js';
import type { HoldRecord, KeyRecord } from './record.js';

/** One more hold of a key, and what becomes of the others. */
export interface Entering {
  readonly hold: HoldRecord;
  /** Is somebody still renewing that hold. */
  readonly isLive: (hold: HoldRecord) => boolean;
  /** Does a lock hold for all processes: then whoever held it before is surely gone. */
  readonly exclusive: boolean;
}

/** Has somebody else taken the key's lock since this hold got it. */
export function isOvertaken(record: KeyRecord | undefined, { hold, isLive }: Entering): boolean {
  return rivalsOf(record, hold).some((rival) => rival.fence > hold.fence && isLive(rival));
}

/** The record with one more hold; whoever has the lock takes over from those who had it and died. */
export function withHold(record: KeyRecord | undefined, { hold, isLive, exclusive }: Entering): Edit {
  const gone = new Set(rivalsOf(record, hold).filter((rival) => exclusive || !isLive(rival)));
  const others = (record?.holds ?? []).filter((other) => !gone.has(other));
  return { ...told(record, 'maintain', hold), holds: [...others, hold] };
}

/** The record without that hold; `null` when it has none of that id. */
export function withoutHold(record: KeyRecord | undefined, id: string): Edit | null {
  const hold = record?.holds.find((other) => other.id === id);
  return record && hold
    ? { ...told(record, 'release', hold), holds: record.holds.filter((other) => other !== hold) }
    : null;
}

const rivalsOf = (record: KeyRecord | undefined, hold: HoldRecord): HoldRecord[] =>
  hold.locked ? (record?.holds ?? []).filter(({ locked }) => locked) : [];

/** An edit that leaves the switch as it is. */
const told = (
  record: KeyRecord | undefined,
  cause: Edit['cause'],
  { message, reason, actor }: HoldRecord,
): Omit<Edit, 'holds'> => ({ switch: record?.switch ?? null, cause, message, reason, actor, hooks: true });
