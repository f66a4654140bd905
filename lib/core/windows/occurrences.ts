import { nextAfter } from './repeat.js';
import { isReadable, type WindowRecord } from './window-record.js';

/** One time that a window is on. */
export interface Occurrence {
  readonly window: WindowRecord;
  /** Epoch ms. */
  readonly start: number;
  /** Epoch ms; earlier than planned if it was ended early. */
  readonly end: number;
}

/** The part of a window's record that says when it is on. */
export type WindowTimes = Pick<WindowRecord, 'start' | 'duration' | 'repeat' | 'ended'>;

/** How many cancelled occurrences one search skips: with more, the window counts as cancelled. */
const MOST_CANCELLED = 1_000;
/** Ms for which it is remembered that a window was on, so that processes that were away learn how it ended. */
export const KEPT = 24 * 3_600_000;

/** The occurrence that is on at that moment. */
export function occurrenceAt(window: WindowRecord, now: number): Occurrence | undefined {
  const start = firstStart(window, now - window.duration);
  if (start > now) {
    return undefined;
  }
  const end = endOf(window, start);
  return now < end ? { window, start, end } : undefined;
}

/** The first occurrence that begins after that moment and was not cancelled. */
export function occurrenceAfter(window: WindowRecord, after: number): Occurrence | undefined {
  let start = after;
  for (let seen = 0; seen <= MOST_CANCELLED; seen++) {
    start = firstStart(window, start);
    if (start === Infinity) {
      return undefined;
    }
    const end = endOf(window, start);
    if (end > start) {
      return { window, start, end };
    }
  }
  return undefined;
}

/** The occurrence that is on at that moment, or the next one. */
export const occurrenceFrom = (window: WindowRecord, now: number): Occurrence | undefined =>
  occurrenceAt(window, now) ?? occurrenceAfter(window, now);

/** The occurrence that begins at that very moment, even if it was cancelled. */
export function occurrenceStarting(window: WindowRecord, start: number): Occurrence | undefined {
  return firstStart(window, start - 1) === start ? { window, start, end: endOf(window, start) } : undefined;
}

/**
 * The last occurrence that has ended, and was not cancelled, nor over when it was planned.
 * @param after none that ended before counts; epoch ms
 */
export function lastEnded(window: WindowRecord, after: number, now: number): Occurrence | undefined {
  const since = Math.max(after, (window.planned ?? -Infinity) + 1);
  let last: Occurrence | undefined;
  let start = since - window.duration - 1;
  for (let seen = 0; seen <= MOST_CANCELLED; seen++) {
    start = firstStart(window, start);
    if (start > now) {
      break;
    }
    const end = endOf(window, start);
    if (end > start && end >= since && end <= now) {
      last = { window, start, end };
    }
  }
  return last;
}

/** Whether an occurrence still refuses only writes. */
export const isReadOnlyAt = ({ window, start }: Occurrence, now: number): boolean =>
  now < start + (window.readOnly ?? 0);

/** The occurrence that is on, of all windows of a key. */
export function currentOccurrence(
  windows: readonly WindowRecord[] | undefined,
  now: number,
): Occurrence | undefined {
  for (const window of windows ?? []) {
    const occurrence = occurrenceAt(window, now);
    if (occurrence) {
      return occurrence;
    }
  }
  return undefined;
}

/** Those that are already announced to visitors, the next of each window, in order. */
export function announcedOccurrences(
  windows: readonly WindowRecord[] | undefined,
  now: number,
): readonly Occurrence[] {
  const found: Occurrence[] = [];
  for (const window of windows ?? []) {
    const next = window.announce === null ? undefined : occurrenceAfter(window, now);
    if (next && next.start - (window.announce ?? 0) <= now) {
      found.push(next);
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

/** When it next begins, closes for reads too, ends or is announced; `Infinity`: never. */
export function nextTurn(windows: readonly WindowRecord[] | undefined, now: number): number {
  let turn = Infinity;
  for (const window of windows ?? []) {
    const current = occurrenceAt(window, now);
    const next = occurrenceAfter(window, now);
    const announced = next ? next.start - (window.announce ?? 0) : Infinity;
    const closes = current && isReadOnlyAt(current, now) ? current.start + window.readOnly : Infinity;
    turn = Math.min(
      turn,
      closes,
      current?.end ?? Infinity,
      announced > now ? announced : (next?.start ?? Infinity),
    );
  }
  return turn;
}

/** Without windows that were over a day ago. */
export function pruneWindows(windows: readonly WindowRecord[], now: number): readonly WindowRecord[] {
  const left = windows.filter((window) => !isReadable(window) || isPending(window, now - KEPT));
  return left.length === windows.length ? windows : left;
}

/** Whether it is on, or going to be. */
export const isPending = (window: WindowRecord, now: number): boolean =>
  occurrenceFrom(window, now) !== undefined;

/** The first start after that moment; `Infinity` for none. A zone or pattern that this process cannot read never comes. */
function firstStart(window: WindowTimes, after: number): number {
  const { start, repeat } = window;
  if (!isReadable(window)) {
    return Infinity;
  }
  if (after < start) {
    return start;
  }
  if (!repeat) {
    return Infinity;
  }
  try {
    const next = nextAfter(repeat, after);
    return repeat.last !== null && next > repeat.last ? Infinity : next;
  } catch {
    return Infinity;
  }
}

function endOf({ duration, ended }: WindowTimes, start: number): number {
  const early = ended.find(([begun]) => begun === start);
  return early ? Math.min(early[1], start + duration) : start + duration;
}
