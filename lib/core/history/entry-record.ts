import type { MaintenanceState } from '../keys/maintenance-state.js';
import { toChange, type Told } from '../document/change.js';
import { instant, isAbsent, object, text } from '../document/fields.js';
import { readNotice } from '../document/read-notice.js';
import type { Notice } from '../document/record.js';
import { describeMessage } from '../texts/maintenance-text.js';
import { readText, toStoredJson, withoutTexts } from '../texts/stored-text.js';
import { firstWithin, toWindow, type MaintenanceWindow } from '../windows/maintenance-window.js';
import { readWindow, type WindowRecord } from '../windows/window-record.js';
import type { MaintenanceHistoryEntry } from './maintenance-history-entry.js';

/** An entry as the store keeps it: number and time of the write are beside it, since only the store knows them. */
export interface HistoryNote {
  readonly id: string;
  /** JSON of the entry without these. */
  readonly text: string;
  readonly revision: number;
  /** Epoch ms. */
  readonly at: number;
}

/** What is kept of a change besides the public part. */
export interface WindowChange {
  /** Absent if no window has changed; `null`: there was none. */
  readonly windowBefore?: WindowRecord | null;
  /** `null`: it was removed. */
  readonly windowAfter?: WindowRecord | null;
  /** The switch before it was changed, or turned off with a window, where the key as a whole says something else. */
  readonly switchBefore?: Notice;
}

/** An entry with all that is kept of it. */
export type KeptEntry = MaintenanceHistoryEntry & WindowChange;

/** The public part of an entry: windows as they are elsewhere. */
export function toEntry({
  windowBefore,
  windowAfter,
  switchBefore: _,
  ...entry
}: KeptEntry): MaintenanceHistoryEntry {
  if (windowBefore === undefined || windowAfter === undefined) {
    return entry;
  }
  const at = entry.at.getTime();
  const describe = (window: WindowRecord | null): MaintenanceWindow | null => {
    const occurrence = window && firstWithin(window, at, Infinity);
    return occurrence ? toWindow(entry.key, occurrence, at) : null;
  };
  return {
    ...entry,
    planned: describe(windowAfter),
    previous: { ...entry.previous, planned: describe(windowBefore) },
  };
}

/** An entry for a change of a key from one state to another. */
export function createEntry(
  key: string,
  before: MaintenanceState,
  after: MaintenanceState,
  told: Told,
  more: Pick<MaintenanceHistoryEntry, 'id' | 'way'> &
    Partial<Pick<MaintenanceHistoryEntry, 'event' | 'window' | 'holder'>>,
): MaintenanceHistoryEntry {
  const change = toChange(key, before, after, told);
  const { reason, endsAt, switched } = before;
  return {
    event: change.from === change.to ? 'changed' : change.to ? 'entering' : 'exiting',
    ...change,
    ...more,
    previous: { ...change.previous, reason, endsAt, switched },
    switched: after.switched,
  };
}

export function toNote({ at, revision, ...entry }: KeptEntry): HistoryNote {
  return { id: entry.id, text: toStoredJson(entry), revision, at: at.getTime() };
}

/** The stored entry; `undefined` if it is invalid. Fields that this version does not know are returned as they are. */
export function readNote({ text: stored, revision, at }: Omit<HistoryNote, 'id'>): KeptEntry | undefined {
  try {
    const raw = object(JSON.parse(stored), 'content');
    const { previous, window, holder, windowBefore, windowAfter, switchBefore } = raw as Partial<KeptEntry>;
    if (!WORDS.every((name) => typeof raw[name] === 'string')) {
      return undefined;
    }
    return {
      ...(readState(raw) as unknown as KeptEntry),
      actor: text(raw.actor),
      revision,
      at: new Date(at),
      previous: readState(object(previous, 'state before')) as KeptEntry['previous'],
      ...(window && { window: { ...window, start: dateOf(window.start), end: dateOf(window.end) } }),
      ...(holder && { holder: { ...holder, since: dateOf(holder.since) } }),
      ...(windowBefore && { windowBefore: readWindow(windowBefore) }),
      ...(windowAfter && { windowAfter: readWindow(windowAfter) }),
      ...(switchBefore && { switchBefore: readNotice(switchBefore) }),
    };
  } catch {
    return undefined;
  }
}

/** What no entry is without. */
const WORDS = ['id', 'key', 'event', 'way', 'cause'] as const;

/** What an entry says of its key, before or after, and whatever else is stored with it. @throws Error */
const readState = ({ planned: _, ...raw }: Record<string, unknown>): Record<string, unknown> => ({
  ...withoutTexts(raw),
  ...describeMessage(readText(raw, 'message')),
  reason: text(raw.reason),
  until: isAbsent(raw.until) ? null : dateOf(raw.until),
  endsAt: isAbsent(raw.endsAt) ? null : dateOf(raw.endsAt),
});

/** @throws Error */
const dateOf = (value: unknown): Date => new Date(instant(new Date(value as string).getTime(), 'moment'));
