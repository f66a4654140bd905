import { isDeepStrictEqual } from 'node:util';
import { MaintenanceConfigurationError } from '../errors/errors.js';
import { HOUR } from '../keys/durations.js';
import { reopenOverOption, textOption } from '../service/call-options.js';
import type { MaintenanceText } from '../texts/maintenance-text.js';
import { visitorTextOption } from '../texts/text-option.js';
import { isPending, occurrenceStarting } from './occurrences.js';
import { findOwnOverlap } from './overlaps.js';
import { checkLast, parseMoment, parseRepeat } from './parse-times.js';
import type { RepeatRecord } from './repeat.js';
import type { MaintenanceWindowOptions } from './window-options.js';
import type { WindowRecord } from './window-record.js';

/** The longest announcement: nobody wants a banner for longer than a year. */
const LONGEST_ANNOUNCEMENT = 366 * 24 * HOUR;

/**
 * A window in the form in which it is recorded.
 * @param before what it was; fields that are not given stay as they are
 * @param now epoch ms by the store's clock
 * @throws MaintenanceConfigurationError
 */
export function planWindow(
  options: Partial<MaintenanceWindowOptions>,
  id: string,
  now: number,
  before?: WindowRecord,
): WindowRecord {
  const { start, timeZone, duration, repeat } = planTimes(options, before);
  const said = (option: 'announcement' | 'message'): MaintenanceText | null =>
    options[option] === undefined && before ? before[option] : visitorTextOption(option, options[option]);
  const window: WindowRecord = {
    ...before,
    id,
    revision: (before?.revision ?? 0) + 1,
    start,
    duration,
    timeZone,
    repeat,
    announce: options.announce === undefined && before ? before.announce : parseAnnounce(options.announce),
    readOnly: parseReadOnly(
      options.readOnly === undefined ? (before?.readOnly ?? 0) : options.readOnly,
      duration,
    ),
    reopenOver: reopenOverOption(options.reopenOver) ?? before?.reopenOver ?? 0,
    announcement: said('announcement'),
    message: said('message'),
    reason: options.reason === undefined && before ? before.reason : textOption('reason', options.reason),
    actor: textOption('actor', options.actor),
    ended: [],
    planned: Math.floor(now),
  };
  checkTimes(window, options, now);
  const ended = (before?.ended ?? []).filter(([begun]) => occurrenceStarting(window, begun));
  const { planned } = before && hasTimesOf(before, window) ? before : window;
  return { ...window, ended, ...(planned !== undefined && { planned }) };
}

const hasTimesOf = (before: WindowRecord, { start, duration, repeat, reopenOver }: WindowRecord): boolean =>
  isDeepStrictEqual(
    [before.start, before.duration, before.repeat, before.reopenOver],
    [start, duration, repeat, reopenOver],
  );

type Times = Pick<WindowRecord, 'start' | 'timeZone' | 'duration' | 'repeat'>;

function planTimes(options: Partial<MaintenanceWindowOptions>, before: WindowRecord | undefined): Times {
  const given =
    options.start === undefined && before
      ? { instant: before.start, timeZone: before.timeZone }
      : parseMoment('start', options.start);
  const duration = parseLength(options, given.instant, before);
  const { timeZone } = given;
  const repeats = options.repeat === undefined ? before?.repeat && asOption(before.repeat) : options.repeat;
  if (repeats === undefined || repeats === null) {
    return { start: given.instant, timeZone, duration, repeat: null };
  }
  const { first, repeat } = parseRepeat(repeats, given.instant, timeZone);
  return { start: first, timeZone, duration, repeat };
}

const asOption = ({ cron, timeZone, until, count }: RepeatRecord): object => ({
  cron,
  timeZone,
  ...(until !== null && { until: new Date(until) }),
  ...(count !== null && { count }),
});

function parseLength(
  { start, end, duration, repeat }: Partial<MaintenanceWindowOptions>,
  begin: number,
  before: WindowRecord | undefined,
): number {
  if ((end ?? undefined) !== undefined && (duration ?? undefined) !== undefined) {
    throw new MaintenanceConfigurationError('Both "end" and "duration" were given; accepted: one of them.', {
      option: 'end',
    });
  }
  if (duration !== undefined) {
    if (!Number.isSafeInteger(duration) || duration < 1) {
      throw MaintenanceConfigurationError.of('duration', duration, 'whole milliseconds, at least 1');
    }
    return duration;
  }
  if (end === undefined && before) {
    return before.duration;
  }
  if (end === undefined) {
    throw new MaintenanceConfigurationError(
      'Neither "end" nor "duration" was given; accepted: one of them. A window always ends.',
      { option: 'end' },
    );
  }
  if (before && start === undefined && (repeat ?? before.repeat)) {
    throw new MaintenanceConfigurationError(
      '"end" was given for a window that repeats, without "start"; accepted: "duration", or both.',
      { option: 'end' },
    );
  }
  const { instant } = parseMoment('end', end);
  if (instant <= begin) {
    throw MaintenanceConfigurationError.of(
      'end',
      new Date(instant),
      `later than "start" (${new Date(begin).toISOString()})`,
    );
  }
  return instant - begin;
}

/** Whether a change leaves a window as it is; who made it is no difference. */
export const isSameWindow = (before: WindowRecord, after: WindowRecord): boolean =>
  isDeepStrictEqual({ ...after, revision: before.revision, actor: before.actor }, before);

function checkTimes(window: WindowRecord, options: Partial<MaintenanceWindowOptions>, now: number): void {
  checkLast(window);
  if (!isPending(window, now)) {
    const { option, received } = decisive(window, options);
    throw MaintenanceConfigurationError.of(
      option,
      received,
      `a window that has not ended yet (it is ${new Date(now).toISOString()} by the store's clock)`,
    );
  }
  // before the next occurrence everybody must be back
  const whole = { ...window, duration: window.duration + window.reopenOver };
  const overlap = window.repeat && findOwnOverlap(whole, now);
  if (overlap) {
    const [one, other] = overlap.map((start) => new Date(start).toISOString());
    const most = `at most the time between two occurrences (${one} and ${other})`;
    throw window.reopenOver > 0
      ? MaintenanceConfigurationError.of('duration and reopenOver', whole.duration, `together ${most}`)
      : MaintenanceConfigurationError.of('duration', whole.duration, most);
  }
}

/** Which of the given options made a window be over. */
function decisive(
  window: WindowRecord,
  { start, end, duration }: Partial<MaintenanceWindowOptions>,
): { option: keyof MaintenanceWindowOptions; received: unknown } {
  if (end !== undefined) {
    return { option: 'end', received: new Date(window.start + window.duration) };
  }
  return start === undefined && duration !== undefined
    ? { option: 'duration', received: duration }
    : { option: 'start', received: new Date(window.start) };
}

function parseReadOnly(value: unknown, duration: number): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > duration) {
    throw MaintenanceConfigurationError.of(
      'readOnly',
      value,
      `whole milliseconds from the start, at most the length of the window (${duration})`,
    );
  }
  return value as number;
}

function parseAnnounce(value: unknown): number | null {
  if (value === undefined) {
    return HOUR;
  }
  if (value === false) {
    return null;
  }
  if (!Number.isSafeInteger(value) || (value as number) < 0 || (value as number) > LONGEST_ANNOUNCEMENT) {
    throw MaintenanceConfigurationError.of(
      'announce',
      value,
      'whole milliseconds before the start, at most 366 days, or false',
    );
  }
  return value as number;
}
