import { MaintenanceConfigurationError } from '../errors/errors.js';
import { nextAfter, patternFault, type RepeatRecord } from './repeat.js';
import { instantOf, isTimeZone } from './time-zone.js';
import type { MaintenanceLocalTime } from './window-options.js';

/** The last instant a `Date` can hold. */
export const LAST_INSTANT = 8.64e15;
const MOST_REPETITIONS = 1_000;

const LOCAL = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/;
const EXPECTED = 'a Date, or { at, timeZone } such as { at: "2027-03-28T02:30", timeZone: "Europe/Berlin" }';

/**
 * A moment, and the zone it was given in.
 * @throws MaintenanceConfigurationError
 */
export function parseMoment(option: string, value: unknown): { instant: number; timeZone: string | null } {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) {
      throw MaintenanceConfigurationError.of(option, value, EXPECTED);
    }
    return { instant: value.getTime(), timeZone: null };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw MaintenanceConfigurationError.of(option, value, EXPECTED);
  }
  checkFields(option, value, ['at', 'timeZone']);
  const { at, timeZone } = value as Partial<Record<keyof MaintenanceLocalTime, unknown>>;
  const wall = parseLocal(at);
  if (wall === undefined) {
    throw MaintenanceConfigurationError.of(
      `${option}.at`,
      at,
      'a date and time that exist, without an offset, such as "2027-03-28T02:30"',
    );
  }
  return {
    instant: instantOf(wall, parseTimeZone(`${option}.timeZone`, timeZone)),
    timeZone: timeZone as string,
  };
}

/**
 * The first occurrence ends at a moment that a `Date` can hold, and so does its reopening.
 * @throws MaintenanceConfigurationError
 */
export function checkLast({
  start,
  duration,
  reopenOver,
}: Record<'start' | 'duration' | 'reopenOver', number>): void {
  const longest = LAST_INSTANT - start;
  if (duration + reopenOver > longest) {
    const [option, most] =
      reopenOver > 0 ? ['duration and reopenOver', 'together at most'] : ['duration', 'at most'];
    throw MaintenanceConfigurationError.of(option, duration + reopenOver, `${most} ${longest} milliseconds`);
  }
}

/**
 * How a window repeats.
 * @param start epoch ms before which it does not begin
 * @param fallback zone of the pattern where none is given
 * @returns the first start besides
 * @throws MaintenanceConfigurationError
 */
export function parseRepeat(
  value: unknown,
  start: number,
  fallback: string | null,
): { first: number; repeat: RepeatRecord } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw MaintenanceConfigurationError.of('repeat', value, '{ cron, timeZone?, until?, count? }');
  }
  checkFields('repeat', value, ['cron', 'timeZone', 'until', 'count']);
  const { cron, until, count, ...given } = value as Record<string, unknown>;
  const fault = patternFault(cron);
  if (fault !== undefined) {
    throw MaintenanceConfigurationError.of(
      'repeat.cron',
      cron,
      `five fields as in "30 2 * * SUN", six with seconds first, or seven with the year last (${fault})`,
    );
  }
  const timeZone = parseTimeZone('repeat.timeZone', given['timeZone'] ?? fallback ?? undefined);
  const pattern = { cron: cron as string, timeZone };
  const first = nextAfter(pattern, start - 1);
  if (first === Infinity) {
    throw MaintenanceConfigurationError.of('repeat.cron', cron, 'a pattern that occurs after "start"');
  }
  const end = until === undefined || until === null ? null : parseUntil(until, first);
  const most = count === undefined || count === null ? null : parseCount(count);
  const last = Math.min(end ?? Infinity, most === null ? Infinity : lastOf(pattern, first, most));
  return { first, repeat: { ...pattern, last: last === Infinity ? null : last, until: end, count: most } };
}

/** @throws MaintenanceConfigurationError for unknown fields */
function checkFields(option: string, value: object, accepted: readonly string[]): void {
  const unknown = Object.keys(value).find((name) => !accepted.includes(name));
  if (unknown !== undefined) {
    throw new MaintenanceConfigurationError(
      `Unknown field "${unknown}" of maintenance option "${option}"; accepted: ${accepted.join(', ')}.`,
      { option },
    );
  }
}

function parseTimeZone(option: string, value: unknown): string {
  if (!isTimeZone(value)) {
    throw MaintenanceConfigurationError.of(
      option,
      value,
      'the IANA name of a time zone, such as "Europe/Berlin"',
    );
  }
  return value;
}

/** Ms since 1970 as if it were UTC; `undefined` for what is no date that exists. */
function parseLocal(value: unknown): number | undefined {
  if (typeof value !== 'string' || !LOCAL.test(value)) {
    return undefined;
  }
  const wall = Date.parse(`${value}Z`);
  return !Number.isNaN(wall) && new Date(wall).toISOString().startsWith(value.slice(0, 16))
    ? wall
    : undefined;
}

function parseUntil(value: unknown, first: number): number {
  if (!(value instanceof Date) || Number.isNaN(value.getTime()) || value.getTime() < first) {
    throw MaintenanceConfigurationError.of(
      'repeat.until',
      value,
      `a Date that is not before the first occurrence (${new Date(first).toISOString()})`,
    );
  }
  return value.getTime();
}

function parseCount(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 1 || (value as number) > MOST_REPETITIONS) {
    throw MaintenanceConfigurationError.of(
      'repeat.count',
      value,
      `a whole number from 1 to ${MOST_REPETITIONS}`,
    );
  }
  return value as number;
}

function lastOf(pattern: Pick<RepeatRecord, 'cron' | 'timeZone'>, first: number, count: number): number {
  let last = first;
  for (let seen = 1; seen < count && last !== Infinity; seen++) {
    last = nextAfter(pattern, last);
  }
  return last;
}
