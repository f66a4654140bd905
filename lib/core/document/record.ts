import { currentOccurrence } from '../windows/occurrences.js';
import type { Reopening } from '../windows/reopening.js';
import type { WindowRecord } from '../windows/window-record.js';
import type { MaintenanceText } from '../texts/maintenance-text.js';

/** Why a key changed. @publicApi */
export type MaintenanceCause = 'set' | 'unset' | 'maintain' | 'release' | 'expiry' | 'window';

/** What an operator's switch or a hold says about itself. */
export interface Notice {
  readonly since: number;
  /** Epoch ms when it ends by itself; `null` for never. */
  readonly until: number | null;
  /** Whether the end was given with the change, so that visitors see it. */
  readonly announced: boolean;
  readonly message: MaintenanceText | null;
  readonly reason: string | null;
  readonly actor: string | null;
}

/** One `maintain()` that keeps a key on. */
export interface HoldRecord extends Notice {
  readonly id: string;
  readonly owner: string;
  /** Name of its machine, and its process; `null` if an older version wrote it. */
  readonly host: string | null;
  readonly pid: number | null;
  readonly fence: number;
  /** Whether it took the key's lock: a later holder of the lock takes over from it if it died, once it works. */
  readonly locked: boolean;
  /** Its work waits until earlier requests are done. */
  readonly draining: boolean;
  /** Milliseconds its lease lasts; absent: the default. */
  readonly lease?: number;
  /** Milliseconds that its work is expected to take; absent: unknown. */
  readonly expected?: number;
  /** Others that had the lock and left the key on are recorded as this hold: only who takes over from all of them ends it. */
  readonly forOthers?: boolean;
}

/** The last change of a key, for those who learn of it from the document. */
export interface ChangeRecord {
  readonly cause: MaintenanceCause;
  readonly from: boolean;
  readonly to: boolean;
  readonly message: MaintenanceText | null;
  readonly reason: string | null;
  readonly actor: string | null;
  readonly revision: number;
  readonly at: number;
  /** `false`: hooks are not called for it. */
  readonly hooks: boolean;
  /** Made by a process without hooks: `entering` and `exiting` are called on a process that has them. */
  readonly delegated?: boolean;
  /**
   * The key was off before and after: number of the last change before that was not so. Visitors must not learn of this one, if the
   * key is not public; 0: there is none.
   */
  readonly shown?: number;
}

/** All that is recorded of one key. */
export interface KeyRecord {
  readonly switch: Notice | null;
  readonly holds: readonly HoldRecord[];
  readonly change: ChangeRecord;
  /** The highest fence known of the key, so that fences grow even after a store has lost them. */
  readonly fence?: number;
  /** Epoch ms until when what happened by itself is in the history; absent: until the last change. */
  readonly noted?: number;
  /** Planned windows; absent if none was ever planned. */
  readonly windows?: readonly WindowRecord[];
  /** How visitors come back; if windows define that too, the later of the two counts. */
  readonly reopening?: Reopening;
  /** Ms over which they do once nothing keeps the key on any more. */
  readonly reopenOver?: number;
  /** Random id of the write that made it: the same id means the same content. */
  readonly write: string;
  /** Ids of the writes that it was made from, latest first; not all if there were many. */
  readonly past: readonly string[];
}

/** What keeps a key on, or will. */
export type KeyParts = Pick<KeyRecord, 'switch' | 'holds' | 'windows' | 'reopening' | 'reopenOver'>;

/** What a replica knows: all records, and which version of the store it is at. */
export interface StateDocument {
  /** Random id of the store's last write. */
  readonly write: string;
  /** Random id of the history that it belongs to; revisions only compare within one. */
  readonly history: string;
  /** Number of the store's last write. */
  readonly revision: number;
  /** Counts how often everything was read from scratch here: within one count, knowledge only grows. */
  readonly line: number;
  readonly keys: ReadonlyMap<string, KeyRecord>;
  /** Of these, those that keep a key on or will: few, however many keys there are. */
  readonly live: ReadonlyMap<string, KeyRecord>;
}

/** The number of a key's last change; 0: there is none. */
export const revisionOf = (document: StateDocument | null, key: string): number =>
  document?.keys.get(key)?.change.revision ?? 0;

/** The number of its last change that turned it on or off, or changed what visitors read; 0: there is none. */
export const shownRevisionOf = (document: StateDocument | null, key: string): number => {
  const change = document?.keys.get(key)?.change;
  return change ? (change.shown ?? change.revision) : 0;
};

/** Whether it says more than that the key is off: its meaning may change by itself. */
export const hasParts = ({ switch: on, holds, windows = [], reopening }: KeyParts): boolean =>
  on !== null || holds.length > 0 || windows.length > 0 || reopening !== undefined;

const lives = (end: number | null, now: number): boolean => end === null || now < end;

/** The switch and the holds that have not ended. */
export const liveParts = (
  { switch: on, holds }: KeyParts,
  now: number,
): Pick<KeyRecord, 'switch' | 'holds'> => ({
  switch: on && lives(on.until, now) ? on : null,
  holds: holds.filter((hold) => lives(hold.until, now)),
});

/** Whether the key is on at that moment. */
export function isOn(record: KeyParts | undefined, now: number): boolean {
  return (
    record !== undefined &&
    ((record.switch !== null && lives(record.switch.until, now)) ||
      record.holds.some((hold) => lives(hold.until, now)) ||
      currentOccurrence(record.windows, now) !== undefined)
  );
}

/** When a hold takes longer than expected; `Infinity` without an expectation. */
export const lateAt = ({ since, expected = Infinity }: HoldRecord): number => since + expected + 1;
