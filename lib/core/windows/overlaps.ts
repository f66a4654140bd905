import { occurrenceFrom, occurrenceAfter, type Occurrence } from './occurrences.js';
import type { WindowRecord } from './window-record.js';

/** Repeating windows are compared for so long from when both have begun: what comes later can be seen when it comes nearer. Ms. */
const HORIZON = 400 * 24 * 3_600_000;
/** And at most over so many occurrences of both. */
const MOST = 370;

/**
 * The first occurrences of two windows that overlap.
 * @param now what was before does not count
 */
export function findOverlap(
  one: WindowRecord,
  other: WindowRecord,
  now: number,
): readonly [Occurrence, Occurrence] | undefined {
  let a = occurrenceFrom(one, now);
  let b = occurrenceFrom(other, now);
  const begun = Math.max(now, a?.start ?? now, b?.start ?? now);
  const latest = one.repeat && other.repeat ? begun + HORIZON : Infinity;
  for (let seen = 0; a && b && seen < MOST && Math.max(a.start, b.start) <= latest; seen++) {
    if (a.start < b.end && b.start < a.end) {
      return [a, b];
    }
    if (a.end <= b.start) {
      // what ends before the other begins is passed over in one step
      a = occurrenceAfter(one, Math.max(a.start, b.start - one.duration));
    } else {
      b = occurrenceAfter(other, Math.max(b.start, a.start - other.duration));
    }
  }
  return undefined;
}

/** The first two occurrences of one window of which the later begins before the earlier has ended. */
export function findOwnOverlap(window: WindowRecord, now: number): readonly [number, number] | undefined {
  let occurrence = occurrenceFrom({ ...window, ended: [] }, now);
  const latest = Math.max(now, occurrence?.start ?? now) + HORIZON;
  for (let seen = 0; occurrence && seen < MOST && occurrence.start <= latest; seen++) {
    const next = occurrenceAfter({ ...window, ended: [] }, occurrence.start);
    if (next && next.start < occurrence.start + window.duration) {
      return [occurrence.start, next.start];
    }
    occurrence = next;
  }
  return undefined;
}
