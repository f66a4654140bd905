import { describe, expect, it } from 'vitest';
import { describeRecord } from '../../lib/core/document/describe-record.js';
import { nextBoundary, pruneRecord } from '../../lib/core/document/passing-time.js';
import type { KeyParts, KeyRecord } from '../../lib/core/document/record.js';
import { reopeningAfter, reopeningAt } from '../../lib/core/document/reopenings.js';
import { continued, momentOf } from '../../lib/core/windows/reopening.js';
import { withoutCurrent } from '../../lib/core/windows/window-edits.js';
import { planWindow } from '../../lib/core/windows/window-plan.js';
import { readWindow, type WindowRecord } from '../../lib/core/windows/window-record.js';
import { hold, notice, record } from '../state/documents.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** Whole minutes on this scale, so that rows can be read. */
const at = (minutes: number): number => 1_900_000_000_000 + minutes * MINUTE;
const minutes = (instant: number | undefined) => instant && (instant - at(0)) / MINUTE;

/** From 10 to 20, of which 10 to 13 is read-only; visitors come back from 20 to 30. */
const window = (over: Partial<WindowRecord> = {}): WindowRecord => ({
  id: 'w1',
  revision: 1,
  start: at(10),
  duration: 10 * MINUTE,
  timeZone: null,
  repeat: null,
  announce: 5 * MINUTE,
  announcement: null,
  readOnly: 3 * MINUTE,
  reopenOver: 10 * MINUTE,
  message: null,
  reason: null,
  actor: null,
  ended: [],
  ...over,
});

const phaseAt = (parts: Partial<KeyRecord>, time: number) => {
  const { value, phase } = describeRecord(record(parts), at(time), () => true);
  return phase ?? (value ? 'closed' : 'open');
};
const lineAt = (parts: KeyParts, time: number) => {
  const line = reopeningAt(parts, at(time));
  return line && [minutes(line.from), minutes(line.until)];
};

describe('the phases of a window', () => {
  it('follow one another by the clock alone, and each beginning is waited for', () => {
    const parts = record({ windows: [window()] });
    const times = [4, 5, 9.99, 10, 12.99, 13, 19.99, 20, 29.99, 30];
    expect(times.map((time) => phaseAt(parts, time))).toEqual([
      'open',
      'announced',
      'announced',
      'readOnly',
      'readOnly',
      'closed',
      'closed',
      'reopening',
      'reopening',
      'open',
    ]);
    const turns: (number | undefined)[] = [];
    for (let now = at(0); now !== Infinity && turns.length < 9;) {
      now = nextBoundary(parts, now);
      turns.push(now === Infinity ? Infinity : minutes(now));
    }
    expect(turns).toEqual([5, 10, 13, 20, 30, Infinity]);
  });

  it('refuse reads while something else keeps the key on', () => {
    const windows = [window()];
    expect(phaseAt({ windows, switch: notice({ until: at(11) }) }, 10.5)).toBe('closed');
    expect(phaseAt({ windows, switch: notice({ until: at(11) }) }, 11)).toBe('readOnly');
    expect(phaseAt({ windows, holds: [hold()] }, 12)).toBe('closed');
  });
});

describe('the reopening after a window', () => {
  it('begins when the last part that kept the key on has ended, by itself', () => {
    const windows = [window()];
    expect(lineAt(record({ windows }), 25)).toEqual([20, 30]);
    const longer = record({ windows, switch: notice({ since: at(15), until: at(26) }) });
    expect(lineAt(longer, 25)).toBeUndefined();
    expect(lineAt(longer, 27)).toEqual([26, 36]);
    // the record is written without what is over, and the line stays
    expect(lineAt(pruneRecord(longer, at(27)), 28)).toEqual([26, 36]);
    // a switch of its own, later, is none of the window's
    const later = record({ windows, switch: notice({ since: at(21), until: at(26) }) });
    expect(lineAt(later, 27)).toEqual([20, 30]);
  });

  it('begins when a hold is left that had outlasted it', () => {
    const before = record({ windows: [window()], holds: [hold({ since: at(18) })] });
    const after = { ...before, holds: [] };
    expect(lineAt({ ...after, ...reopeningAfter(before, after, at(40), undefined) }, 41)).toEqual([40, 50]);
  });

  it('begins at once when the occurrence is ended early, and can be switched off', () => {
    const before = record({ windows: [window()] });
    const after = { ...before, windows: withoutCurrent(before.windows, at(15))! };
    const ended = (over?: number) => ({ ...after, ...reopeningAfter(before, after, at(15), over) });
    expect(lineAt(ended(), 16)).toEqual([15, 25]);
    expect(lineAt(ended(4 * MINUTE), 16)).toEqual([15, 19]);
    expect([16, 21, 24].map((time) => lineAt(ended(0), time))).toEqual([undefined, undefined, undefined]);
  });

  it('outlives its window, and ends with the next', () => {
    const before = record({ windows: [window()] });
    const after = { ...before, windows: [] };
    const left = { ...after, ...reopeningAfter(before, after, at(22), undefined) };
    expect(lineAt(left, 23)).toEqual([20, 30]);
    const next = window({ id: 'w2', start: at(24), reopenOver: 0 });
    expect(lineAt({ ...left, windows: [next] }, 25)).toBeUndefined();
    // who is in already is not put out again for long
    expect(lineAt({ ...before, windows: [window(), { ...next, reopenOver: MINUTE }] }, 34.5)).toEqual([
      34, 35,
    ]);
  });

  it('takes as long as the operator asked, whichever holder leaves last, and however', () => {
    const ended = window({ ended: [[at(10), at(15)]] });
    const held = record({
      windows: [ended],
      holds: [hold({ since: at(12), until: at(30) })],
      reopenOver: 3 * MINUTE,
    });
    expect(lineAt(held, 31)).toEqual([30, 33]);
    const left = { ...held, holds: [] };
    expect(lineAt({ ...left, ...reopeningAfter(held, left, at(25), undefined) }, 26)).toEqual([25, 28]);
  });

  it('waits for windows that follow one another without a gap', () => {
    const holds = [
      hold({ since: at(15), until: at(25) }),
      hold({ id: 'hold-2', since: at(22), until: at(32) }),
    ];
    expect(lineAt(record({ windows: [window()], holds }), 33)).toEqual([32, 42]);
    const without = pruneRecord(record({ windows: [window()], holds }), at(26));
    expect(lineAt(without, 33)).toEqual([32, 42]);
  });

  it('is ended by an operator, whatever else is written of the key', () => {
    const before = record({ windows: [window()] });
    const line = reopeningAfter(before, before, at(22), 0);
    const opened = { ...before, ...line };
    expect([22, 23, 29].map((time) => lineAt(opened, time))).toEqual([undefined, undefined, undefined]);
    const written = { ...opened, ...reopeningAfter(opened, opened, at(24), undefined) };
    expect(lineAt(written, 25)).toBeUndefined();
    expect(lineAt(pruneRecord(written, at(26)), 27)).toBeUndefined();
    expect(phaseAt(written, 27)).toBe('open');
  });

  it('is of the last occurrence of a window that repeats', () => {
    const hourly = window({
      repeat: { cron: '0 * * * *', timeZone: 'UTC', last: null, until: null, count: null },
      start: at(-10),
      duration: 10 * MINUTE,
    });
    const first = minutes(Math.ceil(at(0) / 3_600_000) * 3_600_000)!;
    expect(lineAt(record({ windows: [{ ...hourly, start: at(first) }] }), first + 615)).toEqual([
      first + 610,
      first + 620,
    ]);
    const cancelled = { ...hourly, start: at(first), ended: [[at(first + 600), at(first + 600)]] as const };
    expect(lineAt(record({ windows: [cancelled] }), first + 615)).toBeUndefined();
  });
});

describe('visitors who are back', () => {
  /** From 22 to 24; everybody is back at 25. */
  const short = window({ id: 'w2', start: at(22), duration: 2 * MINUTE, readOnly: 0, reopenOver: MINUTE });
  const times = [21, 23, 24.5, 25, 25.001, 27, 29.9, 40];
  const expected = ['reopening', 'closed', 'reopening', 'open', 'open', 'open', 'open', 'open'];

  it('stay in after a second window, although the first would still refuse some of them', () => {
    const parts = record({ windows: [window({ announce: null }), { ...short, announce: null }] });
    expect(times.map((time) => phaseAt(parts, time))).toEqual(expected);
    expect(times.map((time) => phaseAt(pruneRecord(parts, at(25.5)), time))).toEqual(expected);
  });

  it('stay in after a window, although an operator asked for a longer reopening before it', () => {
    const reopening = { from: at(20), until: at(60) };
    const parts = record({ windows: [{ ...short, announce: null }], reopening });
    expect(times.map((time) => phaseAt(parts, time))).toEqual(expected);
  });
});

describe('the end of a key', () => {
  const touching = window({ id: 'w2', start: at(20), reopenOver: 0, announce: null });
  const endOf = (parts: Partial<KeyRecord>, time: number) => {
    const { until, endsAt } = describeRecord(record(parts), at(time), () => true);
    return [until, endsAt].map((end) => end && minutes(end.getTime()));
  };

  it('is that of a window which begins at the end of another, or before the end of a switch or hold', () => {
    expect(endOf({ windows: [window(), touching] }, 15)).toEqual([30, 30]);
    expect(endOf({ windows: [window()], switch: notice({ until: at(12), announced: true }) }, 5)).toEqual([
      20, 20,
    ]);
    expect(endOf({ windows: [window()], switch: notice({ until: at(9), announced: true }) }, 5)).toEqual([
      9, 9,
    ]);
    expect(
      endOf({ windows: [window(), touching], holds: [hold({ until: at(10), announced: true })] }, 5),
    ).toEqual([30, 30]);
    expect(endOf({ windows: [window()], holds: [hold({ until: at(12), announced: false })] }, 5)).toEqual([
      null,
      20,
    ]);
  });

  it('is unknown, and the key can be opened, if windows follow one another for ever', () => {
    const hourly = (minute: number, reopenOver: number): WindowRecord => {
      const repeat = { cron: `${minute} * * * *`, timeZone: 'UTC', last: null, until: null, count: null };
      const start = Math.ceil(at(0) / HOUR) * HOUR + minute * MINUTE;
      return window({ id: `w${minute}`, start, duration: 30 * MINUTE, repeat, announce: null, reopenOver });
    };
    const parts = record({ windows: [hourly(0, 5 * MINUTE), hourly(30, 0)] });
    const time = minutes(Math.ceil(at(0) / HOUR) * HOUR)! + 45;
    expect(endOf(parts, time)).toEqual([null, null]);
    const windows = withoutCurrent(parts.windows, at(time))!;
    const opened = {
      ...parts,
      windows,
      ...reopeningAfter(parts, { ...parts, windows }, at(time), undefined),
    };
    expect(phaseAt(opened, time)).toBe('open');
    expect(phaseAt(opened, time + 15)).toBe('readOnly');
  });
});

describe('a window that is over when it is planned', () => {
  const daily = { cron: '0 2 * * *', timeZone: 'UTC' };
  const two = Date.UTC(2031, 2, 4, 2);
  const options = { start: new Date(two), duration: HOUR, repeat: daily, reopenOver: 2 * HOUR };
  const linesOf = (planned: WindowRecord, now: number) => reopeningAt(record({ windows: [planned] }), now);

  it('has not taken place, so there is no reopening', () => {
    const planned = planWindow(options, 'w', two + 90 * MINUTE);
    expect(linesOf(planned, two + 91 * MINUTE)).toBeUndefined();
    expect(linesOf(planned, two + 25.5 * HOUR)).toEqual({ from: two + 25 * HOUR, until: two + 27 * HOUR });
    // as it is stored
    const stored = readWindow(JSON.parse(JSON.stringify(planned)));
    expect(linesOf(stored, two + 91 * MINUTE)).toBeUndefined();
  });

  it('does not refuse visitors again when only its length, times or reopening change', () => {
    const planned = planWindow({ ...options, reopenOver: 0 }, 'w', two - HOUR);
    for (const changes of [
      { reopenOver: 3 * HOUR },
      { duration: HOUR / 2, reopenOver: 3 * HOUR },
      { repeat: { ...daily, cron: '30 1 * * *' }, reopenOver: 3 * HOUR },
    ]) {
      const changed = planWindow(changes, 'w', two + 90 * MINUTE, planned);
      expect(linesOf(changed, two + 91 * MINUTE), JSON.stringify(changes)).toBeUndefined();
    }
  });

  it('continues a reopening that has begun, whatever is changed', () => {
    const now = two + 90 * MINUTE;
    const before = record({ windows: [planWindow(options, 'w', two - HOUR)] });
    const line = { from: two + HOUR, until: two + 3 * HOUR };
    for (const changes of [{ reason: 'disk' }, { duration: HOUR / 2 }, { reopenOver: 0 }]) {
      const after = record({ windows: [planWindow(changes, 'w', now, before.windows![0])] });
      const changed = { ...after, ...reopeningAfter(before, after, now, undefined) };
      expect(reopeningAt(changed, now + MINUTE), JSON.stringify(changes)).toEqual(line);
    }
  });
});

it('reopens gradually after each occurrence, however long ago something else has ended that was on', () => {
  const hourly = { cron: '0 * * * *', timeZone: 'UTC' };
  const begun = Date.UTC(2031, 2, 4);
  const options = { start: new Date(begun), duration: 10 * MINUTE, repeat: hourly, reopenOver: 10 * MINUTE };
  const windows = [planWindow(options, 'w', begun)];
  const ended = notice({ since: begun + 1, until: begun + 2 });
  for (const days of [1, 40, 50, 900]) {
    const end = begun + days * 24 * HOUR + 10 * MINUTE;
    const line = { from: end, until: end + 10 * MINUTE };
    expect(reopeningAt(record({ windows, switch: ended }), end + MINUTE), `${days} days`).toEqual(line);
    const held = record({ windows, switch: ended, holds: [hold({ since: begun + 3, until: end + MINUTE })] });
    expect(reopeningAt(held, end + 2 * MINUTE)).toEqual({ from: end + MINUTE, until: end + 11 * MINUTE });
  }
});

describe('closing a key again during a reopening', () => {
  const windows = [window()];
  const short = hold({ since: at(22), until: null });
  const begun = record({ windows });
  const held = { ...begun, holds: [short] };
  const during = { ...held, ...reopeningAfter(begun, held, at(22), undefined) };

  it('interrupts the reopening: all are refused, and then each returns at the announced moment', () => {
    expect(lineAt(during, 23)).toBeUndefined();
    const left = { ...during, ...reopeningAfter(during, begun, at(25), undefined), holds: [] };
    expect(lineAt(left, 25)).toEqual([20, 30]);
    expect(lineAt(left, 30)).toBeUndefined();
    // also where it ends by itself
    expect(lineAt({ ...during, holds: [hold({ since: at(22), until: at(25) })] }, 26)).toEqual([20, 30]);
    // and where the line was asked for, and the window is no more
    const asked = record({ reopening: { from: at(20), until: at(30) } });
    const second = { ...asked, holds: [short] };
    const both = { ...second, ...reopeningAfter(asked, second, at(22), undefined) };
    expect(lineAt({ ...asked, ...reopeningAfter(both, asked, at(25), undefined) }, 26)).toEqual([20, 30]);
  });

  it('ends the reopening when it takes longer, and when an operator turns the key on or off', () => {
    const left = (over: number | undefined, time: number) => ({
      ...begun,
      ...reopeningAfter(during, begun, at(time), over),
    });
    expect(lineAt(left(undefined, 31), 32)).toBeUndefined();
    expect(lineAt(left(0, 25), 26)).toBeUndefined();
    const on = { ...begun, switch: notice({ since: at(22) }) };
    expect(reopeningAfter(begun, on, at(22), 0)).toEqual({});
  });

  it("announces the later of its end and the visitor's moment", () => {
    const ending = { ...during, holds: [hold({ since: at(22), until: at(25), announced: true })] };
    const { reopens, until } = describeRecord(ending, at(23), () => true);
    expect([
      minutes(until?.getTime()),
      minutes(reopens?.from.getTime()),
      minutes(reopens?.until.getTime()),
    ]).toEqual([25, 20, 30]);
  });
});

describe('a reopening requested by an operator', () => {
  const on = record({ switch: notice({ since: at(0) }) });
  const off = { ...on, switch: null };

  it('counts from the change, and for a key that is held from when it is left', () => {
    expect(lineAt({ ...off, ...reopeningAfter(on, off, at(5), 10 * MINUTE) }, 6)).toEqual([5, 15]);
    const held = { ...on, holds: [hold()] };
    const still = { ...off, holds: [hold()] };
    const waiting = { ...still, ...reopeningAfter(held, still, at(5), 10 * MINUTE) };
    expect(lineAt(waiting, 6)).toBeUndefined();
    expect(describeRecord(waiting, at(6), () => true)).toMatchObject({ value: true, reopenOver: 600_000 });
    expect(lineAt({ ...off, ...reopeningAfter(waiting, off, at(8), undefined) }, 9)).toEqual([8, 18]);
    // the hold ends by itself
    const ending = { ...waiting, holds: [hold({ until: at(7) })] };
    expect(lineAt(ending, 9)).toEqual([7, 17]);
    expect(lineAt(pruneRecord(ending, at(9)), 10)).toEqual([7, 17]);
  });

  it('is gone once the key is on again', () => {
    const reopening = { ...off, ...reopeningAfter(on, off, at(5), 10 * MINUTE) };
    expect(reopeningAfter(reopening, on, at(6), 0)).toEqual({});
  });

  it('continues where it is: visitors who are back stay in', () => {
    const line = { from: at(0), until: at(10) };
    for (const over of [MINUTE, 10 * MINUTE, 60 * MINUTE]) {
      const next = continued(line, at(4), over);
      expect(minutes(next.until)).toBe(4 + over / MINUTE);
      for (let place = 0; place < 1; place += 0.001) {
        const wasIn = momentOf(line, place) <= at(4);
        expect(momentOf(next, place) <= at(4) + 1, String(place)).toBe(wasIn);
      }
    }
    expect(continued(line, at(4), 0)).toEqual({ from: at(4), until: at(4) });
  });
});
