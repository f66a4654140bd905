import { currentOccurrence, type Occurrence } from '../windows/occurrences.js';
import type { MaintenanceText } from '../texts/maintenance-text.js';
import type { WindowRecord } from '../windows/window-record.js';
import { randomId } from './codec.js';
import { reopeningAfter, withoutReopening } from './reopenings.js';
import {
  isOn,
  type ChangeRecord,
  type HoldRecord,
  type KeyRecord,
  type MaintenanceCause,
  type StateDocument,
} from './record.js';

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

/**
 * The document after an edit: next in its history, or the first of a new one. What this version does not know of it stays.
 * @param record of the key, without what has ended
 * @param delegated hooks are called by somebody else
 */
export function applyEdit(
  known: StateDocument | null,
  key: string,
  record: KeyRecord | undefined,
  { switch: on, holds, windows = record?.windows, reopenOver, planned: _, ...told }: Edit,
  now: number,
  delegated = false,
): StateDocument {
  const next = nextVersion(known);
  const from = isOn(record, now);
  const to = on !== null || holds.length > 0 || currentOccurrence(windows, now) !== undefined;
  const change: ChangeRecord = {
    ...told,
    from,
    to,
    revision: next.revision,
    at: Math.floor(now),
    ...(delegated && { delegated }),
  };
  const fence = Math.max(record?.fence ?? 0, ...holds.map((hold) => hold.fence));
  const parts = { switch: on && { ...record?.switch, ...on }, holds, ...(windows && { windows }) };
  const edited: KeyRecord = {
    ...(record && withoutReopening(record)),
    ...parts,
    ...reopeningAfter(record, parts, now, reopenOver),
    change,
    noted: Math.floor(now),
    ...(fence > 0 && { fence }),
  };
  return { ...known, ...next, keys: new Map(known?.keys).set(key, edited) };
}

/** How the next document is marked. A history ends where numbers do: a revision past that could not be read again. */
export function nextVersion(
  known: Pick<StateDocument, 'history' | 'revision'> | null,
): Pick<StateDocument, 'write' | 'history' | 'revision'> {
  const write = randomId();
  return known && known.revision < Number.MAX_SAFE_INTEGER
    ? { write, history: known.history, revision: known.revision + 1 }
    : { write, history: randomId(), revision: 1 };
}
