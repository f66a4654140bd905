import { setTimeout as delay } from 'node:timers/promises';
import { plantVersions } from './build.js';
import { check, type Violation } from './checker.js';
import { call, visit } from './clients.js';
import { EventSource, HandingIn } from './handing-in.js';
import { KEYS, type Line } from './history.js';
import { operate, plan } from './operators.js';
import { schedule, type Fault } from './schedule.js';
import { AGREEMENT } from './rules-of-replicas.js';
import { migrate } from './stories-of-migrations.js';
import { World } from './world.js';

/** Visitors of each replica. */
const VISITORS = 5;
/** Machines that run migrations. */
const COMMAND_LINES = 2;

export interface RunOptions {
  readonly build: URL;
  readonly seconds: number;
  readonly seed: number;
  readonly replicas?: number;
  readonly onStale?: 'serve' | 'block';
  /** Are replicas of several versions of the library. */
  readonly mixed?: boolean;
}

export interface Run {
  readonly seed: number;
  readonly seconds: number;
  readonly lines: readonly Line[];
  readonly violations: readonly Violation[];
}

/** One run of the fault machine: load, operators and faults, then calm, then judgement. */
export async function runFaults({
  build,
  seconds,
  seed,
  replicas = 3,
  onStale = 'block',
  mixed = true,
}: RunOptions): Promise<Run> {
  await using source = await EventSource.start(replicas);
  await using world = await World.start({
    build,
    replicas,
    onStale,
    works: true,
    events: [source.address, 'redis:'],
    commandLines: COMMAND_LINES,
    ...(mixed && { versions: plantVersions(), first: ['this', 'newer', 'older'] }),
  });
  const stop = new AbortController();
  const { signal } = stop;
  const length = seconds * 1000;
  const names = world.replicas.map(({ name }) => name);
  const places = world.commandLines.map(({ name }) => name);
  const faults = schedule(seed, length, names, places);
  const visitors = world.replicas.flatMap((replica, place) =>
    Array.from({ length: VISITORS }, (_, i) => visit(world, replica, seed + place * VISITORS + i, signal)),
  );
  const operators = ['x', 'y', 'z'].map((name, i) => operate(world, name, seed * 31 + i, signal));
  const planner = plan(world, seed * 41, signal);
  const migrations = world.commandLines.map((place, i) => migrate(place, seed * 37 + i, signal));
  const handing = new HandingIn(world, source, seed * 43);
  const handed = handing.run(signal);
  const begun = performance.now();
  await Promise.all(
    [...names, ...places, 'redis'].map((target) =>
      suffer(
        world,
        begun,
        faults.filter((fault) => fault.target === target),
      ),
    ),
  );
  await delay(Math.max(0, begun + length - performance.now()));
  stop.abort();
  await Promise.all([...visitors, ...operators, planner, ...migrations, handed]);
  await settle(world);
  await open(world, 'job');
  await handing.finish();
  const lines = world.history();
  return { seed, seconds, lines, violations: check(lines, onStale) };
}

/** What one target has to bear, one thing after the other. */
async function suffer(world: World, begun: number, faults: readonly Fault[]): Promise<void> {
  for (const { at, kind, target, lasts } of faults) {
    await delay(Math.max(0, begun + at - performance.now()));
    await world.inflict(kind, target, lasts);
  }
}

/** Ends what is left of a key whose holder has died, so that what has waited for its end goes on. */
async function open(world: World, key: string): Promise<void> {
  for (let i = 1; ; i++) {
    const [replica] = world.replicas;
    const { ok, message } = (await replica?.change(`end-${i}`, { kind: 'unset', key })) ?? { ok: true };
    if (ok) return;
    if (i === 5) throw new Error(`${key} could not be opened: ${message}`);
  }
}

/** Nothing is done to anybody any more: all agree, and the answers fit what was last acknowledged. */
export async function settle(world: World): Promise<void> {
  world.journal.note({ e: 'calm' });
  const after = await world.agreement(AGREEMENT * 3).catch(() => undefined);
  if (after !== undefined) world.journal.note({ e: 'agreed', after });
  const entries = await world.servers[0]?.recorded().catch(() => undefined);
  if (entries) world.journal.note({ e: 'history', entries });
  for (const replica of world.servers) {
    for (const key of KEYS) await call(world, replica, `/${key}/wait/0`);
    await call(world, replica, '/health');
  }
}
