import type { MaintenanceState } from '../keys/maintenance-state.js';
import { toChange, type Told } from '../document/change.js';
import { splitTexts } from '../texts/stored-text.js';
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

/** An entry with what is kept besides the public part. */
export interface KeptEntry extends MaintenanceHistoryEntry {
  /** The planned window before its change; `null`: there was none. Absent if the entry is not about a window. */
  readonly windowBefore?: WindowRecord | null;
}

/** The public part of an entry. */
export const toEntry = ({ windowBefore: _, ...entry }: KeptEntry): MaintenanceHistoryEntry => entry;

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
  return { id: entry.id, text: JSON.stringify(entry, splitTexts), revision, at: at.getTime() };
}

/** The stored entry; `undefined` if it is invalid. Fields that this version does not know are returned as they are. */
export function readNote({ text, revision, at }: Omit<HistoryNote, 'id'>): KeptEntry | undefined {
  try {
    const raw = JSON.parse(text) as KeptEntry;
    const { previous, window, holder, windowBefore } = raw;
    if (typeof raw.id !== 'string' || typeof raw.key !== 'string') {
      return undefined;
    }
    return {
      ...raw,
      revision,
      at: new Date(at),
      until: dateOf(raw.until),
      endsAt: dateOf(raw.endsAt),
      previous: { ...previous, until: dateOf(previous.until), endsAt: dateOf(previous.endsAt) },
      ...(window && { window: { ...window, start: new Date(window.start), end: new Date(window.end) } }),
      ...(holder && { holder: { ...holder, since: new Date(holder.since) } }),
      ...(windowBefore && { windowBefore: readWindow(windowBefore) }),
    };
  } catch {
    return undefined;
  }
}

const dateOf = (value: unknown): Date | null =>
  typeof value === 'string' || typeof value === 'number' ? new Date(value) : null;
