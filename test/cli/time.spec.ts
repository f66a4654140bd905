import { describe, expect, it } from 'vitest';
import {
  formatDuration,
  formatRoughly,
  parseDuration,
  parseEnd,
  parseMoment,
  parseWait,
} from '../../lib/cli/time.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

describe('a duration', () => {
  it.each([
    ['30s', 30_000],
    ['30m', 30 * MINUTE],
    ['2h', 2 * HOUR],
    ['1h30m', 90 * MINUTE],
    ['1h 30m', 90 * MINUTE],
    ['1.5h', 90 * MINUTE],
    ['500ms', 500],
    ['1d', 24 * HOUR],
    ['2 weeks', 14 * 24 * HOUR],
    ['10 Minutes', 10 * MINUTE],
    ['PT30M', 30 * MINUTE],
    ['P1DT2H', 26 * HOUR],
    ['pt1.5s', 1_500],
  ])('parses %s', (text, length) => expect(parseDuration(text, 'x')).toBe(length));

  it.each([
    [0, '0s'],
    [400, '400ms'],
    [30_400, '30s'],
    [270_400, '4m30s'],
    [91 * MINUTE, '1h31m'],
    [91 * MINUTE + 29_000, '1h31m'],
    [50 * HOUR + 20 * MINUTE, '2d2h'],
  ])('rounds %s ms to %s', (length, text) => expect(formatRoughly(length)).toBe(text));

  it.each([
    '30',
    '',
    ' ',
    '-5m',
    '5 parsecs',
    'm',
    '5m?',
    '1h-30m',
    'P',
    'PT',
    'soon',
    '1e9h',
    '9'.repeat(30) + 'd',
  ])('rejects %j', (text) => {
    expect(() => parseDuration(text, 'how long')).toThrow(/^how long: .*accepted: for example 30s/);
  });

  it('needs a unit', () => expect(() => parseDuration('30', 'x')).toThrow('30s or 30m'));
  it('may be "none" for a wait', () =>
    expect([parseWait('none', 'x'), parseWait('1s', 'x')]).toEqual([false, 1_000]));
  it.each(['1m30s', '1h30m', '1d2h', '30s', '2h', '500ms', '0s'])('formats %s as it is parsed', (text) =>
    expect(formatDuration(parseDuration(text, 'x'))).toBe(text),
  );
});

describe('a point in time', () => {
  const now = new Date('2027-03-28T12:00:00').getTime();

  it('given as a time of day is the next one', () => {
    expect(parseMoment('14:30', 'x', now)).toEqual(new Date('2027-03-28T14:30:00'));
    expect(parseMoment('9:05', 'x', now)).toEqual(new Date('2027-03-29T09:05:00'));
    expect(parseMoment('12:00', 'x', now)).toEqual(new Date('2027-03-29T12:00:00'));
  });

  it.each([
    ['2027-03-28T14:30Z', '2027-03-28T14:30:00.000Z'],
    ['2027-03-28T14:30+02:00', '2027-03-28T12:30:00.000Z'],
    ['2027-03-28 14:30:05Z', '2027-03-28T14:30:05.000Z'],
  ])('parses %s', (text, instant) =>
    expect(parseMoment(text, 'x', Date.parse('2027-01-01T00:00:00Z')).toISOString()).toBe(instant),
  );

  it.each(['25:00', '14:60', '2027-02-30T10:00', 'tomorrow', '', '1', '2027', '03/04/2027 10:00'])(
    'rejects %j',
    (text) =>
      expect(() => parseMoment(text, 'until', now)).toThrow(/^until: .*(is not a time|is in the past)/),
  );

  it.each(['2031-02-30T10:00', '2031-02-30T10:00Z', '2031-04-31 10:00'])(
    'rejects %s, a day that does not exist',
    (text) => expect(() => parseMoment(text, 'until', now)).toThrow('is not a time'),
  );

  it('must not be in the past', () =>
    expect(() => parseMoment('2020-01-01T00:00Z', 'x', now)).toThrow('is in the past'));
});

describe('an end', () => {
  it.each([
    [['30m'], {}, { timeout: 30 * MINUTE }],
    [['1h', '30m'], {}, { timeout: 90 * MINUTE }],
    [['1', 'h'], {}, { timeout: HOUR }],
    [['ever'], {}, { timeout: 0 }],
    [['for', 'ever'], {}, { timeout: 0 }],
    [[], { for: '2h' }, { timeout: 2 * HOUR }],
    [[], {}, {}],
  ])('parses %j with %j', (words, options, end) => expect(parseEnd(words, options)).toEqual(end));

  it('in words may be a point in time', () =>
    expect(parseEnd(['until', '23:59'], {}).until).toBeInstanceOf(Date));
  it.each([[['2099-03-28T14:30+02:00']], [['2099-03-28', '12:30Z']]])(
    'in words may be a date and time without "until": %j',
    (words) => expect(parseEnd(words, {})).toEqual({ until: new Date('2099-03-28T12:30Z') }),
  );
  it('in words must not be a date and time in the past', () =>
    expect(() => parseEnd(['2020-03-28T14:30Z'], {})).toThrow('is in the past'));
  it('must not be given twice', () => {
    expect(() => parseEnd(['2099-03-28T14:30Z'], { for: '1h' })).toThrow('more than once');
    expect(() => parseEnd(['30m'], { until: '14:30' })).toThrow('more than once');
    expect(() => parseEnd([], { for: '1h', until: '14:30' })).toThrow('more than once');
    expect(() => parseEnd(['0s'], {})).toThrow('0 is not a duration');
  });
  it('keeps words apart', () =>
    expect(() => parseEnd(['30', '10m'], {})).toThrow('"30 10m" is not a duration'));
});
