import { currentOccurrence, type Occurrence } from '../windows/occurrences.js';
import type { MaintenanceText } from '../texts/maintenance-text.js';
import type { WindowRecord } from '../windows/window-record.js';
import { randomId, type Stamp } from './codec.js';
import { reopeningAfter, withoutReopening } from './reopenings.js';
import { isOn, type ChangeRecord, type HoldRecord, type KeyRecord, type MaintenanceCause } from './record.js';

/** A requested change of one key's record. */
export interface Edit {
  readonly switch: KeyRecord['switch'];
  readonly holds: readonly HoldRecord[];
  /** Planned windows; `undefined`: they stay as they are. */
  readonly windows?: readonly WindowRecord[];
  readonly cause: Exclude<MaintenanceCause, 'expiry'>;
  readonly message: MaintenanceText | null;
  readonly reason: string | null;
  readonly actor: string | null;
  /** Whether hooks are called for it. */
  readonly hooks: boolean;
  /** What happened to a planned window, for the history. */
  readonly planned?: { readonly event: 'scheduled' | 'cancelled'; readonly occurrence: Occurrence };
  /** Ms over which visitors come back; `undefined`: as it was planned. */
  readonly reopenOver?: number;
}

/** Edits the current record, without what has ended; `null` if nothing needs to be written. */
export type Editor = (record: KeyRecord | undefined, now: number) => Edit | null;

/** How many origins a record remembers: more than happen to a key while a replica is away for a moment. */
const MOST_PAST = 8;

/** The origins of the record that follows these. */
export const pastOf = (...records: readonly (KeyRecord | undefined)[]): string[] =>
  [
    ...new Set([
      ...records.flatMap((record) => (record ? [record.write] : [])),
      ...records.flatMap((record) => record?.past ?? []),
    ]),
  ].slice(0, MOST_PAST);

/** Whether all writes that a record was made from are known. */
export const knowsPast = ({ past }: KeyRecord): boolean => past.length < MOST_PAST;

/**
 * The record after an edit. Fields that this version does not know stay. The store adds its number and time; until then it has
 * those that it would get if nothing else were written.
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
  const change: ChangeRecord = {
    ...told,
    from,
    to,
    ...stamp,
    ...(delegated && { delegated }),
    ...(!from && !to && { shown: record ? (record.change.shown ?? record.change.revision) : 0 }),
  };
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
