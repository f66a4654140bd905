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
/** How many occurrences are looked at first, where the last one that was not cancelled is looked for. */
const FEW = 4;
/** Ms before now in which occurrences are looked for first. */
const SHORTEST = 60_000;
/** How many occurrences one step of such a search looks at: more come only of patterns of bursts. */
const MOST_AT_ONCE = 5_000;
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
  for (let most = FEW; ; most *= 10) {
    const found = lastBegun(window, since - window.duration - 1, now, most);
    const last = found.findLast(({ start, end }) => end > start && end >= since && end <= now);
    if (last || found.length < most || most > MOST_CANCELLED) {
      return last;
    }
  }
}

/**
 * The last occurrences that have begun, in order; those that were cancelled, too.
 * @param after none that began by then counts; epoch ms
 * @param most how many
 */
export function lastBegun(window: WindowRecord, after: number, now: number, most: number): Occurrence[] {
  const first = Math.max(after, window.start - 1);
  const starts: number[] = [];
  let to = now;
  // from the end, further back each time: how many there are before does not matter
  for (let span = Math.max(window.duration, SHORTEST); starts.length < most && to > first; span *= 4) {
    const from = Math.max(first, now - span);
    starts.unshift(...startsBetween(window, from, to));
    to = from;
  }
  return starts.slice(-most).map((start) => ({ window, start, end: endOf(window, start) }));
}

function startsBetween(window: WindowTimes, after: number, until: number): number[] {
  const starts: number[] = [];
  let start = firstStart(window, after);
  while (start <= until && starts.length < MOST_AT_ONCE) {
    starts.push(start);
    start = firstStart(window, start);
  }
  return starts;
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
