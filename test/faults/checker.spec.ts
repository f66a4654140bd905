import { describe, expect, it } from 'vitest';
import { check } from './checker.js';
import type { Event, FaultKind, Line, Wish } from './history.js';
import { TURNS } from './rules-of-workers.js';
import { schedule } from './schedule.js';

const nothing = { history: 'h', revision: 1, on: [] };

type Entry = [t: number, p: string, event: Event];

/** Writes a history by hand: each entry is a moment, a process and what it notes. */
function history(...entries: Entry[]): Line[] {
  return entries.map(([t, p, event]) => Object.assign({ t, p }, event));
}

const enter = (call: string, route: string, revision = 1): Event => ({
  e: 'enter',
  call,
  route,
  applied: { ...nothing, revision },
});
const op = (name: string, wish: Wish): Event => ({ e: 'op', op: name, wish });
const done = (name: string, missing?: string[]): Event => ({
  e: 'done',
  op: name,
  result: { ok: true, ...(missing && { missing }) },
});
const failed = (name: string, error: string, refused = true): Event => ({
  e: 'done',
  op: name,
  result: { ok: false, error, refused },
});
const work = (name: string, fence: number): Event => ({ e: 'work', op: name, fence });

const enableA: Wish = { kind: 'enable', key: 'a', acknowledge: 1_000 };
const disableA: Wish = { kind: 'disable', key: 'a', acknowledge: 1_000 };
const maintainJob: Wish = { kind: 'maintain', key: 'job', drain: 1_000, lock: true };

/** A refused request and its cause. */
const refused = (t: number, call: string, route: string, message: string): [number, string, Event][] => [
  [t, 'driver', { e: 'sent', call, route, replica: 'r1' }],
  [t + 1, 'driver', { e: 'got', call, status: 503, message }],
];

const rules = (lines: Line[]): string[] => check(lines).map(({ rule }) => rule);

describe('requests and switches', () => {
  const enabled: [number, string, Event][] = [
    [10, 'r1.1', op('x-1', enableA)],
    [20, 'r1.1', done('x-1', [])],
  ];

  it('a history without contradictions is accepted', () => {
    expect(
      check(history([5, 'r2.1', enter('c1', '/a/wait')], ...enabled, ...refused(30, 'c2', '/a/wait', 'x-1'))),
    ).toEqual([]);
  });

  it('finds an admission after an acknowledged enable', () => {
    expect(rules(history(...enabled, [30, 'r2.1', enter('c1', '/a/wait')]))).toEqual(['admission']);
  });

  it('accepts it from a replica out of touch that serves on', () => {
    const lines = history(
      [0, 'driver', { e: 'fault', id: 1, kind: 'partition', target: 'r2' }],
      ...enabled.map(([t, p, event]): [number, string, Event] => [t + 3_500, p, event]),
      [4_000, 'r2.1', enter('c1', '/a/wait')],
      [6_000, 'driver', { e: 'healed', id: 1 }],
      ...Array.from({ length: 9 }, (_, i): [number, string, Event] => [
        i * 1_000 + 500,
        'r2.1',
        { e: 'beat', applied: nothing },
      ]),
      [9_500, 'r2.1', enter('c2', '/a/wait')],
    );
    const found = (onStale: 'serve' | 'block') =>
      check(lines, onStale).map(({ rule, lines: [, line] }) => [rule, line?.t]);
    expect(found('serve')).toEqual([['admission', 9_500]]);
    expect(found('block')).toEqual([
      ['admission', 4_000],
      ['admission', 9_500],
      ['blocking', 4_000],
    ]);
  });

  it('accepts it for another key, and while a replica has not acknowledged', () => {
    expect(check(history(...enabled, [30, 'r2.1', enter('c1', '/b/wait')]))).toEqual([]);
    const lines = history(
      enabled[0]!,
      [20, 'r1.1', done('x-1', ['r2'])],
      [30, 'r2.1', enter('c1', '/a/wait')],
    );
    expect(check(lines)).toEqual([]);
  });

  it('accepts it once a disable has begun, or the end may have come', () => {
    const begun = history(
      ...enabled,
      [25, 'r2.1', op('y-1', disableA)],
      [30, 'r2.1', enter('c1', '/a/wait')],
    );
    expect(check(begun)).toEqual([]);
    const timed = { ...enableA, timeout: 5_000 };
    const until = (t: number) =>
      rules(
        history(
          [10, 'r1.1', op('x-1', timed)],
          [20, 'r1.1', done('x-1', [])],
          [t, 'r2.1', enter('c1', '/a/wait')],
        ),
      );
    expect(until(3_000)).toEqual(['admission']);
    expect(until(5_100)).toEqual([]);
  });

  it('finds a refusal by a switch that was off, over or certainly not made', () => {
    const off: [number, string, Event][] = [
      [40, 'r2.1', op('y-1', disableA)],
      [50, 'r2.1', done('y-1', [])],
    ];
    expect(rules(history(...enabled, ...off, ...refused(60, 'c1', '/a/wait', 'x-1')))).toEqual(['refusal']);
    expect(check(history(...enabled, off[0]!, ...refused(45, 'c1', '/a/wait', 'x-1')))).toEqual([]);
    const timed = history(
      [10, 'r1.1', op('x-1', { ...enableA, timeout: 1_000 })],
      [20, 'r1.1', done('x-1', [])],
      ...refused(9_000, 'c1', '/a/wait', 'x-1'),
    );
    expect(rules(timed)).toEqual(['refusal']);
    const certain = history(
      enabled[0]!,
      [20, 'r1.1', failed('x-1', 'MaintenanceStoreError')],
      ...refused(30, 'c1', '/a/wait', 'x-1'),
    );
    expect(rules(certain)).toEqual(['refusal']);
    const unknown = history(
      enabled[0]!,
      [20, 'r1.1', failed('x-1', 'MaintenanceStoreError', false)],
      ...refused(30, 'c1', '/a/wait', 'x-1'),
    );
    expect(check(unknown)).toEqual([]);
  });

  it('finds a failed call that takes effect after a later acknowledged one', () => {
    const lines = history(
      [10, 'r1.1', op('x-1', enableA)],
      [20, 'r1.1', failed('x-1', 'MaintenanceStoreError', false)],
      [30, 'r2.1', op('y-1', disableA)],
      [40, 'r2.1', done('y-1', [])],
      ...refused(50, 'c1', '/a/wait', 'x-1'),
    );
    expect(rules(lines)).toEqual(['refusal']);
  });

  it('finds a refusal by work that was left, unless its process died before it could say so', () => {
    const left = (killed: number, healed: number) =>
      history(
        [10, 'r1.1', op('x-1', maintainJob)],
        [20, 'driver', { e: 'fault', id: 1, kind: 'redis-stop', target: 'redis' }],
        [30, 'r1.1', failed('x-1', 'MaintenanceStoreError', false)],
        [killed, 'driver', { e: 'killed', who: 'r1.1' }],
        [healed, 'driver', { e: 'healed', id: 1 }],
        ...refused(10_000, 'c1', '/job/wait', 'x-1'),
      ).sort((one, other) => one.t - other.t);
    expect(check(left(40, 50))).toEqual([]);
    expect(rules(left(60, 50))).toEqual(['refusal']);
  });

  it('finds a refusal without a cause, unless the replica was out of touch, and an exempt route that is refused or silent', () => {
    expect(rules(history(...refused(10, 'c1', '/never/wait', 'We are busy')))).toEqual(['refusal']);
    const cut = history(
      [1, 'driver', { e: 'fault', id: 1, kind: 'partition', target: 'r1' }],
      ...refused(10, 'c1', '/never/wait', 'We are busy'),
    );
    expect(check(cut)).toEqual([]);
    expect(rules(history(...refused(10, 'c1', '/health', 'We are busy')))).toEqual(['refusal']);
    const silent = history(
      [10, 'driver', { e: 'sent', call: 'c1', route: '/health', replica: 'r1' }],
      [20, 'driver', { e: 'got', call: 'c1', status: 0 }],
    );
    expect(rules(silent)).toEqual(['refusal']);
  });
});

describe('work', () => {
  const working: [number, string, Event][] = [
    [10, 'r1.1', op('x-1', maintainJob)],
    [20, 'r1.1', work('x-1', 7)],
    [60, 'r1.1', { e: 'worked', op: 'x-1' }],
    [70, 'r1.1', done('x-1')],
  ];
  const [begun, atWork, ended, over] = working as [Entry, Entry, Entry, Entry];

  it('finds a handler that runs or begins during drained work', () => {
    const before = history(
      [5, 'r2.1', enter('c1', '/job/wait')],
      begun,
      atWork,
      [30, 'r2.1', { e: 'leave', call: 'c1' }],
      ended,
      over,
    );
    expect(rules(before)).toEqual(['drain']);
    const during = history(
      begun,
      atWork,
      [30, 'r2.1', enter('c1', '/job/wait')],
      [35, 'r2.1', { e: 'leave', call: 'c1' }],
      ended,
      over,
    );
    expect(rules(during)).toEqual(['drain']);
    const done = history(
      [5, 'r2.1', enter('c1', '/job/wait')],
      [15, 'r2.1', { e: 'leave', call: 'c1' }],
      ...working,
    );
    expect(check(done)).toEqual([]);
  });

  it('accepts a handler of a replica that had no connection when it was stopped, and of no other', () => {
    const lines = (...readonly: [begin: number, end: number] | []) =>
      rules(
        history(
          [5, 'r2.1', enter('c1', '/job/wait')],
          ...readonly.map((t, i): Entry => [
            t,
            'driver',
            i ? { e: 'healed', id: 1 } : { e: 'fault', id: 1, kind: 'redis-readonly', target: 'redis' },
          ]),
          [1_020, 'driver', { e: 'fault', id: 2, kind: 'stop', target: 'r2' }],
          [1_030, 'r1.1', op('x-1', { ...maintainJob, drain: 8_000 })],
          [5_000, 'r1.1', work('x-1', 7)],
          [5_040, 'r1.1', { e: 'worked', op: 'x-1' }],
          [5_050, 'r1.1', done('x-1')],
          [6_000, 'driver', { e: 'healed', id: 2 }],
          [6_100, 'r2.1', { e: 'leave', call: 'c1' }],
        ),
      );
    expect(lines(500, 1_000)).not.toContain('drain');
    expect(lines(100, 400)).toContain('drain');
    expect(lines(2_000, 3_000)).toContain('drain');
    expect(lines()).toContain('drain');
  });

  it('finds a key that opens because its holder died', () => {
    const lines = history(
      begun,
      atWork,
      [30, 'driver', { e: 'killed', who: 'r1.1' }],
      [9_000, 'r2.1', enter('c1', '/job/wait')],
    );
    expect(rules(lines)).toEqual(['drain']);
  });

  it('finds two holders at once, and fences that do not grow', () => {
    const second = (t: number, fence: number): Entry[] => [
      [t, 'r2.1', op('y-1', maintainJob)],
      [t + 1, 'r2.1', work('y-1', fence)],
      [t + 2, 'r2.1', { e: 'worked', op: 'y-1' }],
      [t + 3, 'r2.1', done('y-1')],
    ];
    expect(rules(history(begun, atWork, ...second(30, 8), ended, over))).toEqual(['holder']);
    expect(rules(history(...working, ...second(80, 7)))).toEqual(['fence']);
    expect(check(history(...working, ...second(80, 8)))).toEqual([]);
  });

  it('finds work that ran although the call was given up, and work that never ran', () => {
    expect(
      rules(history(begun, atWork, ended, [70, 'r1.1', failed('x-1', 'MaintenanceDrainError')])),
    ).toEqual(['work']);
    expect(rules(history(begun, over))).toEqual(['work']);
  });

  it('finds an unexplained loss', () => {
    const lost: Entry = [40, 'r1.1', { e: 'abort', op: 'x-1', why: 'its lease was lost' }];
    expect(rules(history(begun, atWork, lost, ended, over))).toEqual(['abort']);
    const unset: Entry = [30, 'r2.1', op('y-1', { kind: 'unset', key: 'job' })];
    expect(check(history(begun, atWork, unset, lost, ended, over))).toEqual([]);
  });
});

describe('jobs and events', () => {
  const handed = (call: string): Event => ({ e: 'handed', call });
  const leave = (call: string): Event => ({ e: 'leave', call });

  it('finds what is handled twice, or never', () => {
    const lines = history(
      [1, 'driver', handed('job-1')],
      [2, 'driver', handed('event-1')],
      [3, 'r1.1', enter('job-1', '/job/queued')],
      [4, 'r2.1', enter('job-1', '/job/queued')],
      [5, 'r2.1', leave('job-1')],
    );
    expect(rules(lines)).toEqual(['once', 'kept']);
  });

  it('finds what was begun, and given up with its process', () => {
    const lines = history(
      [1, 'driver', handed('event-1')],
      [3, 'r1.1', enter('event-1', '/job/event')],
      [10, 'driver', { e: 'killed', who: 'r1.1' }],
    );
    expect(rules(lines)).toEqual(['kept']);
  });

  it('accepts a second time after the first process has died', () => {
    const lines = (second: number) =>
      history(
        [1, 'driver', handed('event-1')],
        [3, 'r1.1', enter('event-1', '/job/event')],
        [10, 'driver', { e: 'killed', who: 'r1.1' }],
        [second, 'r2.1', enter('event-1', '/job/event')],
        [20, 'r2.1', leave('event-1')],
      );
    expect(rules(lines(11))).toEqual([]);
    expect(rules(lines(9))).toEqual(['once']);
  });

  it('accepts a job whose worker may have lost its lock, and what Redis has lost', () => {
    const repeated: Entry[] = [
      [2, 'driver', handed('job-1')],
      [3, 'r1.1', enter('job-1', '/job/queued')],
      [50, 'r2.1', enter('job-1', '/job/queued')],
      [60, 'r2.1', leave('job-1')],
    ];
    const stop = (target: string): Entry[] => [
      [5, 'driver', { e: 'fault', id: 1, kind: 'stop', target }],
      [40, 'driver', { e: 'healed', id: 1 }],
    ];
    expect(rules(history(...stop('r1'), ...repeated))).toEqual([]);
    expect(rules(history(...stop('r2'), ...repeated))).toEqual(['once']);
    // fetched by r2 before it stood still, and taken by r1 meanwhile
    const late = (stopped: number) =>
      history(
        [1, 'driver', handed('job-1')],
        [stopped, 'driver', { e: 'fault', id: 1, kind: 'stop', target: 'r2' }],
        [5_000, 'r1.1', enter('job-1', '/job/queued')],
        [5_200, 'driver', { e: 'healed', id: 1 }],
        [5_400, 'r2.1', enter('job-1', '/job/queued')],
        [5_500, 'r2.1', leave('job-1')],
      );
    expect(rules(late(500))).toEqual([]);
    expect(rules(late(4_000))).toEqual(['once']);
    const lost = (inRedis: boolean, ...queued: Entry[]): Line[] =>
      history(
        [1, 'driver', { ...handed('job-1'), inRedis } as Event],
        [5, 'driver', { e: 'fault', id: 1, kind: 'redis-empty', target: 'redis' }],
        ...queued,
        [7, 'driver', { ...handed('job-2'), inRedis: true } as Event],
        [40, 'driver', { e: 'healed', id: 1 }],
      );
    const queued = (...calls: string[]): Entry => [6, 'driver', { e: 'queued', calls }];
    expect(rules(lost(true))).toEqual([]);
    expect(rules(lost(false))).toEqual(['kept']);
    expect(rules(lost(true, queued('job-1')))).toEqual([]);
    // taken for done before
    expect(rules(lost(true, queued()))).toEqual(['kept']);
  });

  it('accepts a delayed job that was lost while Redis denied a command', () => {
    const lost = (t: number, delayed: boolean): Line[] =>
      history(
        [1, 'driver', { e: 'fault', id: 1, kind: 'redis-denied', target: 'redis' }],
        [10, 'driver', { e: 'healed', id: 1 }],
        [t, 'driver', { ...handed('job-1'), inRedis: true, delayed } as Event],
      );
    expect(rules(lost(5, true))).toEqual([]);
    expect(rules(lost(5, false))).toEqual(['kept']);
    expect(rules(lost(11, true))).toEqual(['kept']);
  });

  it('finds an attempt that was spent', () => {
    const lines = history(
      [3, 'r1.1', { ...enter('job-1', '/job/queued'), attempts: 0 } as Event],
      [4, 'r1.1', { ...enter('job-2', '/job/queued'), attempts: 1 } as Event],
    );
    expect(rules(lines)).toEqual(['attempt']);
  });

  it('finds an event that was received and not handled, unless the process was gone or in trouble', () => {
    const beat = (t: number, p: string): Entry => [t, p, { e: 'beat', applied: nothing }];
    const lines = (heard: number, ...more: Entry[]): Line[] =>
      history(
        beat(1, 'r1.1'),
        beat(2, 'r2.1'),
        [5_000, 'driver', { e: 'published', call: 'passing-1', heard }],
        [5_001, 'r1.1', enter('passing-1-r1.1', '/job/passing')],
        ...more,
        [20_000, 'driver', { e: 'killed', who: 'r9.1' }],
      );
    const beats = [1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 9_900];
    const present = beats.map((t) => beat(t, 'r2.1'));
    expect(rules(lines(2, ...present))).toEqual(['heard']);
    expect(rules(lines(1, ...present))).toEqual([]);
    expect(rules(lines(2, [6_000, 'driver', { e: 'killed', who: 'r2.1' }]))).toEqual([]);
  });

  it('finds a last skipped call that is not made up for', () => {
    const due = (t: number, call: string): Entry => [t, 'r1.1', { e: 'due', call }];
    const past = (t: number, call: string): Entry => [t, 'r1.1', { e: 'past', call }];
    const skipped = [due(1, 'm-1'), past(2, 'm-1'), due(3, 'm-2'), past(4, 'm-2')];
    const run = (begin: number, call: string, length = 2): Entry[] => [
      due(begin, call),
      [begin + 1, 'r1.1', enter(call, '/job/missed')],
      past(begin + length, call),
    ];
    const ran = (calls: number): Entry[] =>
      Array.from({ length: calls }, (_, i) => run(10 + i * 10, `run-${i}`)).flat();
    expect(rules(history(...skipped, ...ran(TURNS)))).toEqual(['made up']);
    const madeUp: Entry = [9, 'r1.1', enter('m-2', '/job/missed')];
    expect(rules(history(...skipped, madeUp, ...ran(TURNS)))).toEqual([]);
    // its process has died before, or another one has taken its place, or all have waited for the same
    expect(rules(history(...skipped, ...ran(TURNS - 1)))).toEqual([]);
    const again = [due(200, 'm-3'), past(201, 'm-3'), ...run(202, 'm-4')];
    expect(rules(history(...skipped, ...ran(TURNS - 1), ...again))).toEqual([]);
    const together = Array.from({ length: TURNS }, (_, i) => run(10 + i, `run-${i}`, 100)).flat();
    expect(rules(history(...skipped, ...together))).toEqual([]);
  });

  it('accepts ticks, which nobody submits, and work that is handled once', () => {
    const lines = history(
      [1, 'driver', handed('event-1')],
      [2, 'r1.1', enter('event-1', '/job/event')],
      [3, 'r1.1', leave('event-1')],
      [3, 'r1.1', enter('tick', '/job/tick')],
      [4, 'r2.1', enter('tick', '/job/tick')],
    );
    expect(rules(lines)).toEqual([]);
  });
});

describe('replicas', () => {
  it('finds a revision that goes back within a history', () => {
    const lines = history([1, 'r1.1', enter('c1', '/b/wait', 5)], [2, 'r1.1', enter('c2', '/b/wait', 4)]);
    expect(rules(lines)).toEqual(['revision']);
    expect(
      check(history([1, 'r1.1', enter('c1', '/b/wait', 5)], [2, 'r2.1', enter('c2', '/b/wait', 4)])),
    ).toEqual([]);
  });

  it('accepts one that goes back to the state before Redis lost data that was only just received', () => {
    const lines = (heard: number, back: number) =>
      history(
        [heard, 'r1.1', enter('c1', '/b/wait', 5)],
        [1_000, 'driver', { e: 'fault', id: 1, kind: 'redis-empty', target: 'redis' }],
        [1_100, 'driver', { e: 'healed', id: 1 }],
        [back, 'r1.1', enter('c2', '/b/wait', 4)],
      );
    expect(rules(lines(900, 1_300))).toEqual([]);
    expect(rules(lines(400, 1_300))).toEqual(['revision']);
    expect(rules(lines(900, 1_700))).toEqual(['revision']);
  });

  it('finds replicas that do not agree after the faults have stopped', () => {
    expect(rules(history([1, 'driver', { e: 'calm' }]))).toEqual(['agreement']);
    expect(check(history([1, 'driver', { e: 'calm' }], [9, 'driver', { e: 'agreed', after: 8 }]))).toEqual(
      [],
    );
  });
});

it('finds a call that was too late because a clock was set', () => {
  const late: [number, string, Event] = [
    50,
    'r1.1',
    {
      e: 'done',
      op: 'x-1',
      result: {
        ok: false,
        error: 'MaintenanceStoreError',
        message: 'Redis was too slow; no lock was taken.',
      },
    },
  ];
  const begun: [number, string, Event] = [10, 'r1.1', op('x-1', { kind: 'maintain', key: 'job' })];
  const fault = (kind: FaultKind): [number, string, Event] => [
    5,
    'driver',
    { e: 'fault', id: 1, kind, target: 'redis' },
  ];
  expect(rules(history(fault('redis-clock'), begun, late))).toEqual(['clock']);
  expect(rules(history(fault('redis-stop'), begun, late))).toEqual([]);
});

it('a switch that was on already keeps its end', () => {
  const timed = op('x-1', { kind: 'enable', key: 'a', timeout: 5_000 });
  const lines = (at: number): Line[] =>
    history(
      [10, 'r1.1', timed],
      [20, 'r1.1', done('x-1')],
      [1_000, 'r1.1', op('x-2', enableA)],
      [1_100, 'r1.1', done('x-2', [])],
      [at, 'r2.1', enter('c1', '/a/wait')],
    );
  expect(rules(lines(2_000))).toEqual(['admission']);
  expect(rules(lines(5_100))).toEqual([]);
});

it('finds a dead holder that is reported twice, unless Redis has forgotten it in between', () => {
  const told = (t: number, pid?: number): [number, string, Event] => [
    t,
    'r1.1',
    { e: 'abandoned', key: 'job', pid },
  ];
  const empty: [number, string, Event] = [
    50,
    'driver',
    { e: 'fault', id: 1, kind: 'redis-empty', target: 'redis' },
  ];
  expect(rules(history(told(10, 7), told(90, 7)))).toEqual(['abandoned']);
  expect(rules(history(told(10, 7), empty, told(90, 7)))).toEqual([]);
  // of an older version, which gives holders no name
  expect(rules(history(told(10), told(90)))).toEqual([]);

  // it had two holds, and one of them had ended
  const began = (op: string, lock: boolean): [number, string, Event] => [
    5,
    'r2.1',
    { e: 'op', op, wish: { ...maintainJob, lock } },
  ];
  const boot: [number, string, Event] = [1, 'r2.1', { e: 'boot', pid: 7 }];
  const both = [boot, began('r2.1-a', true), began('r2.1-b', false)];
  const ended: [number, string, Event] = [6, 'r2.1', { e: 'worked', op: 'r2.1-b' }];
  expect(rules(history(...both, told(10, 7), told(90, 7)))).toEqual([]);
  expect(rules(history(...both, ended, told(10, 7), told(90, 7)))).toEqual(['abandoned']);
});

it('finds overlapping migrations of two command lines, whatever has happened to the first', () => {
  const command: Wish = { ...maintainJob, command: true };
  const lines = (last: number): Line[] =>
    history(
      [10, 'c1.1', op('first', command)],
      [20, 'c1.1', work('first', 1)],
      [25, 'driver', { e: 'fault', id: 1, kind: 'stop', target: 'c1' }],
      [last, 'c1.1', { e: 'act', op: 'first' }],
      [30, 'c2.1', op('second', command)],
      [100, 'c2.1', work('second', 2)],
      [110, 'c2.1', { e: 'worked', op: 'second' }],
    ).sort((a, b) => a.t - b.t);
  expect(rules(lines(99))).toEqual([]);
  expect(rules(lines(101))).toEqual(['migration']);
});

describe('the schedule', () => {
  const names = ['r1', 'r2', 'r3'];

  it('is the same for the same seed, and another for another', () => {
    expect(schedule(7, 60_000, names)).toEqual(schedule(7, 60_000, names));
    expect(schedule(7, 60_000, names)).not.toEqual(schedule(8, 60_000, names));
  });

  it('does one thing at a time to each target, and everything in a long run', () => {
    const faults = schedule(7, 1_800_000, names, ['c1']);
    for (const target of [...names, 'c1', 'redis']) {
      const own = faults.filter((fault) => fault.target === target);
      own.slice(1).forEach(({ at }, i) => expect(at).toBeGreaterThanOrEqual(own[i]!.at + own[i]!.lasts));
    }
    expect(new Set(faults.map(({ kind }) => kind)).size).toBe(20);
  });
});

describe('a listener that reconnects', () => {
  /** Ten times a change comes while r2 is about to listen again, and r2 finds it so many ms after it listens. */
  const found = (after: (i: number) => number): Line[] =>
    history(
      ...Array.from({ length: 10 }, (_, i): [number, string, Event][] => {
        const at = i * 2_000;
        return [
          [at, 'driver', { e: 'fault', id: i, kind: 'slow-subscribe', target: 'r2' }],
          [at + 100, 'r1.1', op(`x-${i}`, i % 2 ? disableA : enableA)],
          [at + 200, 'driver', { e: 'healed', id: i }],
          [at + 200 + after(i), 'r1.1', done(`x-${i}`, [])],
        ];
      }).flat(),
    );

  it('reads the state at once', () => {
    expect(rules(found(() => 30))).toEqual([]);
    expect(rules(found((i) => i * 100))).toEqual(['attention']);
  });

  it('may be late now and then', () => {
    expect(rules(found((i) => (i < 8 ? 30 : 900)))).toEqual([]);
  });
});

describe("the library's own history", () => {
  const entries = (...causes: string[]): Event => ({
    e: 'history',
    entries: causes.map((cause, i) => ({
      id: `${i}`,
      key: 'a',
      cause,
      way: 'code',
      message: 'x-1',
      event: 'changed',
      reason: null,
    })),
  });
  const told = (wish: Wish, outcome: Event, ...causes: string[]) =>
    // what else would be wrong with so short a story is for other rules
    rules(
      history([10, 'r1.1', op('x-1', wish)], [20, 'r1.1', outcome], [90, 'driver', entries(...causes)]),
    ).filter((rule) => rule === 'recorded');

  it('has each confirmed change once', () => {
    expect(told(enableA, done('x-1', []), 'set')).toEqual([]);
    expect(told(enableA, done('x-1', []))).toEqual(['recorded']);
    expect(told(enableA, done('x-1', []), 'set', 'set')).toEqual(['recorded']);
    expect(told(maintainJob, done('x-1'), 'maintain', 'release')).toEqual([]);
    expect(told(maintainJob, done('x-1'), 'release')).toEqual(['recorded']);
    // there may have been nothing to switch off
    expect(told(disableA, done('x-1', []))).toEqual([]);
  });

  it('has nothing that was certainly refused, and may have what is unknown', () => {
    expect(told(enableA, failed('x-1', 'MaintenanceStoreError'), 'set')).toEqual(['recorded']);
    expect(told(enableA, failed('x-1', 'MaintenanceStoreError'))).toEqual([]);
    expect(told(enableA, failed('x-1', 'MaintenanceStoreError', false), 'set')).toEqual([]);
    expect(told(enableA, failed('x-1', 'MaintenanceStoreError', false))).toEqual([]);
    expect(told(enableA, failed('x-1', 'MaintenanceStoreError', false), 'set', 'set')).toEqual(['recorded']);
  });

  it('may be lost with a Redis that has lost its data', () => {
    const lines = history(
      [10, 'r1.1', op('x-1', enableA)],
      [20, 'r1.1', done('x-1', [])],
      [50, 'driver', { e: 'fault', id: 1, kind: 'redis-empty', target: 'redis' }],
      [60, 'driver', { e: 'healed', id: 1 }],
      [90, 'driver', entries()],
    );
    expect(rules(lines)).toEqual([]);
  });
});

describe('records written by several versions of the library in turn', () => {
  const stored = (
    revision: number,
    tide: boolean,
    holds: Record<string, boolean> = {},
    write = `write-${revision}`,
  ): Event => ({
    e: 'stored',
    key: 'a',
    history: 'h',
    revision,
    write,
    tide,
    holds,
  });

  it('keep fields of a newer version in records and holds', () => {
    const kept = history(
      [10, 'driver', stored(1, false)],
      [20, 'driver', stored(2, true, { x: true })],
      // announced late
      [40, 'driver', stored(4, true)],
      [50, 'driver', stored(3, true, { x: true, y: false })],
    );
    expect(rules(kept)).toEqual([]);
    const before = [20, 'driver', stored(2, true, { x: true })] as const;
    expect(rules(history([...before], [30, 'driver', stored(3, false, { x: true })]))).toEqual(['carried']);
    expect(rules(history([...before], [30, 'driver', stored(3, true, { x: false })]))).toEqual(['carried']);
  });

  it('have a unique revision each', () => {
    const first = [10, 'driver', stored(1, false)] as const;
    // announced twice
    expect(rules(history([...first], [20, 'driver', stored(1, false)]))).toEqual([]);
    expect(rules(history([...first], [20, 'driver', stored(1, false, {}, 'other')]))).toEqual(['unique']);
    // Redis has lost the first, or only writes from before the first
    const setBack = (begin: number) =>
      history(
        [begin, 'driver', { e: 'fault', id: 1, kind: 'set-back', target: 'redis' }],
        [...first],
        [12, 'driver', { e: 'healed', id: 1 }],
        [20, 'driver', stored(1, false, {}, 'other')],
      );
    expect(rules(setBack(5))).toEqual([]);
    expect(rules(setBack(11))).toEqual(['unique']);
  });

  it('are left alone if their format is higher', () => {
    expect(rules(history([10, 'driver', { e: 'higher', key: 'b', kept: true }]))).toEqual([]);
    expect(rules(history([10, 'driver', { e: 'higher', key: 'b', kept: false }]))).toEqual(['higher']);
  });
});

it('finds work that is told of the end of its time after a replica has opened the key', () => {
  const begun: Entry[] = [
    [10, 'r1.1', op('x-1', { ...maintainJob, timeout: 5_000 })],
    [20, 'r1.1', work('x-1', 1)],
  ];
  const lines = (abort: number, ...more: Entry[]): Line[] =>
    history(
      ...begun,
      ...[1_000, 2_000, 3_000, 4_000, 5_000].map((t): Entry => [t, 'r1.1', { e: 'beat', applied: nothing }]),
      ...more,
      [5_020, 'r2.1', enter('c1', '/job/wait')],
      [abort, 'r1.1', { e: 'abort', op: 'x-1', why: 'its time is over' }],
    );
  expect(rules(lines(5_400))).toEqual(['outlived']);
  expect(rules(lines(5_250))).toEqual([]);
  const unset: Entry = [4_500, 'r2.1', op('x-2', { kind: 'unset', key: 'job' })];
  expect(rules(lines(5_400, unset))).toEqual([]);
});
