import { expect, it } from 'vitest';
import { check } from './checker.js';
import type { Event, Line, PlannedWindow, Recorded } from './history.js';

type Entry = [t: number, p: string, event: Event];

/** On at 10 s of the journal's clock, which is 1,000 s of the wall clock; until 14 s, visitors come back until 18 s. */
const WINDOW: PlannedWindow = {
  start: 1_010_000,
  duration: 4_000,
  readOnly: 1_000,
  reopenOver: 4_000,
  announce: 2_000,
};
const planned: Entry[] = [
  [0, 'driver', { e: 'clock', epoch: 1_000_000 }],
  [10, 'r1.1', { e: 'op', op: 'p-1', wish: { kind: 'plan', key: 'plan', window: WINDOW } }],
  [20, 'r1.1', { e: 'done', op: 'p-1', result: { ok: true, id: 'w' } }],
];
/** Both replicas run, and do not stand still. */
const beats = Array.from({ length: 21 }, (_, i) =>
  ['r1.1', 'r2.1'].map((p): Entry => [
    i * 1_000,
    p,
    { e: 'beat', applied: { history: 'h', revision: 1, on: [] } },
  ]),
).flat();
const hook = (t: number, event: string, p = 'r1.1'): Entry => [
  t,
  p,
  { e: 'hook', event, window: 'w', start: WINDOW.start },
];
const hooks = [hook(8_010, 'announced'), hook(10_010, 'entering'), hook(14_010, 'exiting', 'r2.1')];

const history = (...entries: Entry[]): Line[] =>
  entries.map(([t, p, event]) => Object.assign({ t, p }, event)).sort((a, b) => a.t - b.t);
const found = (...entries: Entry[]): string[] =>
  check(history(...planned, ...beats, ...entries)).map(({ rule, text }) => `${rule}: ${text}`);

const enter = (t: number, route: string, p = 'r2.1'): Entry => [
  t,
  p,
  { e: 'enter', call: `c${t}`, route, applied: { history: 'h', revision: 1, on: [] } },
];
const answered = (
  t: number,
  status: number,
  { message = 'p-1', until, route = '/plan/wait', visitor = 'v1', replica = 'r1' }: Answer = {},
): Entry[] => [
  [t, 'driver', { e: 'sent', call: `a${t}`, route, replica, visitor }],
  [
    t + 5,
    'driver',
    { e: 'got', call: `a${t}`, status, ...(status === 503 && { message }), ...(until && { until }) },
  ],
];
interface Answer {
  message?: string;
  until?: number;
  route?: string;
  visitor?: string;
  replica?: string;
}
const fault = (id: number, from: number, to: number, kind: 'redis-clock' | 'partition'): Entry[] => [
  [from, 'driver', { e: 'fault', id, kind, target: kind === 'partition' ? 'r1' : 'redis' }],
  [to, 'driver', { e: 'healed', id }],
];

it('a window that begins, lets reads pass, closes, and lets visitors back in is not a breach', () => {
  const visits = [
    enter(9_900, '/plan/write'),
    enter(10_900, '/plan/wait'),
    ...answered(10_050, 503, { route: '/plan/write', until: 1_016_000 }),
    ...answered(13_000, 503, { until: 1_016_000 }),
    ...answered(15_000, 503, { message: 'one after another', until: 1_016_000 }),
    ...answered(16_100, 200),
    enter(16_102, '/plan/wait'),
  ];
  expect(found(...hooks, ...visits, [20_000, 'driver', { e: 'calm' }])).toEqual([
    expect.stringContaining('agreement'),
  ]);
});

it('a visitor let in while it is on is a breach, unless clocks were set', () => {
  const inside = [enter(10_500, '/plan/write'), enter(11_500, '/plan/wait')];
  expect(found(...hooks, ...inside)).toEqual([
    'window: r2.1 admitted /plan/write while the window of p-1 was on',
    'window: r2.1 admitted /plan/wait while the window of p-1 was on',
  ]);
  expect(found(...fault(1, 5_000, 9_000, 'redis-clock'), ...hooks, ...inside)).toEqual([]);
});

it('a visitor refused too early, too late, or while it is read-only is a breach', () => {
  expect(found(...hooks, ...answered(9_000, 503))).toEqual([expect.stringContaining('had not begun')]);
  expect(found(...hooks, ...answered(10_500, 503))).toEqual([expect.stringContaining('let reads pass')]);
  expect(found(...hooks, ...answered(14_500, 503))).toEqual([expect.stringContaining('was over')]);
  expect(found(...hooks, ...answered(19_000, 503, { message: 'one after another' }))).toEqual([
    expect.stringContaining('without a window'),
  ]);
});

it('a visitor is let in too early by a replica that serves on, and was out of touch when the window was planned', () => {
  const judged = (from: number, onStale: 'serve' | 'block') => {
    const lines = history(
      ...planned,
      ...beats,
      ...hooks,
      ...fault(1, from, 16_000, 'partition'),
      ...answered(14_500, 503, { message: 'one after another', until: 1_016_000, replica: 'r2' }),
      ...answered(15_500, 200),
    );
    return check(lines, onStale).filter(({ rule }) => rule === 'moment');
  };
  expect(judged(0, 'serve')).toEqual([]);
  expect(judged(0, 'block')).toHaveLength(1);
  expect(judged(9_000, 'serve')).toHaveLength(1);
});

it('a visitor has one moment, and is let in only after it', () => {
  const told = (t: number, until: number): Entry[] =>
    answered(t, 503, { message: 'one after another', until, replica: t % 2 ? 'r1' : 'r2' });
  expect(found(...hooks, ...told(14_500, 1_016_000), ...told(14_601, 1_015_000))).toEqual([
    'moment: v1 was told two moments after p-1, 1000 ms apart',
  ]);
  expect(found(...hooks, ...told(14_500, 1_016_000), ...told(16_500, 1_016_000))).toEqual([
    'moment: v1 was still refused after their moment',
  ]);
  expect(found(...hooks, ...told(14_500, 1_016_000), ...answered(15_500, 200))).toEqual([
    'moment: v1 was let in before their moment',
  ]);
  // visitors who are told before its end when they come back
  const visitors = (...moments: number[]): Entry[] =>
    moments.flatMap((until, i) => answered(12_000 + i, 503, { until, visitor: `v${i + 1}` }));
  expect(found(...hooks, ...visitors(1_014_000, 1_014_000, 1_014_000))).toEqual([
    'moment: 3 visitors were told the same moment after p-1',
  ]);
  expect(found(...hooks, ...visitors(1_015_000, 1_014_000, 1_014_000))).toEqual([]);
  expect(found(...hooks, ...visitors(1_014_000, 1_014_000))).toEqual([]);
  // another key, held at the command line, which gives no message
  const other = answered(14_200, 503, { message: 'closed', until: 1_090_000, route: '/job/wait' });
  const accused = found(...hooks, ...other, ...told(14_500, 1_015_000), ...answered(15_500, 200));
  expect(accused.filter((text) => text.startsWith('moment'))).toEqual([]);
});

it('a hook is called once, unless its process dies while it runs; and some process calls it if nothing else happens', () => {
  const again = hook(12_000, 'entering', 'r2.1');
  expect(found(...hooks, again)).toEqual(['hook: "entering" of a window was called twice']);
  expect(found(...hooks, again, [10_100, 'driver', { e: 'killed', who: 'r1.1' }])).toEqual([]);
  // it could not note it before it died
  const late = hook(19_000, 'entering', 'r2.1');
  const killed: Entry = [15_000, 'driver', { e: 'killed', who: 'r1.1' }];
  expect(found(...hooks, late, killed)).toEqual(['hook: "entering" of a window was called twice']);
  expect(found(...fault(1, 10_015, 14_000, 'partition'), ...hooks, late, killed)).toEqual([]);
  expect(found(...fault(1, 10_015, 12_000, 'partition'), ...hooks, late, killed)).toEqual([
    'hook: "entering" of a window was called twice',
  ]);
  expect(found(...hooks.slice(1))).toEqual(['hook: nobody called "announced" of the window of p-1']);
  expect(found(...fault(1, 8_000, 9_000, 'partition'), ...hooks.slice(1))).toEqual([]);
});

it('the beginning and the end of a window are in the history once', () => {
  const entry = (id: string, over: Partial<Recorded> = {}): Recorded => ({
    id,
    key: 'plan',
    cause: 'window',
    way: 'window',
    message: 'p-1',
    event: 'changed',
    reason: null,
    ...over,
  });
  const scheduled = entry('s', { way: 'code', event: 'scheduled' });
  const [begin, end] = [entry('plan:begin:w:1010000'), entry('plan:end:w:1014000')];
  const told = (...entries: Recorded[]): string[] =>
    found(...hooks, [20_000, 'driver', { e: 'history', entries }]);
  expect(told(scheduled, begin, end)).toEqual([]);
  expect(told(scheduled, begin)).toEqual(['recorded: the window of p-1 lacks its end in the history']);
  expect(told(scheduled, begin, begin, end)).toEqual([expect.stringContaining('2 times')]);
  expect(told(begin, end)).toEqual([expect.stringContaining('is not in the history')]);
  // ended early by a replica whose clock is behind: that is in the history instead
  const cancelled = entry('c', { way: 'code', event: 'cancelled', reason: 'c-1', message: null });
  const cancelling = (t: number): Entry[] => [
    [t, 'r2.1', { e: 'op', op: 'c-1', wish: { kind: 'cancel', key: 'plan', planned: 'p-1' } }],
    [t + 10, 'r2.1', { e: 'done', op: 'c-1', result: { ok: true, id: 'w' } }],
  ];
  const entries = [scheduled, begin, cancelled];
  const toldOf = (t: number): string[] =>
    found(...hooks, ...cancelling(t), [20_000, 'driver', { e: 'history', entries }]);
  expect(toldOf(14_050)).toEqual([]);
  expect(toldOf(16_000)).toEqual(['recorded: the window of p-1 lacks its end in the history']);
});
