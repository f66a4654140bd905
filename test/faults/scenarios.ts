import { setTimeout as delay } from 'node:timers/promises';
import { plantVersions } from './build.js';
import { check, type Violation } from './checker.js';
import { call } from './clients.js';
import type { FaultKind, Line, Wish } from './history.js';
import { settle } from './run.js';
import { until } from '../support/until.js';
import { migrationsStory } from './stories-of-migrations.js';
import { asked, evicted, farAway, goingOn, lateVisitors, loaded, noted } from './stories-of-late-calls.js';
import { unnoted, windows } from './stories-of-windows.js';
import { unreadable, versionsStory } from './stories-of-versions.js';
import { rabbit, workers } from './stories-of-workers.js';
import { World, type Replica } from './world.js';

/** A short story that only a sound library survives; each seeded bug is told the one that is meant for it. */
export type Scenario = (world: World, stage: Stage) => Promise<void>;

/** Shorthands for those who tell one. */
export class Stage {
  constructor(private readonly world: World) {}

  get replicas(): readonly [Replica, Replica, Replica] {
    return this.world.replicas as never;
  }

  /** Begins a fault and gives its end. */
  fault(kind: FaultKind, target: string, lasts: number): Promise<void> {
    return this.world.inflict(kind, target, lasts);
  }

  /** Tried until every live replica has said that it has applied it. */
  enable(replica: Replica, op: string, key: string, timeout?: number): Promise<void> {
    return this.#insist(replica, op, { kind: 'enable', key, ...(timeout && { timeout }) });
  }

  disable(replica: Replica, op: string, key: string): Promise<void> {
    return this.#insist(replica, op, { kind: 'disable', key });
  }

  async #insist(replica: Replica, op: string, wish: Wish): Promise<void> {
    for (let i = 1; ; i++) {
      const { ok, missing } = await replica.change(i === 1 ? op : `${op}-${i}`, {
        ...wish,
        acknowledge: 5_000,
      });
      if (ok && missing?.length === 0) return;
      if (i === 5) throw new Error(`${op} was never acknowledged`);
    }
  }

  /** Work in steps of 50 ms. */
  work(
    replica: Replica,
    op: string,
    key: string,
    {
      steps = 3,
      drain = 8_000,
      lock = true,
      blocking = 0,
      fails = false,
    }: { steps?: number; drain?: number | false; lock?: boolean; blocking?: number; fails?: boolean } = {},
  ): Promise<unknown> {
    return replica.maintain(op, { kind: 'maintain', key, drain, lock }, { steps, step: 50, blocking, fails });
  }
}

/** Tells a story under a light load, and judges what came of it. */
export async function tell(
  build: URL,
  {
    keys,
    scenario,
    replicas = 3,
    known,
    observers,
    works = false,
    commandLines = 0,
    versions = false,
  }: Story,
): Promise<{ lines: Line[]; violations: Violation[] }> {
  await using world = await World.start({
    build,
    replicas,
    works,
    commandLines,
    ...(known && { keys: known }),
    ...(observers && { observers }),
    ...(versions && { versions: plantVersions() }),
  });
  const stop = new AbortController();
  const load = world.servers.flatMap((replica) =>
    keys.map((key) => ask(world, replica, key ? `/${key}/wait/0` : '/health', stop.signal)),
  );
  // a broken library may keep a story from being told to its end: what came of it counts
  const failure = await scenario(world, new Stage(world)).then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  stop.abort();
  await Promise.all(load);
  await settle(world);
  const lines = world.history();
  const violations = check(lines);
  if (failure && violations.length === 0) throw failure;
  return { lines, violations };
}

async function ask(world: World, replica: Replica, path: string, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    if (replica.port !== undefined) await call(world, replica, path);
    await delay(15);
  }
}

export interface Story {
  readonly replicas?: number;
  /** Keys that are asked for all the time; an empty one is the exempt route. */
  readonly keys: readonly string[];
  /** Keys that some replicas know, which are of another version; the others know all. */
  readonly known?: Readonly<Record<string, readonly string[]>>;
  /** Replicas without handlers. */
  readonly observers?: readonly string[];
  /** Do replicas have jobs and events. */
  readonly works?: boolean;
  /** Machines that run migrations. */
  readonly commandLines?: number;
  /** May replicas be of other versions of the library. */
  readonly versions?: boolean;
  readonly scenario: Scenario;
}

/** One replica is cut off and its connections are closed, until the others agree without it. */
const partition: Scenario = async (_world, stage) => {
  const [one] = stage.replicas;
  await stage.enable(one, 'warm-1', 'a');
  await stage.disable(one, 'warm-2', 'a');
  const cut = stage.fault('severed', 'r2', 14_000);
  await one.change('hasty-1', { kind: 'enable', key: 'a', acknowledge: 200 });
  await delay(300);
  await stage.disable(one, 'warm-3', 'a');
  await stage.enable(one, 'sure-1', 'a');
  await cut;
};

/** Nobody is told of changes; who asks is not believed to know before it does. */
const unheard: Scenario = async (_world, stage) => {
  const [one] = stage.replicas;
  for (let i = 1; i <= 4; i++) {
    await stage.fault('freeze-subscriber', 'r2', 10);
    await stage.enable(one, `on-${i}`, 'a');
    await delay(300);
    await stage.disable(one, `off-${i}`, 'a');
  }
};

/** A line that died without a word is replaced, and changes are heard at once again. */
const deaf: Scenario = async (_world, stage) => {
  const [one] = stage.replicas;
  await Promise.all([stage.fault('freeze-subscriber', 'r2', 10), stage.fault('freeze-subscriber', 'r3', 10)]);
  await delay(6_000);
  for (let i = 1; i <= 8; i++) {
    await stage.enable(one, `on-${i}`, 'a');
    await stage.disable(one, `off-${i}`, 'a');
    await delay(i * 37);
  }
};

/** Changes come while a replica is about to listen again: it looks for what it may have missed once it listens. */
const absent: Scenario = async (_world, stage) => {
  const [one, two] = stage.replicas;
  for (let i = 1; i <= 14; i++) {
    const slow = stage.fault('slow-subscribe', 'r2', 200);
    await until(() => two.proxy.holdsBack, { timeout: 10_000, what: 'r2 to subscribe again' });
    await delay(150);
    await (i % 2 ? stage.enable : stage.disable).call(stage, one, `change-${i}`, 'a');
    await slow;
    await delay(i * 37);
  }
};

/** Requests that take long are waited for, wherever they run and whatever became of their clients. */
const drain: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  let count = 0;
  for (const replica of [one, two]) {
    for (const kind of ['hung-up', 'early', 'stream']) {
      const route = `/job/${kind === 'hung-up' ? 'wait' : kind}`;
      const path = kind === 'stream' ? '?ms=1500' : '/1500';
      const hangUp = new AbortController();
      const request = call(world, replica, `${route}${path}`, { abort: hangUp.signal });
      await world.handling(replica, route);
      if (kind === 'hung-up') hangUp.abort();
      await stage.work(one, `drain-${++count}`, 'job');
      await request;
      await delay(100);
    }
  }
  const request = call(world, two, '/job/stream?ms=2000');
  await world.handling(two, '/job/stream');
  await stage.work(one, 'hasty-1', 'job', { drain: 300 });
  await request;
  await stage.work(one, 'thrown-1', 'b', { fails: true });
  await delay(4_500);
};

/** A holder stands still until its lease is over; another takes the lock, and keeps it when the first one wakes. */
const holders: Scenario = async (world, stage) => {
  const [one, two, three] = stage.replicas;
  const first = stage.work(one, 'first-1', 'job', { steps: 400 });
  await world.working('first-1');
  await stage.work(two, 'barred-1', 'job');
  await stage.work(three, 'barred-3', 'job', { drain: false });
  const stopped = stage.fault('stop', 'r1', 9_500);
  const second = stage.work(two, 'second-1', 'job', { steps: 120, blocking: 15_000, drain: false });
  await Promise.all([stopped, world.working('second-1')]);
  await delay(700);
  await stage.work(three, 'barred-2', 'job');
  await Promise.all([first, second]);
};

/** Work that takes longer than a lease is not disturbed. */
const longWork: Scenario = async (_world, stage) => {
  await stage.work(stage.replicas[0], 'long-1', 'job', { steps: 140 });
};

/** Three operators at once, each with a key of its own: none undoes what another has done. */
const operators: Scenario = async (_world, stage) => {
  const [one, two, three] = stage.replicas;
  for (let i = 1; i <= 8; i++) {
    await Promise.all([
      stage.enable(one, `a-${i}`, 'a'),
      stage.enable(two, `b-${i}`, 'b'),
      stage.enable(three, `mix-${i}`, 'mix'),
    ]);
    await delay(60);
    await Promise.all([
      stage.disable(one, `aoff-${i}`, 'a'),
      stage.disable(two, `boff-${i}`, 'b'),
      stage.disable(three, `mixoff-${i}`, 'mix'),
    ]);
    await delay(60);
  }
};

/** Several that work on one key at once: each is let go by itself only. */
const crowd: Scenario = async (_world, stage) => {
  for (let i = 1; i <= 6; i++) {
    await Promise.all(
      stage.replicas.map((replica, at) =>
        stage.work(replica, `crowd-${i}${at}`, 'mix', { lock: false, drain: false, steps: 4 }),
      ),
    );
  }
};

/** A write is held up on its way until its caller has given up, and arrives after somebody else was acknowledged. */
const late: Scenario = async (_world, stage) => {
  const [one, two] = stage.replicas;
  await stage.enable(two, 'warm-1', 'a');
  await stage.disable(two, 'warm-2', 'a');
  const held = stage.fault('partition', 'r1', 5_500);
  await one.change('lost-1', { kind: 'enable', key: 'a' });
  await stage.disable(two, 'last-1', 'a');
  await held;
  await delay(1_500);
};

/** Redis loses its data, and a replica that knows nothing comes to it. */
const forgetful: Scenario = async (_world, stage) => {
  await stage.enable(stage.replicas[0], 'on-1', 'a');
  await stage.fault('redis-empty', 'redis', 50);
  await delay(5_000);
  await stage.fault('kill', 'r2', 50);
  await delay(1_000);
};

/** Redis has lost everything, and somebody who knows nothing writes first. */
const newcomer: Scenario = async (_world, stage) => {
  await stage.enable(stage.replicas[0], 'on-1', 'a');
  await stage.fault('newcomer', 'redis', 50);
  await delay(4_000);
  await stage.fault('kill', 'r2', 50);
  await delay(1_000);
};

/** The same, and what is written first is of the key that somebody works under. */
const ignorant: Scenario = async (world, stage) => {
  const [one] = stage.replicas;
  const work = stage.work(one, 'work-1', 'job', { steps: 100 });
  await world.working('work-1');
  await stage.fault('ignorant', 'redis', 50);
  await work;
};

/** Another Redis takes over, which has not heard of the last change, and gives its number to another. */
const failedOver: Scenario = async (_world, stage) => {
  const [one, two] = stage.replicas;
  await stage.enable(one, 'warm-1', 'a');
  await stage.disable(one, 'warm-2', 'a');
  for (let i = 1; i <= 8; i++) {
    const cut = stage.fault('partition', 'r2', 620);
    const failover = stage.fault('failover', 'redis', 600);
    await delay(200);
    const lost = one.change(`lost-${i}`, { kind: 'enable', key: 'a', acknowledge: 5_000 });
    await Promise.all([cut, failover, lost]);
    await delay(1_000);
    await stage.enable(one, `on-${i}`, 'a');
    await stage.disable(two, `off-${i}`, 'a');
  }
};

/**
 * The same, and two changes are lost. Somebody who had heard of neither closes a key meanwhile, which takes the number of the first;
 * then the second one is put back, and has the number that it had. Who knew both has yet to hear what came before it now.
 */
const numbersAgain: Scenario = async (_world, stage) => {
  const [one, , three] = stage.replicas;
  await stage.enable(one, 'warm-1', 'a');
  await stage.disable(one, 'warm-2', 'a');
  await stage.work(one, 'warm-3', 'job');
  const faults = [stage.fault('set-back', 'redis', 700), stage.fault('severed', 'r3', 900)];
  await delay(200);
  await one.change('lost-1', { kind: 'enable', key: 'mix' });
  await one.change('lost-2', { kind: 'enable', key: 'a' });
  await delay(150);
  const cuts = [stage.fault('partition', 'r1', 1_800), stage.fault('partition', 'r2', 2_800)];
  await Promise.all(faults);
  await delay(400);
  await stage.work(three, 'patient-1', 'job', { drain: 14_000, steps: 60 });
  await Promise.all(cuts);
};

/** Somebody who may publish, and no more, says that nothing is in maintenance. */
const neighbour: Scenario = async (_world, stage) => {
  await stage.enable(stage.replicas[0], 'on-1', 'a');
  await stage.fault('neighbour', 'redis', 3_000);
  await delay(1_000);
};

/** Wall clocks jump; ends come when they were said to come. */
const clocks: Scenario = async (_world, stage) => {
  await stage.enable(stage.replicas[0], 'window-1', 'a', 4_000);
  await stage.fault('clock', 'r2', 2_400);
  await delay(4_000);
};

/** Two jobs and an operator on one key: it is on until the last of them lets go. */
const together: Scenario = async (_world, stage) => {
  const [one, two, three] = stage.replicas;
  const long = stage.work(two, 'long-1', 'mix', { steps: 50, lock: false });
  const short = stage.work(one, 'short-1', 'mix', { steps: 10, lock: false });
  await delay(300);
  await short;
  await stage.enable(three, 'on-1', 'mix');
  await stage.disable(three, 'off-1', 'mix');
  await long;
};

/** A holder dies in the middle of its work: what is half done stays closed. */
const death: Scenario = async (world, stage) => {
  const [, two] = stage.replicas;
  const work = stage.work(two, 'dying-1', 'job', { steps: 1_000 }).catch(() => undefined);
  await world.working('dying-1');
  await stage.fault('kill', 'r2', 3_000);
  await work;
  await delay(18_000);
};

/** A request that goes on for so long on that replica, after its answer. */
async function busy(world: World, replica: Replica, ms: number): Promise<void> {
  await call(world, replica, `/job/early/${ms}`);
  await world.handling(replica, '/job/early');
}

/** An event loop that is blocked, with a handler under way: it is waited for. */
const blocked: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  await busy(world, two, 9_000);
  const block = stage.fault('block', 'r2', 5_500);
  await stage.work(one, 'patient-1', 'job', { drain: 14_000 });
  await block;
};

/** Redis' clock is set forward while a replica is stopped: it is not presumed dead by that. */
const clockStep: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  // a Redis that has only just started gives no lock yet
  await stage.work(one, 'warm-1', 'job');
  await busy(world, two, 9_000);
  const stop = stage.fault('stop', 'r2', 5_000);
  await delay(300);
  const clock = stage.fault('redis-clock', 'redis', 7_200);
  await delay(100);
  await stage.work(one, 'patient-1', 'job', { drain: 14_000 });
  await Promise.all([stop, clock]);
};

/** Redis' clock is set forward, and back again, while somebody has the lock and goes on prolonging it. */
const lockStep: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  const first = stage.work(one, 'first-1', 'job', { steps: 140 });
  await world.working('first-1');
  const clock = stage.fault('redis-clock', 'redis', 3_000);
  await delay(50);
  await stage.work(two, 'barred-1', 'job', { drain: false });
  await clock;
  await stage.work(two, 'barred-2', 'job', { drain: false });
  await first;
};

/** Redis loses its data while a replica is stopped: the others remember it. */
const vouched: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  // so that they know of each other
  await stage.enable(one, 'warm-1', 'a');
  await stage.disable(one, 'warm-2', 'a');
  await busy(world, two, 12_000);
  const stop = stage.fault('stop', 'r2', 8_000);
  await delay(200);
  await stage.fault('redis-empty', 'redis', 50);
  await delay(1_000);
  await stage.work(one, 'patient-1', 'job', { drain: 16_000 });
  await stop;
};

/** One replica is of an older version, which does not know a key: nobody takes it for drained. */
const keySets: Scenario = async (_world, stage) => {
  const [one] = stage.replicas;
  await one.change('on-1', { kind: 'enable', key: 'b', acknowledge: 1_000 });
  await delay(300);
  await one.change('off-1', { kind: 'disable', key: 'b', acknowledge: 1_000 });
  await stage.work(one, 'hasty-1', 'b', { drain: 2_000, steps: 20 });
  await stage.work(one, 'fine-1', 'job', { drain: 8_000 });
};

/** A process without handlers wants to begin something while it cannot tell others that it may. */
const observer: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  const cut = stage.fault('partition', 'r2', 3_500);
  await delay(100);
  const work = two.whileOpen('background-1', 'job', 4_000);
  await delay(1_300);
  await stage.work(one, 'drained-1', 'job', { steps: 60 });
  await Promise.all([cut, work]);
  const later = two.whileOpen('background-2', 'job', 1_500);
  await world.handling(two, '/job/background');
  await stage.work(one, 'patient-1', 'job');
  await later;
};

/** An application is closed while a handler still works that has answered already: it stays on the list. */
const closing: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  await busy(world, two, 6_000);
  await two.close();
  await stage.work(one, 'patient-1', 'job', { drain: 12_000 });
  await two.kill();
  await two.start();
};

/** Redis takes no writes any more, in three ways: whoever cannot record its presence is not in touch. */
const refused: Scenario = async (_world, stage) => {
  for (const kind of ['redis-full', 'redis-denied', 'redis-readonly'] as const) {
    await stage.fault(kind, 'redis', 6_000);
    await delay(3_000);
  }
};

/** The next one gives up before it works: what the one that died has left half done stays closed. */
const heir: Scenario = async (world, stage) => {
  const [one, two] = stage.replicas;
  const work = stage.work(two, 'dying-1', 'job', { steps: 1_000 }).catch(() => undefined);
  await world.working('dying-1');
  await stage.fault('kill', 'r2', 3_000);
  await work;
  // until the lock is free: its lease of six seconds, and two more
  await delay(6_000);
  const cut = stage.fault('partition', 'r2', 2_000);
  await stage.work(one, 'hasty-1', 'job', { drain: 300 });
  await cut;
  await delay(1_000);
  await stage.work(one, 'heir-1', 'job');
};

export const STORIES = {
  partition: { replicas: 2, keys: ['a', ''], scenario: partition },
  unheard: { replicas: 2, keys: ['a'], scenario: unheard },
  deaf: { keys: [], scenario: deaf },
  absent: { replicas: 2, keys: [], scenario: absent },
  drain: { replicas: 2, keys: ['job', 'b'], scenario: drain },
  holders: { keys: ['job'], scenario: holders },
  longWork: { replicas: 1, keys: ['job'], scenario: longWork },
  operators: { keys: ['a', 'b', 'mix', 'never'], scenario: operators },
  crowd: { keys: ['mix'], scenario: crowd },
  late: { replicas: 2, keys: ['a'], scenario: late },
  forgetful: { replicas: 2, keys: ['a'], scenario: forgetful },
  newcomer: { replicas: 2, keys: ['a'], scenario: newcomer },
  failedOver: { replicas: 2, keys: ['a'], scenario: failedOver },
  numbersAgain: { keys: ['job'], scenario: numbersAgain },
  ignorant: { replicas: 2, keys: ['job'], scenario: ignorant },
  windows: { replicas: 2, keys: [], scenario: windows },
  unnoted: { replicas: 2, keys: [], scenario: unnoted },
  neighbour: { replicas: 2, keys: ['a'], scenario: neighbour },
  clocks: { replicas: 2, keys: ['a'], scenario: clocks },
  together: { keys: ['mix'], scenario: together },
  death: { replicas: 2, keys: ['job'], scenario: death },
  heir: { replicas: 2, keys: ['job'], scenario: heir },
  blocked: { replicas: 2, keys: ['job'], scenario: blocked },
  lockStep: { replicas: 2, keys: ['job'], scenario: lockStep },
  clockStep: { replicas: 2, keys: ['job'], scenario: clockStep },
  vouched: { replicas: 2, keys: ['job'], scenario: vouched },
  keySets: { keys: ['b'], known: { r3: ['a', 'job', 'mix', 'never', 'plan'] }, scenario: keySets },
  observer: { replicas: 2, keys: ['job'], observers: ['r2'], scenario: observer },
  closing: { replicas: 2, keys: ['job'], scenario: closing },
  refused: { replicas: 2, keys: ['a', ''], scenario: refused },
  versions: { replicas: 2, keys: ['a', 'b', 'job'], versions: true, scenario: versionsStory },
  unreadable: { replicas: 2, keys: ['a', 'job'], versions: true, scenario: unreadable },
  lateVisitors: { replicas: 2, keys: [], scenario: lateVisitors },
  loaded: {
    replicas: 2,
    keys: ['b'],
    known: { r2: ['a', 'job', 'mix', 'never', 'plan'] },
    scenario: loaded,
  },
  goingOn: { replicas: 2, keys: [], scenario: goingOn },
  asked: { replicas: 2, keys: ['job'], works: true, scenario: asked },
  noted: { replicas: 2, keys: ['job'], works: true, scenario: noted },
  evicted: { replicas: 2, keys: [], scenario: evicted },
  farAway: { replicas: 2, keys: [], scenario: farAway },
  workers: { replicas: 2, keys: ['job'], works: true, scenario: workers },
  migrations: {
    replicas: 2,
    keys: ['job', 'a', 'b', 'mix'],
    commandLines: 8,
    scenario: migrationsStory,
  },
  rabbit: { replicas: 2, keys: ['job'], works: true, scenario: rabbit },
} satisfies Record<string, Story>;
