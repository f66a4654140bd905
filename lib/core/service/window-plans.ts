import { liveParts, type Notice } from '../document/record.js';
import { MaintenanceConfigurationError, MaintenanceConflictError } from '../errors/errors.js';
import type { WindowChange } from '../history/entry-record.js';
import { isPending, occurrenceFrom, occurrenceStarting, type Occurrence } from '../windows/occurrences.js';
import { isSameWindow } from '../windows/window-plan.js';
import { withWindow, withoutOccurrence, withoutWindow } from '../windows/window-edits.js';
import type { WindowRecord } from '../windows/window-record.js';

/** What happens to a key's windows. */
export interface Planned {
  readonly windows: readonly WindowRecord[];
  /** The occurrence in question: the one that is on or comes next, or the one that is cancelled. */
  readonly occurrence: Occurrence;
  /** The switch, where it does not stay as it is. */
  readonly switch?: Notice | null;
  /** That occurrence was on before, and was ended early: hooks of its beginning have been called. */
  readonly resumes?: boolean;
  /** Nothing is different: there is nothing to write or to tell. */
  readonly unchanged?: boolean;
}

/**
 * Edits what is recorded; throws to refuse.
 * @param revision of the key's last change
 */
export type Plan = (windows: readonly WindowRecord[], now: number, revision: number) => Planned;

/** What is put back, as the history has it. */
export interface RestoredWindow extends Pick<WindowChange, 'switchBefore'> {
  readonly windowBefore: WindowRecord;
  /** The change of the key that is undone: its last one. */
  readonly undone: number;
}

/**
 * With a window that is new, or differs from what it was.
 * @throws MaintenanceConflictError
 */
export const withPlanned = (
  key: string,
  windows: readonly WindowRecord[],
  window: WindowRecord,
  now: number,
): Planned => ({ windows: withWindow(key, windows, window, now), occurrence: nextOf(window, now) });

/**
 * With a window that was changed, perhaps to what it is already.
 * @throws MaintenanceConflictError
 */
export const withChanged = (
  key: string,
  windows: readonly WindowRecord[],
  before: WindowRecord,
  after: WindowRecord,
  now: number,
): Planned =>
  isSameWindow(before, after)
    ? { windows, occurrence: nextOf(before, now), unchanged: true }
    : withPlanned(key, windows, after, now);

/**
 * With a window as it was.
 * @param revision of the key's last change
 * @throws MaintenanceConflictError
 */
export function withRestored(
  key: string,
  windows: readonly WindowRecord[],
  { windowBefore: before, switchBefore, undone }: RestoredWindow,
  revision: number,
  actor: string | null,
  now: number,
): Planned {
  if (revision !== undone || !isPending(before, now)) {
    throw new MaintenanceConflictError(
      key,
      `Maintenance key "${key}" was changed by somebody else in the meantime, or window "${before.id}" is over; nothing was restored.`,
    );
  }
  // one whose only occurrence was cancelled is forgotten at once
  const present = windows.find(({ id }) => id === before.id);
  const latest = present?.revision ?? before.revision + 1;
  const window = { ...before, revision: latest + 1, actor, planned: Math.floor(now) };
  const planned = withPlanned(key, windows, window, now);
  const ended = present && occurrenceStarting(present, planned.occurrence.start);
  return {
    ...planned,
    switch: liveParts({ switch: switchBefore ?? null, holds: [] }, now).switch,
    resumes: ended !== undefined && ended.start < ended.end,
  };
}

/**
 * Without a window, or without one of its occurrences.
 * @param start of that; `undefined`: the whole window
 * @throws MaintenanceConfigurationError
 */
export const withCancelled = (
  windows: readonly WindowRecord[],
  window: WindowRecord,
  start: unknown,
  now: number,
): Planned =>
  start === undefined
    ? { windows: withoutWindow(windows, window, now), occurrence: nextOf(window, now) }
    : withoutOne(windows, window, start, now);

function withoutOne(
  windows: readonly WindowRecord[],
  window: WindowRecord,
  begins: unknown,
  now: number,
): Planned {
  const start = begins instanceof Date && !Number.isNaN(begins.getTime()) ? begins.getTime() : undefined;
  const occurrence = start === undefined ? undefined : occurrenceStarting(window, start);
  const left = start === undefined ? null : withoutOccurrence(window, start, now);
  if (!left || !occurrence) {
    throw MaintenanceConfigurationError.of(
      'occurrence',
      begins,
      'a Date at which an occurrence starts that is neither over nor cancelled',
    );
  }
  return { windows: windows.map((other) => (other === window ? left : other)), occurrence };
}

/** The occurrence that is on or comes next; a window that is not over has one. */
const nextOf = (window: WindowRecord, now: number): Occurrence =>
  occurrenceFrom(window, now) ?? { window, start: window.start, end: window.start + window.duration };
