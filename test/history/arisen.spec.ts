import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { nextBoundary } from '../../lib/core/document/passing-time.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import { entriesArisen } from '../../lib/core/history/arisen.js';
import { planWindow } from '../../lib/core/windows/window-plan.js';
import { endedAt } from './ended.js';
import { hold, notice, record } from '../state/documents.js';

const DAY = 86_400_000;
const at = (parts: Partial<KeyRecord>, moment = 1_000): KeyRecord => {
  const made = record(parts);
  return { ...made, change: { ...made.change, at: moment } };
};
const told = (key: KeyRecord, to: number, from?: number) =>
  entriesArisen('billing', key, to, from).map(({ event, way, from: was, to: is, at: when }) => [
    event,
    way,
    was,
    is,
    when.getTime(),
  ]);

describe('an event that happens by itself', () => {
  it('is the end of a switch, with its texts, once it has come', () => {
    const key = at({
      switch: notice({ since: 1_000, until: 5_000, message: 'Soon', reason: 'disk', actor: 'ada' }),
    });
    expect(told(key, 4_999)).toEqual([]);
    expect(entriesArisen('billing', key, 5_000)).toEqual([
      expect.objectContaining({
        id: 'billing:end:switch:5000',
        key: 'billing',
        event: 'exiting',
        cause: 'expiry',
        way: 'expiry',
        from: true,
        to: false,
        message: 'Soon',
        reason: 'disk',
        actor: 'ada',
        switched: false,
        at: new Date(5_000),
        until: null,
      }),
    ]);
    expect(entriesArisen('billing', key, 9_000)[0]?.previous).toMatchObject({
      message: 'Soon',
      reason: 'disk',
      switched: true,
      endsAt: new Date(5_000),
    });
  });

  it('is reported once: recorded events are not reported again', () => {
    const key = at({ switch: notice({ until: 5_000 }) });
    expect(told({ ...key, noted: 5_000 }, 9_000)).toEqual([]);
    expect(told({ ...key, noted: 4_999 }, 9_000)).toHaveLength(1);
    expect(told(at({ switch: notice({ until: 5_000 }) }, 6_000), 9_000)).toEqual([]);
  });

  it('is the end of one part while another keeps the key on', () => {
    const key = at({ switch: notice({ until: 5_000 }), holds: [hold({ until: 7_000 })] });
    expect(told(key, 9_000)).toEqual([
      ['changed', 'expiry', true, true, 5_000],
      ['exiting', 'expiry', true, false, 7_000],
    ]);
  });

  it('is work that takes longer than expected, while it lasts', () => {
    const key = at({ holds: [hold({ since: 2_000, expected: 3_000, until: 9_000 })] });
    expect(told(key, 8_000)).toEqual([['overrun', 'expiry', true, true, 5_001]]);
    expect(entriesArisen('billing', key, 8_000)[0]).toMatchObject({
      cause: 'maintain',
      holder: { host: 'here', pid: 1, since: new Date(2_000) },
    });
    expect(told(at({ holds: [hold({ since: 2_000, expected: 9_000, until: 5_000 })] }), 20_000)).toEqual([
      ['exiting', 'expiry', true, false, 5_000],
    ]);
  });

  it('is an announced end that passes while something without an end goes on', () => {
    const holds = [hold({ since: 2_000 })];
    const announced = notice({ since: 1_000, until: 5_000, announced: true });
    expect(told(at({ switch: announced, holds }), 8_000)).toEqual([['overrun', 'expiry', true, true, 5_000]]);
    expect(told(at({ switch: { ...announced, announced: false }, holds }), 8_000)).toEqual([
      ['changed', 'expiry', true, true, 5_000],
    ]);
    const ends = [hold({ since: 2_000, until: 9_000, announced: true })];
    expect(told(at({ switch: announced, holds: ends }), 8_000)).toEqual([
      ['changed', 'expiry', true, true, 5_000],
    ]);
  });

  it('is each occurrence of a window, as often as it came', () => {
    const window = planWindow(
      {
        start: new Date(Date.UTC(2031, 0, 1, 2)),
        duration: 3_600_000,
        repeat: { cron: '0 2 * * *', timeZone: 'UTC' },
        message: 'Every night',
      },
      'nightly',
      Date.UTC(2031, 0, 1),
    );
    const key = at({ windows: [window] }, Date.UTC(2031, 0, 1));
    const first = Date.UTC(2031, 0, 1, 2);
    expect(told(key, Date.UTC(2031, 0, 3))).toEqual([
      ['entering', 'window', false, true, first],
      ['exiting', 'window', true, false, first + 3_600_000],
      ['entering', 'window', false, true, first + DAY],
      ['exiting', 'window', true, false, first + DAY + 3_600_000],
    ]);
    expect(entriesArisen('billing', key, first)[0]).toMatchObject({
      cause: 'window',
      message: 'Every night',
      window: { id: 'nightly', start: new Date(first) },
    });
    // in the middle of one
    expect(told({ ...key, noted: first + 1 }, first + DAY)).toEqual([
      ['exiting', 'window', true, false, first + 3_600_000],
      ['entering', 'window', false, true, first + DAY],
    ]);
    expect(told({ ...key, windows: [endedAt(window, first, first)] }, first + DAY - 1)).toEqual([]);
  });

  it('is the last that a window has done, if nobody has changed its key for years', () => {
    const begun = Date.UTC(2031, 0, 1, 2);
    const window = planWindow(
      { start: new Date(begun), duration: 3_600_000, repeat: { cron: '0 2 * * *', timeZone: 'UTC' } },
      'nightly',
      begun - 1,
    );
    const key = at(
      { windows: [window, { ...window, id: 'once', start: begun + DAY / 2, repeat: null }] },
      begun - 1,
    );
    for (const years of [1, 2, 30]) {
      const last = begun + years * 365 * DAY;
      const entries = told(key, last + DAY - 1);
      expect(entries).toHaveLength(400);
      expect(entries.slice(-2)).toEqual([
        ['entering', 'window', false, true, last],
        ['exiting', 'window', true, false, last + 3_600_000],
      ]);
      expect(entries[0]).toEqual(['entering', 'window', false, true, last - 199 * DAY]);
      expect(
        entriesArisen('billing', key, last, last - 2 * DAY, 3).map(({ at: when }) => when.getTime()),
      ).toEqual([last - DAY, last - DAY + 3_600_000, last]);
    }
  });

  it('is found without a look at all that has come before', () => {
    const begun = Date.UTC(2031, 0, 1, 2);
    const repeat = { cron: '0 2 * * *', timeZone: 'Europe/Berlin' };
    const window = planWindow({ start: new Date(begun), duration: 3_600_000, repeat }, 'nightly', begun - 1);
    const key = at({ windows: [window] }, begun - 1);
    const now = begun + 900 * DAY;
    const looks = vi.spyOn(Intl.DateTimeFormat.prototype, 'formatToParts');
    onTestFinished(() => looks.mockRestore());
    const looksAt = (moment: number): number => {
      looks.mockClear();
      nextBoundary(key, moment);
      told(key, moment);
      return looks.mock.calls.length;
    };
    looksAt(now);
    // what is on now and what was long ago are both remembered
    for (let day = 1; day < 5; day++) {
      expect(looksAt(now + day * DAY)).toBeLessThan(100);
    }
  });

  it('is a window that ends while the key stays on', () => {
    const start = Date.UTC(2031, 0, 1, 2);
    const window = planWindow({ start: new Date(start), duration: 1_000 }, 'once', start - 1_000);
    const key = at({ windows: [window], switch: notice({ since: start - 500 }) }, start - 500);
    expect(told(key, start + 5_000)).toEqual([
      ['changed', 'window', true, true, start],
      ['overrun', 'window', true, true, start + 1_000],
    ]);
  });
});
