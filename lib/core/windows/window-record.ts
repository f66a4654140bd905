import { id, instant, integer, isAbsent, isInstant, object, text } from '../document/fields.js';
import type { MaintenanceText } from '../texts/maintenance-text.js';
import { readText, withoutTexts } from '../texts/stored-text.js';
import type { RepeatRecord } from './repeat.js';

/** A planned window as it is recorded with its key. Instants are epoch ms by the store's clock, lengths are ms. */
export interface WindowRecord {
  readonly id: string;
  /** Grows with every change of the window. */
  readonly revision: number;
  /** Of its first occurrence. */
  readonly start: number;
  readonly duration: number;
  /** Zone in which it was planned; `null`: planned as an instant. */
  readonly timeZone: string | null;
  readonly repeat: RepeatRecord | null;
  /** How long before its start it is announced to visitors; `null`: never. */
  readonly announce: number | null;
  /** For this long from its start only writes are refused. */
  readonly readOnly: number;
  /** Over this time after its end visitors come back. */
  readonly reopenOver: number;
  readonly announcement: MaintenanceText | null;
  readonly message: MaintenanceText | null;
  readonly reason: string | null;
  readonly actor: string | null;
  /** When its times were last changed: what was over by then has not taken place. Absent: unknown. */
  readonly planned?: number;
  /** When occurrences ended early, by their start; for cancelled ones that is their start. */
  readonly ended: readonly (readonly [start: number, end: number])[];
}

/**
 * Reads a stored window, and keeps the fields that this version does not know. A window that it cannot read at all, because
 * another version plans windows differently, is carried along as it is, and never comes here: see {@link isReadable}.
 * @throws Error if it is not an object
 */
export function readWindow(value: unknown): WindowRecord {
  const raw = object(value, 'window');
  try {
    return readKnown(raw);
  } catch {
    return value as WindowRecord;
  }
}

/** Whether this version can tell when it is on. */
export const isReadable = ({
  start,
  duration,
  ended,
}: Partial<Record<'start' | 'duration' | 'ended', unknown>>): boolean =>
  isInstant(start) &&
  typeof duration === 'number' &&
  duration >= 0 &&
  isInstant(start + duration) &&
  Array.isArray(ended) &&
  ended.every((end: unknown) => Array.isArray(end) && isInstant(end[0]) && isInstant(end[1]));

function readKnown(raw: Record<string, unknown>): WindowRecord {
  if (!isAbsent(raw.ended) && !Array.isArray(raw.ended)) {
    throw new Error('the ends of a window are not a list');
  }
  return {
    ...withoutTexts(raw),
    id: id(raw.id, 'id of a window'),
    revision: integer(raw.revision, 'revision of a window'),
    start: instant(raw.start, 'start of a window'),
    duration: integer(raw.duration, 'length of a window'),
    timeZone: text(raw.timeZone),
    repeat: isAbsent(raw.repeat) ? null : readRepeat(raw.repeat),
    announce: isAbsent(raw.announce) ? null : integer(raw.announce, 'announcement of a window'),
    readOnly: isAbsent(raw.readOnly) ? 0 : integer(raw.readOnly, 'read-only time of a window'),
    reopenOver: isAbsent(raw.reopenOver) ? 0 : integer(raw.reopenOver, 'reopening of a window'),
    announcement: readText(raw, 'announcement'),
    message: readText(raw, 'message'),
    reason: text(raw.reason),
    actor: text(raw.actor),
    ...(!isAbsent(raw.planned) && { planned: instant(raw.planned, 'planning of a window') }),
    ended: ((raw.ended ?? []) as unknown[]).map(readEnd),
  };
}

function readRepeat(value: unknown): RepeatRecord {
  const raw = object(value, 'repetition of a window');
  return {
    ...raw,
    cron: id(raw.cron, 'pattern of a window'),
    timeZone: id(raw.timeZone, 'time zone of a window'),
    last: isAbsent(raw.last) ? null : instant(raw.last, 'last start of a window'),
    until: isAbsent(raw.until) ? null : instant(raw.until, 'end of a repetition'),
    count: isAbsent(raw.count) ? null : integer(raw.count, 'number of repetitions'),
  };
}

function readEnd(value: unknown): readonly [number, number] {
  const [start, end] = Array.isArray(value) ? (value as unknown[]) : [];
  return [instant(start, 'end of a window'), instant(end, 'end of a window')];
}
