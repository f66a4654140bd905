import { describe, expect, it } from 'vitest';
import { nextAfter } from '../../lib/core/windows/repeat.js';
import { instantOf, isTimeZone, wallClock } from '../../lib/core/windows/time-zone.js';

// values of Python's zoneinfo: datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(utc)
const TABLE: Record<string, Record<string, string>> = {
  'Europe/Berlin': {
    '2027-03-28T01:59': '2027-03-28T00:59:00.000Z',
    '2027-03-28T02:00': '2027-03-28T01:00:00.000Z',
    '2027-03-28T02:30': '2027-03-28T01:30:00.000Z',
    '2027-03-28T03:00': '2027-03-28T01:00:00.000Z',
    '2027-10-31T01:59': '2027-10-30T23:59:00.000Z',
    '2027-10-31T02:00': '2027-10-31T00:00:00.000Z',
    '2027-10-31T02:30': '2027-10-31T00:30:00.000Z',
    '2027-10-31T03:00': '2027-10-31T02:00:00.000Z',
  },
  'America/New_York': {
    '2027-03-14T01:59': '2027-03-14T06:59:00.000Z',
    '2027-03-14T02:00': '2027-03-14T07:00:00.000Z',
    '2027-03-14T02:30': '2027-03-14T07:30:00.000Z',
    '2027-03-14T03:00': '2027-03-14T07:00:00.000Z',
    '2027-11-07T00:59': '2027-11-07T04:59:00.000Z',
    '2027-11-07T01:00': '2027-11-07T05:00:00.000Z',
    '2027-11-07T01:30': '2027-11-07T05:30:00.000Z',
    '2027-11-07T02:00': '2027-11-07T07:00:00.000Z',
  },
  'Australia/Lord_Howe': {
    '2027-10-03T01:59': '2027-10-02T15:29:00.000Z',
    '2027-10-03T02:00': '2027-10-02T15:30:00.000Z',
    '2027-10-03T02:15': '2027-10-02T15:45:00.000Z',
    '2027-10-03T02:30': '2027-10-02T15:30:00.000Z',
    '2027-04-04T01:29': '2027-04-03T14:29:00.000Z',
    '2027-04-04T01:30': '2027-04-03T14:30:00.000Z',
    '2027-04-04T01:45': '2027-04-03T14:45:00.000Z',
    '2027-04-04T02:00': '2027-04-03T15:30:00.000Z',
  },
  'Asia/Kathmandu': {
    '1985-12-31T23:59': '1985-12-31T18:29:00.000Z',
    '1986-01-01T00:00': '1985-12-31T18:30:00.000Z',
    '1986-01-01T00:10': '1985-12-31T18:40:00.000Z',
    '1986-01-01T00:15': '1985-12-31T18:30:00.000Z',
    '2027-03-28T02:30': '2027-03-27T20:45:00.000Z',
    '2027-10-31T02:30': '2027-10-30T20:45:00.000Z',
  },
  'Pacific/Apia': {
    '2011-12-29T23:59': '2011-12-30T09:59:00.000Z',
    '2011-12-30T00:00': '2011-12-30T10:00:00.000Z',
    '2011-12-30T12:00': '2011-12-30T22:00:00.000Z',
    '2011-12-31T00:00': '2011-12-30T10:00:00.000Z',
    '2021-04-04T02:59': '2021-04-03T12:59:00.000Z',
    '2021-04-04T03:00': '2021-04-03T13:00:00.000Z',
    '2021-04-04T03:30': '2021-04-03T13:30:00.000Z',
    '2021-04-04T04:00': '2021-04-03T15:00:00.000Z',
    '2020-09-27T02:59': '2020-09-26T13:59:00.000Z',
    '2020-09-27T03:00': '2020-09-26T14:00:00.000Z',
    '2020-09-27T03:30': '2020-09-26T14:30:00.000Z',
    '2020-09-27T04:00': '2020-09-26T14:00:00.000Z',
    '2027-03-28T02:30': '2027-03-27T13:30:00.000Z',
  },
};

// the same of one local time on days in a row
const DAILY: readonly [cron: string, timeZone: string, expected: readonly string[]][] = [
  [
    '30 2 * * *',
    'Europe/Berlin',
    ['2027-03-27T01:30Z', '2027-03-28T01:30Z', '2027-03-29T00:30Z', '2027-03-30T00:30Z'],
  ],
  [
    '30 2 * * *',
    'Europe/Berlin',
    ['2027-10-30T00:30Z', '2027-10-31T00:30Z', '2027-11-01T01:30Z', '2027-11-02T01:30Z'],
  ],
  ['30 2 * * *', 'America/New_York', ['2027-03-13T07:30Z', '2027-03-14T07:30Z', '2027-03-15T06:30Z']],
  ['30 1 * * *', 'America/New_York', ['2027-11-06T05:30Z', '2027-11-07T05:30Z', '2027-11-08T06:30Z']],
  ['15 2 * * *', 'Australia/Lord_Howe', ['2027-10-01T15:45Z', '2027-10-02T15:45Z', '2027-10-03T15:15Z']],
  ['45 1 * * *', 'Australia/Lord_Howe', ['2027-04-02T14:45Z', '2027-04-03T14:45Z', '2027-04-04T15:15Z']],
  ['10 0 * * *', 'Asia/Kathmandu', ['1985-12-30T18:40Z', '1985-12-31T18:40Z', '1986-01-01T18:25Z']],
  [
    '0 12 * * *',
    'Pacific/Apia',
    ['2011-12-28T22:00Z', '2011-12-29T22:00Z', '2011-12-30T22:00Z', '2011-12-30T22:00Z', '2011-12-31T22:00Z'],
  ],
  ['30 3 * * *', 'Pacific/Apia', ['2020-09-25T14:30Z', '2020-09-26T14:30Z', '2020-09-27T13:30Z']],
];

const wall = (at: string): number => Date.parse(`${at}Z`);
const iso = (instant: number): string => new Date(instant).toISOString();

describe.each(Object.entries(TABLE))('local times in %s', (timeZone, times) => {
  it.each(Object.entries(times))('%s is %s', (at, expected) => {
    expect(iso(instantOf(wall(at), timeZone))).toBe(expected);
  });

  it('match the clocks, except for times that do not exist', () => {
    for (const [at, expected] of Object.entries(times)) {
      const shown = wallClock(Date.parse(expected), timeZone);
      const moved = shown - wall(at);
      expect([at, moved >= 0 && moved <= 24 * 3_600_000]).toEqual([at, true]);
    }
  });
});

describe('patterns', () => {
  it.each(DAILY)(
    '%s in %s occurs at these moments, around a change of clocks',
    (cron, timeZone, expected) => {
      const pattern = { cron, timeZone };
      const found: string[] = [];
      let moment = Date.parse(expected[0]!) - 1;
      // where two local times are one moment, it comes once
      for (let seen = 0; seen < new Set(expected).size; seen++) {
        moment = nextAfter(pattern, moment);
        found.push(iso(moment));
      }
      expect(found).toEqual([...new Set(expected)].map((at) => iso(Date.parse(at))));
    },
  );

  it('finds the same in any order of queries', () => {
    const pattern = { cron: '7,37 * * * *', timeZone: 'Australia/Lord_Howe' };
    const moments: number[] = [];
    let moment = Date.parse('2027-10-02T10:00:00Z');
    const begin = moment;
    for (let seen = 0; seen < 40; seen++) moments.push((moment = nextAfter(pattern, moment)));
    expect(moments).toEqual(moments.toSorted((a, b) => a - b));
    const other = { ...pattern, cron: '7,37 */1 * * *' };
    for (let step = 0; step < 200; step++) {
      // 200 questions in an order that jumps to and fro
      const asked = begin + ((step * 7_919) % 200) * 5 * 60_000;
      expect(nextAfter(other, asked)).toBe(
        moments.find((found) => found > asked) ?? nextAfter(pattern, asked),
      );
    }
  });

  it('occur once if clocks show a time twice, and move forward what they skip', () => {
    const every15 = { cron: '*/15 * * * *', timeZone: 'Europe/Berlin' };
    const from = (start: string, count: number): string[] => {
      const found: string[] = [];
      let moment = Date.parse(start);
      for (let seen = 0; seen < count; seen++)
        found.push(iso((moment = nextAfter(every15, moment))).slice(11, 16));
      return found;
    };
    expect(from('2027-03-28T00:30:00Z', 5)).toEqual(['00:45', '01:00', '01:15', '01:30', '01:45']);
    expect(from('2027-10-31T00:30:00Z', 3)).toEqual(['00:45', '02:00', '02:15']);
  });
});

it('only IANA names of time zones are accepted', () => {
  expect(['Europe/Berlin', 'UTC', 'Asia/Kathmandu', 'Etc/GMT+5'].map(isTimeZone)).toEqual([
    true,
    true,
    true,
    true,
  ]);
  expect(['Mars/Olympus', '', '+02:00', 'a'.repeat(65), 7, null].map(isTimeZone)).not.toContain(true);
});
