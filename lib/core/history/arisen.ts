import { stateOf } from '../document/change.js';
import { lateAt, type HoldRecord, type KeyRecord, type Notice } from '../document/record.js';
import { describeHolder, describeOccurrence } from '../document/describe-record.js';
import type { MaintenanceHolder, MaintenanceOccurrence } from '../keys/maintenance-state.js';
import { lastBegun, type Occurrence } from '../windows/occurrences.js';
import type { WindowRecord } from '../windows/window-record.js';
import { createEntry } from './entry-record.js';
import type { MaintenanceHistoryEntry } from './maintenance-history-entry.js';

/** How much is told of each key: of what has happened since nobody has changed it, the latest. */
export const MOST_ARISEN = 400;

type Words = Pick<Notice, 'message' | 'reason' | 'actor'>;

/** Something that happened by itself. */
interface Turn extends Pick<MaintenanceHistoryEntry, 'id' | 'way'> {
  readonly moment: number;
  readonly event?: 'overrun';
  readonly window?: MaintenanceOccurrence;
  readonly holder?: MaintenanceHolder | null;
  readonly cause: 'expiry' | 'window' | 'maintain';
  readonly words: Words;
  /** It is an end that was announced to visitors. */
  readonly isAnnounced?: boolean;
}

/**
 * What has happened to a key by itself, in order: parts that have ended, windows that have begun and ended, work that takes
 * longer than expected. No process needs to run when it happens: it follows from the record, as long as that still contains its
 * cause.
 * @param from epoch ms: what came until then is in the history already
 * @param to what comes later has not come yet
 * @param most how many entries, the latest
 */
export function entriesArisen(
  key: string,
  record: KeyRecord,
  to: number,
  from = notedUntil(record),
  most = MOST_ARISEN,
): MaintenanceHistoryEntry[] {
  const { switch: on, holds, windows = [] } = record;
  const turns: Turn[] = [
    ...(on ? endOf('switch', on, on.announced) : []),
    ...holds.flatMap((hold) => endOf(hold.id, hold)),
    ...holds.flatMap(overrunOf),
    ...windows.flatMap((window) => occurrencesIn(window, from, to, most).flatMap(turnsOf)),
  ];
  return turns
    .filter(({ moment }) => from < moment && moment <= to)
    .sort((a, b) => a.moment - b.moment)
    .slice(-most)
    .map((turn) => toEntry(key, record, turn));
}

/** The entry of the end of a window's occurrence. */
export const endOfOccurrence = (
  key: string,
  { window, end }: Occurrence,
): Pick<MaintenanceHistoryEntry, 'key' | 'id' | 'at'> => ({
  key,
  id: entryId(key, endId(window), end),
  at: new Date(end),
});

const endId = ({ id }: WindowRecord): string => `end:${id}`;
const entryId = (key: string, turn: string, moment: number): string => `${key}:${turn}:${moment}`;

/** Until when what happened by itself is in the history. */
export const notedUntil = ({ noted, change }: KeyRecord): number => noted ?? change.at;

function toEntry(
  key: string,
  record: KeyRecord,
  { moment, cause, words, id, isAnnounced = false, ...more }: Turn,
): MaintenanceHistoryEntry {
  const after = stateOf(record, moment);
  const told = { cause, ...words, revision: record.change.revision, at: moment };
  const entry = createEntry(key, stateOf(record, moment - 1), after, told, {
    ...more,
    id: entryId(key, id, moment),
  });
  // what was announced is over, and it is unknown when the key will open
  return isAnnounced && entry.event === 'changed' && after.until === null
    ? { ...entry, event: 'overrun' }
    : entry;
}

const endOf = (part: string, { until, message, reason, actor }: Notice, isAnnounced = false): Turn[] =>
  until === null
    ? []
    : [
        {
          id: `end:${part}`,
          moment: until,
          way: 'expiry',
          cause: 'expiry',
          words: { message, reason, actor },
          isAnnounced,
        },
      ];

function overrunOf(hold: HoldRecord): Turn[] {
  const { id, until, message, reason, actor } = hold;
  const moment = lateAt(hold);
  return moment === Infinity || (until !== null && until <= moment)
    ? []
    : [
        {
          id: `overrun:${id}`,
          moment,
          way: 'expiry',
          cause: 'maintain',
          event: 'overrun',
          words: { message, reason, actor },
          holder: describeHolder(hold),
        },
      ];
}

function turnsOf(occurrence: Occurrence): Turn[] {
  const { window, start, end } = occurrence;
  const { message, reason, actor } = window;
  const common = {
    way: 'window',
    cause: 'window',
    words: { message, reason, actor },
    window: describeOccurrence(occurrence),
  } as const;
  return [
    { ...common, id: `begin:${window.id}`, moment: start },
    { ...common, id: endId(window), moment: end, isAnnounced: true },
  ];
}

/** The last occurrences that have begun by then, and had not ended before. */
const occurrencesIn = (window: WindowRecord, from: number, to: number, most: number): Occurrence[] =>
  lastBegun(window, from - window.duration, to, most).filter(({ start, end }) => end > start);
