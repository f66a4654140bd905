import { describe, expect, it } from 'vitest';
import { describeRecord } from '../../lib/core/document/describe-record.js';
import { MaintenanceConflictError } from '../../lib/core/errors/errors.js';
import { DAY, HOUR, MINUTE, WEEK } from '../../lib/core/keys/durations.js';
import {
  announcedOccurrences,
  nextTurn,
  occurrenceAfter,
  occurrenceAt,
  pruneWindows,
} from '../../lib/core/windows/occurrences.js';
import { firstWithin, toWindow } from '../../lib/core/windows/maintenance-window.js';
import {
  MOST_WINDOWS,
  withoutCurrent,
  withoutOccurrence,
  withoutWindow,
  withWindow,
} from '../../lib/core/windows/window-edits.js';
import { nextAfter } from '../../lib/core/windows/repeat.js';
import type { MaintenanceWindowOptions } from '../../lib/core/windows/window-options.js';
import { planWindow } from '../../lib/core/windows/window-plan.js';
import { readWindow, type WindowRecord } from '../../lib/core/windows/window-record.js';
import { record } from '../state/documents.js';

const NOW = Date.parse('2027-03-01T00:00:00Z');
const at = (text: string): number => Date.parse(text);
const date = (text: string): Date => new Date(text);
const iso = (instant: number | undefined): string | undefined =>
  instant === undefined || instant === Infinity ? undefined : new Date(instant).toISOString().slice(0, 16);

const BERLIN = { at: '2027-03-28T02:30', timeZone: 'Europe/Berlin' };
const SUNDAYS = { cron: '30 2 * * SUN', timeZone: 'Europe/Berlin' };
const plan = (options: Partial<MaintenanceWindowOptions>, id = 'w'): WindowRecord =>
  planWindow({ start: BERLIN, duration: HOUR, ...options } as MaintenanceWindowOptions, id, NOW);
const starts = (window: WindowRecord, from = NOW, count = 10): (string | undefined)[] => {
  const found = [];
  let next = occurrenceAfter(window, from);
  for (; next && found.length < count; next = occurrenceAfter(window, next.start))
    found.push(iso(next.start));
  return found;
};

describe('a window that is on once', () => {
  it('is over, and everybody is back, before the last instant that there is', () => {
    const end = new Date(8.64e15);
    const longest = plan({ duration: undefined, end } as object);
    expect(longest.start + longest.duration).toBe(8.64e15);
    expect(() => plan({ duration: undefined, end, reopenOver: HOUR } as object)).toThrow(
      /^Maintenance option "duration and reopenOver" received \d+; accepted: together at most \d+ milliseconds/,
    );
    const change = (changes: Partial<MaintenanceWindowOptions>) => planWindow(changes, 'w', NOW, longest);
    expect(() => change({ reopenOver: 1 })).toThrow(/at most \d+ milliseconds/);
    expect(() => change({ start: new Date(longest.start + 1) })).toThrow(
      /"duration" received .* at most \d+ milli/,
    );
    expect(change({ start: new Date(longest.start - HOUR), reopenOver: HOUR })).toMatchObject({
      reopenOver: HOUR,
    });
  });

  it('is on from its start to its end', () => {
    const window = plan({});
    expect(iso(window.start)).toBe('2027-03-28T01:30');
    const states = ['01:29:59.999', '01:30:00.000', '02:29:59.999', '02:30:00.000'].map(
      (time) => occurrenceAt(window, at(`2027-03-28T${time}Z`)) !== undefined,
    );
    expect(states).toEqual([false, true, true, false]);
    expect(starts(window)).toEqual(['2027-03-28T01:30']);
    expect(starts(window, window.start)).toEqual([]);
  });

  it('lasts for its elapsed time, whatever clocks show', () => {
    // from 01:30 to 04:30 by the clocks of that night are two hours
    const window = planWindow(
      {
        start: { at: '2027-03-28T01:30', timeZone: 'Europe/Berlin' },
        end: { at: '2027-03-28T04:30', timeZone: 'Europe/Berlin' },
      },
      'w',
      NOW,
    );
    expect(window.duration).toBe(2 * HOUR);
    expect(plan({ duration: 24 * HOUR }).duration).toBe(DAY);
  });

  it('is announced one hour before, as configured, or never', () => {
    const announcedAt = (announce?: number | false): (string | undefined)[] => {
      const window = plan(announce === undefined ? {} : { announce });
      return [-2 * HOUR, -HOUR, -1, 0].map((shift) =>
        iso(announcedOccurrences([window], window.start + shift)[0]?.start),
      );
    };
    const start = '2027-03-28T01:30';
    expect(announcedAt()).toEqual([undefined, start, start, undefined]);
    expect(announcedAt(DAY)).toEqual([start, start, start, undefined]);
    expect(announcedAt(0)).toEqual([undefined, undefined, undefined, undefined]);
    expect(announcedAt(false)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('has turning points when it is announced, begins and ends', () => {
    const window = plan({ announce: DAY });
    const turns: (string | undefined)[] = [];
    for (let turn = NOW; (turn = nextTurn([window], turn)) !== Infinity;) turns.push(iso(turn));
    expect(turns).toEqual(['2027-03-27T01:30', '2027-03-28T01:30', '2027-03-28T02:30']);
  });
});

describe('a window that repeats', () => {
  it('begins at local times, around the change of clocks', () => {
    expect(starts(plan({ start: date('2027-03-14T00:00:00Z'), repeat: SUNDAYS }), NOW, 4)).toEqual([
      '2027-03-14T01:30',
      '2027-03-21T01:30',
      '2027-03-28T01:30',
      '2027-04-04T00:30',
    ]);
  });

  it('takes the zone of its start where none is given', () => {
    expect(plan({ repeat: { cron: '30 2 * * SUN' } }).repeat?.timeZone).toBe('Europe/Berlin');
    expect(() => plan({ start: date('2027-03-14'), repeat: { cron: '30 2 * * SUN' } })).toThrow(
      'repeat.timeZone',
    );
  });

  it('ends with its last start, by date or number', () => {
    const until = date('2027-04-04T00:30:00Z');
    expect(starts(plan({ repeat: { ...SUNDAYS, until } }))).toEqual(['2027-03-28T01:30', '2027-04-04T00:30']);
    expect(starts(plan({ repeat: { ...SUNDAYS, count: 3 } }))).toHaveLength(3);
    expect(starts(plan({ repeat: { ...SUNDAYS, count: 3, until } }))).toHaveLength(2);
  });

  it('may last until the next begins, and no longer', () => {
    expect(() => plan({ repeat: { cron: '0 3 * * *' }, duration: DAY })).toThrow(
      /"duration" received 86400000; accepted: at most the time between two occurrences/,
    );
    expect(plan({ repeat: { cron: '0 3 * * *' }, duration: 23 * HOUR }).duration).toBe(23 * HOUR);
  });

  it('loses one occurrence, and keeps the others', () => {
    const window = plan({ repeat: SUNDAYS });
    const cancelled = withoutOccurrence(window, at('2027-04-04T00:30:00Z'), NOW)!;
    expect(starts(cancelled, NOW, 3)).toEqual(['2027-03-28T01:30', '2027-04-11T00:30', '2027-04-18T00:30']);
    expect(cancelled.revision).toBe(2);
    expect(withoutOccurrence(cancelled, at('2027-04-04T00:30:00Z'), NOW)).toBeNull();
    expect(withoutOccurrence(cancelled, at('2027-04-05T00:30:00Z'), NOW)).toBeNull();
  });

  it('ends early once, and is on again the next time', () => {
    const window = plan({ repeat: SUNDAYS });
    const during = at('2027-03-28T02:00:00Z');
    const [ended] = withoutCurrent([window], during)!;
    expect([during - 1, during].map((now) => occurrenceAt(ended!, now) !== undefined)).toEqual([true, false]);
    expect(iso(occurrenceAt(ended!, at('2027-04-04T01:00:00Z'))?.start)).toBe('2027-04-04T00:30');
    expect(withoutCurrent([ended!], during)).toBeNull();
  });

  it('loses several occurrences, in any order', () => {
    const cancelled = ['2027-03-28T01:30', '2027-04-18T00:30', '2027-04-04T00:30'];
    const window = cancelled.reduce(
      (before, start) => withoutOccurrence(before, at(`${start}:00Z`), NOW)!,
      plan({ repeat: SUNDAYS }),
    );
    expect(starts(window, NOW, 2)).toEqual(['2027-04-11T00:30', '2027-04-25T00:30']);
    expect(toWindow('key', occurrenceAfter(window, NOW)!, NOW).cancelled).toHaveLength(3);
  });

  it('stays ended until its planned end, even if that is days away, whatever is cancelled meanwhile', () => {
    const window = plan({ repeat: SUNDAYS, duration: 3 * DAY });
    const begun = at('2027-03-28T01:30:00Z');
    const [ended] = withoutCurrent([window], begun + HOUR)!;
    for (const now of [begun + 2 * HOUR, begun + 2 * DAY]) {
      const changed = withoutOccurrence(ended!, at('2027-04-04T00:30:00Z'), now)!;
      expect(occurrenceAt(changed, now)).toBeUndefined();
      expect(starts(changed, now, 1)).toEqual(['2027-04-11T00:30']);
    }
    const longAgo = withoutOccurrence(ended!, at('2027-04-11T00:30:00Z'), begun + WEEK);
    expect(longAgo?.ended).toEqual([[at('2027-04-11T00:30:00Z'), at('2027-04-11T00:30:00Z')]]);
  });

  it('is cancelled as a whole, at once', () => {
    const window = plan({ repeat: SUNDAYS });
    expect(withoutWindow([window], window, NOW)).toEqual([]);
    const during = at('2027-04-04T01:00:00Z');
    const [ended] = withoutWindow([window], window, during);
    expect(occurrenceAt(ended!, during)).toBeUndefined();
    expect(occurrenceAfter(ended!, during)).toBeUndefined();
    expect(pruneWindows([ended!], during + 2 * DAY)).toEqual([]);
  });

  it('never occurs if its zone or pattern is unknown, and breaks nothing', () => {
    const broken = {
      ...plan({ repeat: SUNDAYS }),
      repeat: { ...SUNDAYS, timeZone: 'Mars/Olympus', last: null, until: null, count: null },
    };
    expect(occurrenceAfter(broken, broken.start)).toBeUndefined();
    expect(occurrenceAt(broken, broken.start + MINUTE)).toBeDefined();
  });
});

describe('windows of one key', () => {
  it('must not overlap', () => {
    const one = plan({}, 'one');
    const add = (options: Partial<MaintenanceWindowOptions>) =>
      withWindow('k', [one], plan(options, 'two'), NOW);
    const shifted = (shift: number): Date => new Date(one.start + shift);
    expect(() => add({ start: shifted(30 * MINUTE) })).toThrow(MaintenanceConflictError);
    expect(() => add({ start: shifted(-30 * MINUTE) })).toThrow(
      'The window (2027-03-28T01:00:00.000Z to 2027-03-28T02:00:00.000Z) overlaps window "one" of maintenance key "k" (2027-03-28T01:30:00.000Z to 2027-03-28T02:30:00.000Z)',
    );
    expect(add({ start: shifted(HOUR) })).toHaveLength(2);
    expect(add({ start: shifted(-HOUR) })).toHaveLength(2);
    // far from the first occurrence
    expect(() => add({ start: date('2027-03-02'), repeat: SUNDAYS })).toThrow(MaintenanceConflictError);
    expect(() =>
      add({ start: date('2027-03-02'), repeat: { cron: '0 4 28 * *', timeZone: 'Europe/Berlin' } }),
    ).toThrow(MaintenanceConflictError);
  });

  it('must not overlap however far ahead if one of them does not repeat', () => {
    const far = plan({ start: date('2035-03-04T03:00Z') }, 'one');
    expect(() => withWindow('k', [far], plan({ start: new Date(far.start) }, 'two'), NOW)).toThrow(
      MaintenanceConflictError,
    );
    const sundays = plan({ start: date('2027-03-02'), repeat: SUNDAYS }, 'two');
    const onSunday = plan({ start: new Date(nextAfter(sundays.repeat!, far.start)) }, 'one');
    expect(() => withWindow('k', [sundays], onSunday, NOW)).toThrow(MaintenanceConflictError);
    expect(() => withWindow('k', [onSunday], sundays, NOW)).toThrow(MaintenanceConflictError);
  });

  it('are compared by their patterns, up to a year ahead', () => {
    const sundays = plan({ start: date('2027-03-02'), repeat: SUNDAYS }, 'one');
    const add = (cron: string) =>
      withWindow(
        'k',
        [sundays],
        plan({ start: date('2027-03-02'), repeat: { cron, timeZone: 'Europe/Berlin' } }, 'two'),
        NOW,
      );
    expect(add('30 2 * * MON')).toHaveLength(2);
    // the first of a month is a Sunday in August
    expect(() => add('0 3 1 * *')).toThrow('2027-08-01T01:00:00.000Z');
  });

  it('are compared from when both have begun, however far ahead that is', () => {
    const repeat = { cron: '0 4 * * *', timeZone: 'UTC' };
    const now = plan({ start: date('2027-03-02'), repeat }, 'one');
    const later = plan({ start: date('2031-03-02'), repeat: { ...repeat, cron: '30 4 * * SUN' } }, 'two');
    expect(() => withWindow('k', [now], later, NOW)).toThrow(MaintenanceConflictError);
    expect(() => withWindow('k', [later], now, NOW)).toThrow(MaintenanceConflictError);
    expect(() => plan({ start: date('2031-03-02'), repeat, duration: 25 * HOUR })).toThrow(
      'at most the time between two occurrences (2031-03-02T04:00:00.000Z and 2031-03-03T04:00:00.000Z)',
    );
  });

  it('may take the place of a cancelled occurrence', () => {
    const sundays = plan({ repeat: SUNDAYS }, 'one');
    const start = at('2027-04-04T00:30:00Z');
    const free = withoutOccurrence(sundays, start, NOW)!;
    const other = plan({ start: new Date(start) }, 'two');
    expect(() => withWindow('k', [sundays], other, NOW)).toThrow(MaintenanceConflictError);
    expect(withWindow('k', [free], other, NOW)).toHaveLength(2);
  });

  it(`are at most ${MOST_WINDOWS}, not counting those that are over`, () => {
    const many = Array.from({ length: MOST_WINDOWS }, (_, index) =>
      plan({ start: new Date(NOW + index * DAY), duration: HOUR }, `w${index}`),
    );
    const more = plan({ start: new Date(NOW + 200 * DAY) }, 'more');
    expect(() => withWindow('k', many, more, NOW)).toThrow('has 100 planned windows');
    expect(withWindow('k', many, more, NOW + DAY)).toHaveLength(MOST_WINDOWS + 1);
    expect(withWindow('k', many, { ...many[3]!, message: 'new' }, NOW)[3]?.message).toBe('new');
  });

  it('are forgotten a day after they are over', () => {
    const window = plan({});
    const over = window.start + HOUR;
    expect(pruneWindows([window], over + DAY - 1)).toEqual([window]);
    expect(pruneWindows([window], over + DAY)).toEqual([]);
    const windows = [plan({ repeat: SUNDAYS })];
    expect(pruneWindows(windows, over + 52 * WEEK)).toBe(windows);
  });

  it('are found by the time they are on', () => {
    const window = plan({ repeat: SUNDAYS });
    const found = (from: string, until?: string) =>
      iso(firstWithin(window, at(from), until ? at(until) : Infinity)?.start);
    expect(found('2027-03-01')).toBe('2027-03-28T01:30');
    expect(found('2027-03-01', '2027-03-28')).toBeUndefined();
    expect(found('2027-04-04T01:00:00Z')).toBe('2027-04-04T00:30');
    expect(found('2027-04-04T02:00:00Z')).toBe('2027-04-11T00:30');
  });
});

describe('a window that is changed', () => {
  const before = plan({
    repeat: SUNDAYS,
    announcement: 'soon',
    message: 'text',
    reason: 'why',
    actor: 'ada',
    announce: DAY,
  });
  const change = (changes: Partial<MaintenanceWindowOptions>, of = before) =>
    planWindow(changes, 'w', NOW, of);

  it('keeps fields that are not given, except for the actor', () => {
    expect(change({ message: null })).toEqual({ ...before, revision: 2, message: null, actor: null });
    expect(change({ duration: 2 * HOUR, actor: 'bob' })).toEqual({
      ...before,
      revision: 2,
      duration: 2 * HOUR,
      actor: 'bob',
    });
    expect(change({ repeat: null }).repeat).toBeNull();
  });

  it('keeps occurrences cancelled that still begin at the same moment', () => {
    const start = at('2027-04-04T00:30:00Z');
    const cancelled = withoutOccurrence(before, start, NOW)!;
    expect(change({ duration: 2 * HOUR }, cancelled).ended).toEqual(cancelled.ended);
    expect(change({ repeat: { cron: '30 3 * * SUN' } }, cancelled).ended).toEqual([]);
  });

  it.each(['start', 'end', 'duration', 'announce', 'readOnly', 'reopenOver'])(
    'is not changed by %s: null, which means nothing for it',
    (option) => {
      const before = plan({ readOnly: 1_000, reopenOver: 1_000 });
      const message = new RegExp(`"${option}" received null; accepted: `);
      expect(() => planWindow({ [option]: null }, 'w', NOW, before)).toThrow(message);
    },
  );

  it('goes through the store and back', () => {
    const cancelled = withoutOccurrence(before, at('2027-04-04T00:30:00Z'), NOW)!;
    const stored: unknown = JSON.parse(JSON.stringify({ ...cancelled, later: { version: 'knows this' } }));
    expect(readWindow(stored)).toEqual({ ...cancelled, later: { version: 'knows this' } });
  });
});

describe('wrong windows', () => {
  it.each<[string, object, RegExp]>([
    ['no start', { start: undefined }, /"start" received undefined; accepted: a Date, or \{ at, timeZone \}/],
    [
      'a start that is text',
      { start: '2027-03-28T02:30' },
      /"start" received "2027-03-28T02:30"; accepted: a Date/,
    ],
    ['an invalid date', { start: new Date(NaN) }, /"start" received an invalid Date/],
    ['a local time with an offset', { start: { ...BERLIN, at: '2027-03-28T02:30Z' } }, /"start.at" received/],
    [
      'a day that does not exist',
      { start: { ...BERLIN, at: '2027-02-30T02:30' } },
      /"start.at" received "2027-02-30T02:30"/,
    ],
    ['no time zone', { start: { at: BERLIN.at } }, /"start.timeZone" received undefined/],
    ['a zone that does not exist', { start: { ...BERLIN, timeZone: 'Mars/Olympus' } }, /IANA/],
    ['a misspelt field', { start: { ...BERLIN, timezone: 'UTC' } }, /Unknown field "timezone"/],
    [
      'an end before the start',
      { duration: undefined, end: date('2027-03-28T01:30:00Z') },
      /"end" received .*later than "start"/,
    ],
    [
      'an end in local time that is before the start, which has moved forward',
      { duration: undefined, end: { at: '2027-03-28T03:00', timeZone: 'Europe/Berlin' } },
      /"end" received 2027-03-28T01:00:00.000Z; accepted: later than "start" \(2027-03-28T01:30/,
    ],
    ['both end and duration', { end: date('2027-04-01') }, /Both "end" and "duration"/],
    ['neither', { duration: undefined }, /Neither "end" nor "duration" was given/],
    ['no duration', { duration: 0 }, /"duration" received 0/],
    ['a fraction of a millisecond', { duration: 0.5 }, /"duration" received 0.5/],
    ['a duration that is text', { duration: '1h' }, /"duration" received "1h"/],
    [
      'a duration past the end of time',
      { duration: 8.64e15 },
      /"duration" received .* accepted: at most 86\d{14}/,
    ],
    ['a window in the past', { start: date('2027-02-01'), duration: HOUR }, /has not ended yet/],
    ['an announcement time that is text', { announce: '1h' }, /"announce" received "1h"/],
    ['an announcement years ahead', { announce: 400 * DAY }, /at most 366 days/],
    ['no read-only time', { readOnly: null }, /"readOnly" received null; accepted: whole milliseconds/],
    ['no reopening', { reopenOver: null }, /"reopenOver" received null; accepted: whole milliseconds/],
    ['an invalid pattern', { repeat: { cron: 'sundays' } }, /"repeat.cron" received "sundays".*five fields/],
    [
      'a pattern of eight fields',
      { repeat: { cron: '0 0 3 * * * 2027 1' } },
      /or seven with the year last \(.*[^.]\)\.$/,
    ],
    ['a pattern that never occurs', { repeat: { cron: '0 0 30 2 *' } }, /it never occurs/],
    ['a pattern that is a date', { repeat: { cron: '2027-03-28T02:30:00' } }, /not a cron pattern/],
    ['a repetition that is text', { repeat: 'weekly' }, /"repeat" received "weekly"/],
    ['a misspelt repetition', { repeat: { ...SUNDAYS, times: 3 } }, /Unknown field "times"/],
    ['no repetition', { repeat: { ...SUNDAYS, count: 0 } }, /"repeat.count" received 0/],
    [
      'an end of repetition before the first',
      { repeat: { ...SUNDAYS, until: date('2027-03-01') } },
      /"repeat.until"/,
    ],
    ['an invalid message', { message: 7 }, /"message" received 7/],
    ['an invalid announcement', { announcement: {} }, /"announcement" received an object/],
  ])('%s', (_what, options, message) => {
    expect(() => plan(options)).toThrow(message);
    expect(() => plan(options)).toThrow(expect.objectContaining({ code: 'MAINTENANCE_CONFIGURATION' }));
  });
});

it('a change names the option that made the window be over', () => {
  const before = plan({ start: new Date(NOW - HOUR), duration: 2 * HOUR });
  const change = (options: object) => () => planWindow(options, 'w', NOW, before);
  expect(change({ duration: HOUR / 2 })).toThrow(
    '"duration" received 1800000; accepted: a window that has not',
  );
  expect(change({ end: new Date(NOW - 1) })).toThrow('"end" received 2027');
  expect(change({ start: new Date(NOW - HOUR), duration: HOUR / 2 })).toThrow('"start" received 2027');
});

it('a window of another version with fields unknown here is on at its times, and kept unchanged', () => {
  const stored = {
    id: 'w',
    repeat: { rrule: 'FREQ=DAILY' },
    start: NOW,
    duration: HOUR,
    ended: [],
    announce: 1,
  };
  const parts = record({ windows: [readWindow(stored)] });
  expect(parts.windows).toEqual([stored]);
  const at = (now: number) => describeRecord(parts, now, () => true);
  expect(at(NOW - 1).upcoming).toMatchObject([{ id: 'w', message: null }]);
  expect(at(NOW)).toMatchObject({ value: true, message: null, reason: null, window: { id: 'w' } });
  expect(at(NOW + HOUR).value).toBe(false);
  const occurrence = firstWithin(parts.windows![0]!, NOW, Infinity);
  expect(toWindow('key', occurrence!, NOW)).toMatchObject({ id: 'w', announcement: null, readOnly: 0 });
});
