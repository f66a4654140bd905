import type { KeyParts } from '../document/record.js';
import { currentOccurrence } from './occurrences.js';

/** Since when a key has been kept on, by each of its reasons. */
export function beginnings(record: KeyParts | undefined, now: number): number[] {
  const window = currentOccurrence(record?.windows, now);
  return [
    ...[record?.switch, ...(record?.holds ?? [])].flatMap((part) => part?.since ?? []),
    ...(window ? [window.start] : []),
  ];
}

/** Whether a key was on already when a window began: something that began earlier had not ended. */
export const isOnBefore = (record: KeyParts, start: number): boolean =>
  [record.switch, ...record.holds].some(
    (part) => part !== null && part.since < start && (part.until === null || part.until >= start),
  ) || currentOccurrence(record.windows, start - 1) !== undefined;
