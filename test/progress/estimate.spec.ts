import { assert, integer, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeProgress } from '../../lib/core/progress/describe-progress.js';
import { estimateValue, LengthEstimate } from '../../lib/core/progress/estimate.js';
import { parseProgress } from '../../lib/core/progress/parse-progress.js';
import { decodeProgress, encodeProgress } from '../../lib/core/progress/progress-record.js';
import { planWindow } from '../../lib/core/windows/window-plan.js';
import { hold, notice } from '../state/documents.js';

describe('an estimate from the expected duration', () => {
  it('grows all the time, is 95 % at the expected end, and never 100 %', () => {
    assert(
      property(
        integer({ min: 1, max: 1e9 }),
        integer({ min: 0, max: 1e10 }),
        integer({ min: 0, max: 1e10 }),
        (expected, one, other) => {
          const [early, late] = [Math.min(one, other), Math.max(one, other)];
          expect(estimateValue(early, expected)).toBeLessThanOrEqual(estimateValue(late, expected));
          expect(estimateValue(late, expected)).toBeLessThanOrEqual(0.99);
        },
      ),
    );
    expect(estimateValue(0, 1_000)).toBe(0);
    expect(estimateValue(-5, 1_000)).toBe(0);
    expect(estimateValue(500, 1_000)).toBeCloseTo(0.475);
    expect(estimateValue(1_000, 1_000)).toBeCloseTo(0.95);
    expect(estimateValue(1_001, 1_000)).toBeCloseTo(0.95);
  });
});

describe('an estimate from reports', () => {
  it('does not jump with a report, and converges to the observed duration', () => {
    const length = new LengthEstimate(100_000);
    // twice as slow as expected
    const after = [0.05, 0.1, 0.2, 0.5, 0.9].map((value) => length.after(value, value * 200_000));
    expect(after[0]).toBeCloseTo(130_000);
    expect(after).toEqual(after.toSorted((a, b) => (a ?? 0) - (b ?? 0)));
    expect(after.at(-1)).toBeGreaterThan(195_000);
    expect(after.at(-1)).toBeLessThanOrEqual(200_000);
  });

  it('is absent if nothing is known', () => {
    expect(new LengthEstimate(undefined).after(0, 5_000)).toBeNull();
    expect(new LengthEstimate(undefined).after(0.5, 5_000)).toBe(10_000);
    expect(new LengthEstimate(8_000).after(0, 5_000)).toBe(8_000);
    // work that has only just begun, perhaps where it left off: its speed is unknown
    expect(new LengthEstimate(undefined).after(0.4, 1)).toBeNull();
    expect(new LengthEstimate(8_000).after(0.4, 1)).toBe(8_000);
  });
});

describe('a report', () => {
  it.each<[unknown, object]>([
    [0.4, { value: 0.4, done: null, total: null }],
    [
      { done: 3, total: 12 },
      { value: 0.25, done: 3, total: 12 },
    ],
    [
      { done: 15, total: 12 },
      { value: 1, done: 15, total: 12 },
    ],
    [{ done: 0, total: 0 }, { value: 1 }],
    [{ percent: 40 }, { value: 0.4, done: null }],
  ])('may be %j', (given, read) => {
    expect(parseProgress(given as never)).toMatchObject({ ...read, step: null, public: false });
  });

  it.each<[string, unknown, object, string]>([
    [
      'a percentage instead of a fraction',
      40,
      {},
      '"progress" received 40; accepted: a fraction from 0 to 1',
    ],
    ['negative', -0.1, {}, '"progress"'],
    ['not a number', Number.NaN, {}, '"progress"'],
    ['text', '40 %', {}, '"progress"'],
    ['nothing', undefined, {}, '"progress"'],
    ['half of it', { done: 3 }, {}, '"progress" received { done: 3 }; accepted'],
    ['endless', { done: 1, total: Infinity }, {}, '"progress"'],
    ['two values at once', { done: 3, total: 5, percent: 60 }, {}, '"progress"'],
    ['an unknown form', { fraction: 0.4 }, {}, '"progress"'],
    ['a percentage above 100', { percent: 101 }, {}, '"progress" received { percent: 101 }; accepted'],
    ['with an invalid step', 0.4, { step: 5 }, '"step"'],
    ['with an invalid time', 0.4, { remaining: -1 }, '"remaining"'],
    ['with an invalid "public"', 0.4, { public: 'yes' }, '"public"'],
    ['with an unknown option', 0.4, { steps: 'x' }, 'Unknown option "steps" of progress()'],
  ])('must not be %s', (_what, given, options, why) => {
    expect(() => parseProgress(given as never, options as never)).toThrow(why);
  });

  it('is stored completely; an unreadable one is ignored', () => {
    const record = {
      value: 0.4,
      done: 4,
      total: 10,
      step: { '': 'Prices', de: 'Preise' },
      end: 9_000,
      public: true,
      at: 1_000,
    };
    expect(decodeProgress(encodeProgress(record))).toEqual(record);
    expect(decodeProgress(encodeProgress({ ...record, step: null, end: null }))).toMatchObject({
      step: null,
    });
    for (const text of ['', 'x', '{}', '[]', 'null', '{"value":"1"}', '{"value":0.1,"message":5}']) {
      expect(decodeProgress(text), text).toBeUndefined();
    }
  });
});

describe('the progress shown', () => {
  const nothing = { switch: null, holds: [] };
  const report = { value: 1, done: null, total: null, step: 'Prices', end: 5_000, public: true, at: 1_500 };

  it('is never 100 % before the end, and never shows negative time left', () => {
    const job = hold({ since: 1_000 });
    expect(describeProgress(job, report, nothing, 2_000)).toMatchObject({
      value: 0.99,
      step: 'Prices',
      remaining: 3_000,
      overrun: false,
      public: true,
    });
    expect(describeProgress(job, report, nothing, 6_000)).toMatchObject({ value: 0.99, remaining: null });
    expect(describeProgress(job, undefined, nothing, 6_000)).toBeUndefined();
  });

  it('is late after the expected duration', () => {
    const job = hold({ since: 1_000, expected: 2_000 });
    expect(describeProgress(job, undefined, nothing, 2_000)).toMatchObject({
      value: 0.475,
      remaining: 1_000,
      overrun: false,
      public: false,
    });
    expect(describeProgress(job, undefined, nothing, 3_001)).toMatchObject({
      overrun: true,
      remaining: null,
    });
    expect(describeProgress(job, report, nothing, 3_001)).toMatchObject({ overrun: true, remaining: 1_999 });
  });

  it('is late after an announced end', () => {
    const job = hold({ since: 1_000 });
    const on = notice({ since: 500, until: 3_000, announced: true });
    const late = (key: object, now: number) =>
      describeProgress(job, report, { ...nothing, ...key }, now)?.overrun;
    expect(late({ switch: on }, 2_999)).toBe(false);
    expect(late({ switch: on }, 3_000)).toBe(true);
    expect(late({ switch: { ...on, announced: false } }, 3_000)).toBe(false);
    const window = planWindow({ start: new Date(500), duration: 1_500 }, 'w', 0);
    expect(late({ windows: [window] }, 1_999)).toBe(false);
    expect(late({ windows: [window] }, 2_000)).toBe(true);
  });
});
