import { beginnings } from '../windows/beginnings.js';
import { currentOccurrence, KEPT, lastEnded } from '../windows/occurrences.js';
import { continued, type Reopening } from '../windows/reopening.js';
import { isOn, type KeyParts, type Notice } from './record.js';

/** How many occurrences that touch one another are followed: windows may do so for ever. */
const MOST_CONNECTED = 370;

type Line = { -readonly [Name in 'reopening' | 'reopenOver']?: KeyParts[Name] };

/** The reopening of a key at that moment; `undefined`: it is on, or everybody is back. */
export function reopeningAt(record: KeyParts, now: number): Reopening | undefined {
  return (!record.reopening && !plansReopening(record)) || isOn(record, now)
    ? undefined
    : lineAt(record, now);
}

/** The same, as if nothing kept the key on. */
function lineAt(record: KeyParts, now: number): Reopening | undefined {
  const last = [...planned(record, now), ...(record.reopening ? [record.reopening] : [])].reduce<
    Reopening | undefined
  >((latest, one) => (latest && latest.from > one.from ? latest : one), undefined);
  return last && last.from <= now && now < last.until ? last : undefined;
}

/** Ms over which visitors come back when the key is off again, as far as is known now; 0: all at once. */
export function reopensOver(record: KeyParts, now: number): number {
  if (record.reopenOver !== undefined || !plansReopening(record)) {
    return record.reopenOver ?? 0;
  }
  const current = currentOccurrence(record.windows, now);
  if (current) {
    return current.window.reopenOver;
  }
  // a window that is over, but something has kept the key on since
  const since = Math.max(now - KEPT, Math.min(now, ...beginnings(record, now)));
  return endedSince(record, since, now)?.window.reopenOver ?? 0;
}

/**
 * The reopening after an edit.
 * @param over ms that the edit asks for; `undefined`: as it was planned
 */
export function reopeningAfter(
  before: KeyParts | undefined,
  after: KeyParts,
  now: number,
  over: number | undefined,
): Line {
  const wasOn = isOn(before, now);
  if (isOn(after, now)) {
    const later = over ?? (wasOn ? before?.reopenOver : undefined);
    // visitors to whom a moment was announced are admitted then, unless the key is on for longer or an operator has turned it on
    const line = before && over === undefined && (wasOn ? before.reopening : reopeningAt(before, now));
    return { ...(later && { reopenOver: later }), ...(line && now < line.until && { reopening: line }) };
  }
  if (!before) {
    return {};
  }
  if (wasOn) {
    const length = over ?? reopensOver(before, now);
    const from = Math.floor(now);
    const goesOn = length === 0 && over === undefined ? lineAt(before, now) : undefined;
    if (goesOn) {
      return { reopening: goesOn };
    }
    // "none" is a decision, too, which a plan does not undo
    return length > 0 || plansReopening(before) ? { reopening: { from, until: from + length } } : {};
  }
  const present = reopeningAt(before, now);
  const line = present && over !== undefined ? continued(present, now, over) : (present ?? before.reopening);
  return line ? { reopening: line } : {};
}

/** A record that says nothing of a reopening. */
export function withoutReopening<R extends Line>(record: R): Omit<R, keyof Line> {
  const rest: Omit<R, keyof Line> & Line = { ...record };
  delete rest.reopening;
  delete rest.reopenOver;
  return rest;
}

const plansReopening = ({ reopenOver, windows }: KeyParts): boolean =>
  reopenOver !== undefined || windows?.some((window) => window.reopenOver > 0) === true;

/** The plan for a key that has opened by itself. */
function planned(record: KeyParts, now: number): Reopening[] {
  const { windows = [], reopening } = record;
  const parts = partsOf(record);
  // of all windows in one time: one that has let everybody in counts as long as an earlier one would still refuse somebody
  const oldest = Math.min(
    // those of another version may have anything there
    ...windows.map(({ reopenOver }) => (reopenOver > 0 ? now - reopenOver : now)),
    ...parts.map(({ since }) => since),
    reopening && now < reopening.until ? reopening.from : now,
  );
  const ended = windows
    .flatMap((window) => lastEnded(window, oldest, now) ?? [])
    .sort((a, b) => a.end - b.end);
  const lengths = new Map(ended.map(({ end, window }) => [opensAt(record, end), window.reopenOver] as const));
  const asked = record.reopenOver;
  if (asked !== undefined && parts.length > 0) {
    lengths.set(opensAt(record, Math.max(...parts.map(({ until }) => until ?? -Infinity))), asked);
  }
  return [...lengths].flatMap(([from, length]) => (length > 0 ? [{ from, until: from + length }] : []));
}

/**
 * When a key opens, if something that keeps it on ends at that moment: what has begun by then goes on. `Infinity`: not in a time that
 * can be told.
 */
export function opensAt(record: KeyParts, moment: number): number {
  const parts = partsOf(record);
  let end = moment;
  for (let seen = 0; end < Infinity && seen < MOST_CONNECTED; seen++) {
    const opens = end;
    const later = parts.find(({ since, until }) => since <= opens && until !== null && until > opens);
    const next = later?.until ?? currentOccurrence(record.windows, opens)?.end;
    if (next === undefined) {
      return opens;
    }
    end = next;
  }
  return Infinity;
}

const partsOf = ({ switch: on, holds }: KeyParts): readonly Notice[] => [...(on ? [on] : []), ...holds];

/** The last occurrence of all windows that has ended since then. */
function endedSince({ windows = [] }: KeyParts, since: number, now: number) {
  return windows
    .flatMap((window) => lastEnded(window, since, now) ?? [])
    .reduce<ReturnType<typeof lastEnded>>(
      (latest, one) => (latest && latest.end > one.end ? latest : one),
      undefined,
    );
}
