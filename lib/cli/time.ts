import ms, { type StringValue } from 'ms';
import { usage } from './exit.js';

const PART = /(\d+(?:\.\d+)?)\s*([a-z]+)\s*/gi;
const ISO_DURATION = /^P(?=.)(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/i;
const CLOCK = /^([01]?\d|2[0-3]):([0-5]\d)$/;
const WITH_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?$/i;
const EXAMPLES = 'for example 30s, 10m, 2h, 1h30m, 1d or PT30M';

/**
 * A length of time as people write it, in milliseconds.
 * @param what it is, for the error
 */
export function parseDuration(text: string, what: string): number {
  const length = lengthOf(text);
  if (length === undefined || !Number.isSafeInteger(Math.round(length))) {
    const hint = /^\d+$/.test(text.trim()) ? ` (no unit; write ${text.trim()}s or ${text.trim()}m)` : '';
    throw usage(`${what}: ${JSON.stringify(text)} is not a duration${hint}; accepted: ${EXAMPLES}.`);
  }
  return Math.round(length);
}

/** The same, or `false` for words such as "none". */
export const parseWait = (text: string, what: string): number | false =>
  /^(no|none|off|false)$/i.test(text) ? false : parseDuration(text, what);

/**
 * A duration of more than 0.
 * @param accepted for the error
 */
export function parseLength(text: string, what: string, accepted = EXAMPLES): number {
  const length = parseDuration(text, what);
  if (length === 0) {
    throw usage(`${what}: 0 is not a duration; accepted: ${accepted}.`);
  }
  return length;
}

/** Milliseconds since midnight of `02:30`; `undefined` if it is not a time of day. */
export function clockOf(text: string): number | undefined {
  const [, hours, minutes] = CLOCK.exec(text) ?? [];
  return hours === undefined ? undefined : (Number(hours) * 60 + Number(minutes)) * 60_000;
}

/** An ISO 8601 moment, which may be in the past. */
export function parseInstant(text: string, what: string): Date {
  const moment = isoInstant(text);
  if (!moment) {
    throw usage(
      `${what}: ${JSON.stringify(text)} is not a date and time; accepted: 2027-03-28T14:30 or 2027-03-28T14:30+02:00.`,
    );
  }
  return moment;
}

/**
 * A moment as people write it: `14:30` is the next half past two of this machine, anything longer is ISO 8601.
 * @param now epoch ms; what is not after it is `early`
 */
export function parseMoment(text: string, what: string, now = Date.now(), early = 'in the past'): Date {
  const clock = clockOf(text);
  if (clock !== undefined) {
    const moment = new Date(now);
    moment.setHours(0, clock / 60_000, 0, 0);
    if (moment.getTime() <= now) {
      moment.setDate(moment.getDate() + 1);
    }
    return moment;
  }
  const moment = isoInstant(text);
  if (!moment) {
    throw usage(
      `${what}: ${JSON.stringify(text)} is not a time; accepted: 14:30 (today or tomorrow, by the clock of this machine), ` +
        '2027-03-28T14:30 or 2027-03-28T14:30+02:00.',
    );
  }
  if (moment.getTime() <= now) {
    throw usage(`${what}: ${moment.toISOString()} is ${early}.`);
  }
  return moment;
}

/** The end of something as options or words say it: `--for 30m`, `--until 14:30`, or as words `30m`, `until 14:30` or a date and time. */
export function parseEndWords(
  words: readonly string[],
  options: { readonly for?: string; readonly until?: string },
): { readonly for?: string; readonly until?: string } {
  const [first, ...others] = words;
  const text = words.join(' ');
  const moment = /^until$/i.test(first ?? '') ? others.join(' ') : WITH_TIME.test(text) ? text : undefined;
  const said = first === undefined ? {} : moment === undefined ? { for: text } : { until: moment };
  const given = [options.for, options.until, said.for, said.until].filter((value) => value !== undefined);
  if (given.length > 1) {
    throw usage(
      'The end was given more than once; accepted: one of --for, --until, or words such as "30m" or "until 14:30".',
    );
  }
  return { for: options.for ?? said.for, until: options.until ?? said.until };
}

/** Whether words are an end, such as `30m` or `until 14:30`, and do not begin with the name of a key, which may be `2fa`. */
export function isEnd([first = '', ...others]: readonly string[]): boolean {
  const words = [first, ...others].join(' ');
  // without its unit it is a mistake, and no key
  return /^(until|\d+)$/i.test(first) || WITH_TIME.test(words) || lengthOf(words) !== undefined;
}

/** The end of maintenance that begins now; empty if none is given. */
export function parseEnd(
  words: readonly string[],
  options: { readonly for?: string; readonly until?: string },
): { timeout?: number; until?: Date } {
  const { for: length, until } = parseEndWords(words, options);
  if (length !== undefined) {
    return {
      timeout: /^(for ?)?ever$/i.test(length) ? 0 : parseLength(length, 'how long', '"ever" for no end'),
    };
  }
  return until === undefined ? {} : { until: parseMoment(until, 'until') };
}

/** `undefined` for what is no date and time, and for a day that its month does not have. */
function isoInstant(text: string): Date | undefined {
  const moment = new Date(WITH_TIME.test(text) ? text.replace(' ', 'T') : Number.NaN);
  const day = text.slice(0, 10);
  return !Number.isNaN(moment.getTime()) && new Date(`${day}T00:00Z`).toISOString().startsWith(day)
    ? moment
    : undefined;
}

const lengthOf = (text: string): number | undefined => isoDuration(text) ?? plainDuration(text);

function plainDuration(text: string): number | undefined {
  let rest = text.trim();
  let sum = 0;
  for (const [part, count, unit] of text.trim().matchAll(PART)) {
    const length = ms(`${count}${unit}` as StringValue) as number | undefined;
    if (length === undefined || !rest.startsWith(part)) {
      return undefined;
    }
    sum += length;
    rest = rest.slice(part.length);
  }
  return rest === '' && text.trim() !== '' ? sum : undefined;
}

function isoDuration(text: string): number | undefined {
  const found = ISO_DURATION.exec(text.trim());
  if (!found) {
    return undefined;
  }
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found
    .slice(1)
    .map((part) => Number(part ?? 0));
  return ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1_000;
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

/** A length of time as {@link parseDuration} reads it. */
export function formatDuration(length: number): string {
  let left = Math.round(length);
  const parts = UNITS.map(([unit, size]) => {
    const count = Math.floor(left / size);
    left %= size;
    return count === 0 ? '' : `${count}${unit}`;
  });
  return parts.join('') || '0s';
}

/** An approximate duration, in at most two units: "2h" would be wrong for 91 minutes. */
export function formatRoughly(length: number): string {
  const [, finest] = (
    [
      [86_400_000, 3_600_000],
      [3_600_000, 60_000],
      [1_000, 1_000],
    ] as const
  ).find(([size]) => length >= size) ?? [0, 1];
  return formatDuration(Math.round(length / finest) * finest);
}

/** A moment for people, by the clock of this machine: `2027-03-28 14:30 +02:00`. */
export function formatMoment(moment: Date | string): string {
  const date = new Date(moment);
  const offset = -date.getTimezoneOffset();
  const two = (value: number): string => String(Math.trunc(Math.abs(value))).padStart(2, '0');
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  const zone = offset === 0 ? 'UTC' : `${offset < 0 ? '-' : '+'}${two(offset / 60)}:${two(offset % 60)}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())} ${zone}`;
}
