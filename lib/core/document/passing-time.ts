import { KEPT, nextTurn, pruneWindows } from '../windows/occurrences.js';
import { isOn, lateAt, liveParts, type KeyParts } from './record.js';
import { reopeningAt, reopensOver } from './reopenings.js';

/** Drops what has ended by itself. What visitors still notice of that stays. */
export function pruneRecord<R extends KeyParts>(record: R, now: number): R {
  const { switch: on, holds } = liveParts(record, now);
  const windows = record.windows && pruneWindows(record.windows, now);
  const isSame = on === record.switch && holds.length === record.holds.length && windows === record.windows;
  const { reopening: known, ...rest } = record;
  const isOld = known !== undefined && known.until <= now && known.from < now - KEPT;
  if (isSame && !isOld) {
    return record;
  }
  const reopening = reopeningAt(record, now) ?? (isOld ? undefined : known);
  const left = {
    ...(rest as R),
    switch: on,
    holds,
    ...(windows && { windows }),
    ...(reopening && { reopening }),
  };
  // what has ended may be all that connects a window with what keeps the key on now
  const over = isOn(record, now) ? reopensOver(record, now) : 0;
  return over === reopensOver(left, now) || over === 0 ? left : { ...left, reopenOver: over };
}

/**
 * When the meaning of the record next changes by itself: a part ends or is late, a window begins, closes or is announced,
 * everybody is back; `Infinity`: never.
 */
export function nextBoundary(record: KeyParts, now: number): number {
  const ends = [record.switch, ...record.holds].map((part) => part?.until ?? Infinity);
  const turns = [...ends, ...record.holds.map(lateAt), reopeningAt(record, now)?.until ?? Infinity].filter(
    (turn) => turn > now,
  );
  return Math.min(nextTurn(record.windows, now), ...turns);
}
