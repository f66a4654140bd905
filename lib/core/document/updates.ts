import { currentOccurrence, type Occurrence } from '../windows/occurrences.js';
import type { MaintenanceText } from '../texts/maintenance-text.js';
import type { WindowRecord } from '../windows/window-record.js';
import { randomId, type Stamp } from './codec.js';
import { reopeningAfter, withoutReopening } from './reopenings.js';
import { isOn, type ChangeRecord, type HoldRecord, type KeyRecord, type MaintenanceCause } from './record.js';

/** A wished change of one key's record. */
export interface Edit {
  readonly switch: KeyRecord['switch'];
  readonly holds: readonly HoldRecord[];
  /** Planned windows; `undefined`: they stay as they are. */
  readonly windows?: readonly WindowRecord[];
  readonly cause: Exclude<MaintenanceCause, 'expiry'>;
  readonly message: MaintenanceText | null;
  readonly reason: string | null;
  readonly actor: string | null;
  /** Are hooks called for it. */
  readonly hooks: boolean;
  /** What became of a planned window, for the history. */
  readonly planned?: { readonly event: 'scheduled' | 'cancelled'; readonly occurrence: Occurrence };
  /** Ms over which visitors come back; `undefined`: as it was planned. */
  readonly reopenOver?: number;
}

/** Makes an edit of the current record, without what has ended; `null` if nothing needs to be written. */
export type Editor = (record: KeyRecord | undefined, now: number) => Edit | null;

/** Writes that a record remembers to have been made from: more than happen to a key while a replica is away for a moment. */
const MOST_PAST = 8;

/** What a record is made from that comes after these. */
export const pastOf = (...records: readonly (KeyRecord | undefined)[]): string[] =>
  [
    ...new Set([
      ...records.flatMap((record) => (record ? [record.write] : [])),
      ...records.flatMap((record) => record?.past ?? []),
    ]),
  ].slice(0, MOST_PAST);

/** Are all writes known that a record was made from. */
export const knowsPast = ({ past }: KeyRecord): boolean => past.length < MOST_PAST;

/**
 * The record after an edit. What this version does not know of it stays. The store gives it its number and time; until then it
 * has those that it would have, if nothing else were written.
 * @param record of the key, without what has ended
 * @param delegated hooks are called by somebody else
 */
export function applyEdit(
  record: KeyRecord | undefined,
  { switch: on, holds, windows = record?.windows, reopenOver, planned: _, ...told }: Edit,
  stamp: Stamp,
  delegated = false,
): KeyRecord {
  const from = isOn(record, stamp.at);
  const to = on !== null || holds.length > 0 || currentOccurrence(windows, stamp.at) !== undefined;
  const change: ChangeRecord = { ...told, from, to, ...stamp, ...(delegated && { delegated }) };
  const fence = Math.max(record?.fence ?? 0, ...holds.map((hold) => hold.fence));
  const parts = { switch: on && { ...record?.switch, ...on }, holds, ...(windows && { windows }) };
  return {
    ...(record && withoutReopening(record)),
    ...parts,
    ...reopeningAfter(record, parts, stamp.at, reopenOver),
    change,
    noted: Math.floor(stamp.at),
    ...(fence > 0 && { fence }),
    write: randomId(),
    past: pastOf(record),
  };
}
