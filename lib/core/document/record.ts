import type { MaintenanceHold, MaintenanceHolder, MaintenanceState } from '../keys/maintenance-state.js';
import { OFF } from '../keys/maintenance-state.js';

/** Why a key changed. @publicApi */
export type MaintenanceCause = 'set' | 'unset' | 'maintain' | 'release' | 'expiry';

/** What an operator's switch or a hold says about itself. */
export interface Notice {
  readonly since: number;
  /** Epoch ms when it ends by itself; `null` for never. */
  readonly until: number | null;
  /** Was the end given with the change (and may visitors hear of it). */
  readonly announced: boolean;
  readonly message: string | null;
  readonly reason: string | null;
  readonly actor: string | null;
}

/** One `maintain()` that keeps a key on. */
export interface HoldRecord extends Notice {
  readonly id: string;
  readonly owner: string;
  /** Name of its machine, and its process; `null` where a version that did not say so wrote it. */
  readonly host: string | null;
  readonly pid: number | null;
  readonly fence: number;
  /** Did it take the key's lock: a later holder of the lock takes over from it when it died, once it works. */
  readonly locked: boolean;
  /** Its work waits until requests admitted before are done. */
  readonly draining: boolean;
  /** Milliseconds its lease lasts; absent: as long as usual. */
  readonly lease?: number;
}

/** The last change of a key, for those who learn of it from the document. */
export interface ChangeRecord {
  readonly cause: MaintenanceCause;
  readonly from: boolean;
  readonly to: boolean;
  readonly message: string | null;
  readonly reason: string | null;
  readonly actor: string | null;
  readonly revision: number;
  readonly at: number;
  /** `false`: hooks are not called for it. */
  readonly hooks: boolean;
  /** Made by a process that has no hooks: `entering` and `exiting` are for one of those that have. */
  readonly delegated?: boolean;
}

/** All that is recorded of one key. */
export interface KeyRecord {
  readonly switch: Notice | null;
  readonly holds: readonly HoldRecord[];
  readonly change: ChangeRecord;
  /** The highest fence known of the key, so that fences grow also over a store that has lost them. */
  readonly fence?: number;
}

/** The whole state of an application: one document, written by compare-and-set. */
export interface StateDocument {
  /** Random id of the write that made it. */
  readonly write: string;
  /** Random id of the line of documents it belongs to; revisions only compare within one. */
  readonly history: string;
  readonly revision: number;
  readonly keys: ReadonlyMap<string, KeyRecord>;
  /** Fields that this version does not know; records carry theirs themselves. */
  readonly more?: Readonly<Record<string, unknown>>;
}

const lives = (end: number | null, now: number): boolean => end === null || now < end;

/** Drops what has ended by itself; `null` when nothing is left on. */
export function pruneRecord<R extends Pick<KeyRecord, 'switch' | 'holds'>>(record: R, now: number): R {
  const keep = record.switch !== null && lives(record.switch.until, now);
  const holds = record.holds.filter((hold) => lives(hold.until, now));
  return keep === (record.switch !== null) && holds.length === record.holds.length
    ? record
    : { ...record, switch: keep ? record.switch : null, holds };
}

/** Is the key on at that moment. */
export function isOn(record: KeyRecord | undefined, now: number): boolean {
  return (
    record !== undefined &&
    ((record.switch !== null && lives(record.switch.until, now)) ||
      record.holds.some((hold) => lives(hold.until, now)))
  );
}

/** When the next part of the record ends by itself; `Infinity` for never. */
export function nextEnd(record: KeyRecord, now: number): number {
  let end = Infinity;
  for (const part of [record.switch, ...record.holds]) {
    if (part && part.until !== null && part.until > now && part.until < end) {
      end = part.until;
    }
  }
  return end;
}

/**
 * What is known of a key at that moment.
 * @param isLive says whether somebody still renews a hold
 */
export function describeRecord(
  record: Pick<KeyRecord, 'switch' | 'holds'> | undefined,
  now: number,
  isLive: (hold: HoldRecord) => boolean,
): MaintenanceState {
  if (!record) {
    return OFF;
  }
  const { switch: on, holds } = pruneRecord(record, now);
  const parts: Notice[] = on ? [on, ...holds] : [...holds];
  if (parts.length === 0) {
    return OFF;
  }
  // an operator's words win over those of a job; among jobs the latest
  const told = (pick: (part: Notice) => string | null): string | null =>
    (on && pick(on)) ??
    [...holds]
      .reverse()
      .map(pick)
      .find((text) => text !== null) ??
    null;
  // the key ends with its last part, and the end is known only when it is known of each
  const ends = parts.every((part) => part.until !== null);
  const endsAt = ends ? new Date(Math.max(...parts.map((part) => part.until ?? 0))) : null;
  return Object.freeze({
    value: true,
    since: new Date(Math.min(...parts.map((part) => part.since))),
    until: parts.every((part) => part.announced) ? endsAt : null,
    endsAt,
    message: told((part) => part.message),
    reason: told((part) => part.reason),
    actor: told((part) => part.actor),
    switched: on !== null,
    holds: describeHolds(holds, isLive),
    holder: describeHolder(holds, isLive),
  });
}

/** The latest that is alive and has the lock, else the latest that is alive, else the latest that died. */
function describeHolder(
  holds: readonly HoldRecord[],
  isLive: (hold: HoldRecord) => boolean,
): MaintenanceHolder | null {
  const rank = (hold: HoldRecord): number => 2 * Number(isLive(hold)) + Number(hold.locked);
  const [first] = holds.toSorted((a, b) => rank(b) - rank(a) || b.fence - a.fence);
  return first && first.host !== null && first.pid !== null
    ? Object.freeze({ host: first.host, pid: first.pid, since: new Date(first.since), step: null })
    : null;
}

function describeHolds(
  holds: readonly HoldRecord[],
  isLive: (hold: HoldRecord) => boolean,
): readonly MaintenanceHold[] {
  const isSucceeded = ({ locked, fence }: HoldRecord): boolean =>
    locked && holds.some((heir) => heir.locked && heir.fence > fence && isLive(heir));
  return Object.freeze(
    holds.map((hold) =>
      Object.freeze({
        id: hold.id,
        owner: hold.owner,
        host: hold.host,
        pid: hold.pid,
        since: new Date(hold.since),
        fence: hold.fence,
        abandoned: !isLive(hold) && !isSucceeded(hold),
      }),
    ),
  );
}
