/** Ms around a moment in which the clocks of a zone are examined: no zone has skipped or repeated more than a day. */
const AROUND = 25 * 3_600_000;
/** How many zones are cached; each costs some 30 kB. */
const REMEMBERED = 100;

const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether it is an IANA name that this process knows. */
export function isTimeZone(name: unknown): name is string {
  if (typeof name !== 'string' || !/^[A-Za-z][\w+\-/]{0,63}$/.test(name)) {
    return false;
  }
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/**
 * What the clocks of a zone show, as ms since 1970 as if it were UTC.
 * @param instant epoch ms
 */
export function wallClock(instant: number, timeZone: string): number {
  const parts: Record<string, number> = {};
  for (const { type, value } of formatOf(timeZone).formatToParts(instant)) {
    parts[type] = Number(value);
  }
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((instant % 1000) + 1000) % 1000);
}

/** By how much the clocks of a zone are ahead of UTC, in ms. */
export const zoneOffset = (instant: number, timeZone: string): number =>
  wallClock(instant, timeZone) - instant;

/**
 * The moment at which the clocks of a zone show that. A time that does not exist, because clocks went forward, moves forward by
 * the same amount; a time that exists twice is the first of the two (RFC 5545, 3.3.5).
 * @param wall ms since 1970 as if it were UTC
 */
export function instantOf(wall: number, timeZone: string): number {
  const before = zoneOffset(wall - AROUND, timeZone);
  const after = zoneOffset(wall + AROUND, timeZone);
  const fitting = [wall - before, wall - after].filter((instant) => wallClock(instant, timeZone) === wall);
  return fitting.length > 0 ? Math.min(...fitting) : wall - before;
}

/** By how much clocks went forward in the last day, in ms: local times in between have moved. */
export const skippedBefore = (instant: number, timeZone: string): number =>
  Math.max(0, zoneOffset(instant, timeZone) - zoneOffset(instant - AROUND, timeZone));

function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      calendar: 'gregory',
      numberingSystem: 'latn',
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    });
    if (formats.size >= REMEMBERED) {
      formats.delete(formats.keys().next().value ?? '');
    }
    formats.set(timeZone, format);
  }
  return format;
}
