import { MaintenanceConflictError } from '../errors/errors.js';
import { currentOccurrence, isPending, KEPT, occurrenceAt, occurrenceStarting } from './occurrences.js';
import { findOverlap } from './overlaps.js';
import type { WindowRecord } from './window-record.js';

/** The maximum number of windows of one key that are not over. */
export const MOST_WINDOWS = 100;

/**
 * The windows of a key with one more, or with one in place of what it was before.
 * @throws MaintenanceConflictError if it overlaps another, or there are too many
 */
export function withWindow(
  key: string,
  windows: readonly WindowRecord[],
  window: WindowRecord,
  now: number,
): readonly WindowRecord[] {
  const others = windows.filter(({ id }) => id !== window.id);
  const pending = others.filter((other) => isPending(other, now));
  if (pending.length >= MOST_WINDOWS) {
    throw new MaintenanceConflictError(
      key,
      `Maintenance key "${key}" has ${MOST_WINDOWS} planned windows, which is the maximum. Cancel some of them first.`,
    );
  }
  for (const other of pending) {
    const overlap = findOverlap(window, other, now);
    if (overlap) {
      const [mine, theirs] = overlap.map(({ start, end }) => `${iso(start)} to ${iso(end)}`);
      throw new MaintenanceConflictError(
        key,
        `The window (${mine}) overlaps window "${other.id}" of maintenance key "${key}" (${theirs}); nothing was planned.`,
      );
    }
  }
  return windows.some(({ id }) => id === window.id)
    ? windows.map((other) => (other.id === window.id ? window : other))
    : [...windows, window];
}

/** Ends the occurrences that are on; `null` if none is. */
export function withoutCurrent(
  windows: readonly WindowRecord[] | undefined,
  now: number,
): readonly WindowRecord[] | null {
  return windows && currentOccurrence(windows, now)
    ? windows.map((window) => {
        const current = occurrenceAt(window, now);
        return current ? withEnd(window, current.start, now, now) : window;
      })
    : null;
}

/** Cancels one occurrence, or ends it if it is on; `null` if none begins then. */
export function withoutOccurrence(window: WindowRecord, start: number, now: number): WindowRecord | null {
  const occurrence = occurrenceStarting(window, start);
  if (!occurrence || occurrence.end <= now || occurrence.end <= start) {
    return null;
  }
  return withEnd(window, start, Math.max(start, now), now);
}

/** Cancels everything to come, and ends what is on. It stays for a while, so that others learn how it ended. */
export function withoutWindow(
  windows: readonly WindowRecord[],
  window: WindowRecord,
  now: number,
): readonly WindowRecord[] {
  const current = occurrenceAt(window, now);
  if (!current) {
    return windows.filter(({ id }) => id !== window.id);
  }
  const { repeat } = window;
  return replaced(windows, {
    ...withEnd(window, current.start, now, now),
    repeat: repeat && { ...repeat, last: current.start },
  });
}

const replaced = (windows: readonly WindowRecord[], window: WindowRecord): readonly WindowRecord[] =>
  windows.map((other) => (other.id === window.id ? window : other));

function withEnd(window: WindowRecord, start: number, end: number, now: number): WindowRecord {
  // an occurrence whose early end is forgotten before its planned one would take place after all
  const others = window.ended.filter(([begun]) => begun !== start && begun + window.duration > now - KEPT);
  return {
    ...window,
    revision: window.revision + 1,
    ended: [...others, [start, Math.floor(end)]],
  };
}

const iso = (instant: number): string => new Date(instant).toISOString();
