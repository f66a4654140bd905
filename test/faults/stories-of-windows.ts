import { setTimeout as delay } from 'node:timers/promises';
import { until } from '../support/until.js';
import { call } from './clients.js';
import type { PlannedWindow, Result } from './history.js';
import type { Scenario, Stage } from './scenarios.js';
import type { Replica, World } from './world.js';

/** Visitors who ask on all replicas. */
const VISITORS = 4;

const plan = (
  replica: Replica,
  op: string,
  ahead: number,
  window: Omit<PlannedWindow, 'start'>,
): Promise<Result> =>
  replica.plan(op, {
    kind: 'plan',
    key: 'plan',
    window: { ...window, start: Date.now() + ahead },
  });

/** Reads and writes, on one replica after the other, until told to stop. */
async function visitAll(world: World, visitor: string, stop: AbortSignal): Promise<void> {
  for (let i = 0; !stop.aborted; i++) {
    const replica = world.servers[i % world.servers.length]!;
    const writes = i % 3 === 0;
    if (replica.port !== undefined) {
      await call(world, replica, writes ? '/plan/write' : '/plan/wait/0', {
        method: writes ? 'POST' : 'GET',
        visitor,
      });
    }
    await delay(20);
  }
}

async function underLoad(world: World, tell: () => Promise<void>): Promise<void> {
  const stop = new AbortController();
  const load = Array.from({ length: VISITORS }, (_, i) => visitAll(world, `v${i}`, stop.signal));
  try {
    await tell();
  } finally {
    stop.abort();
    await Promise.all(load);
  }
}

/** A window with all its phases, and one that is cancelled while it is on and the wall clock of a replica lies. */
export const windows: Scenario = async (world, stage) =>
  underLoad(world, async () => {
    const [one, two] = stage.replicas;
    await plan(one, 'first-1', 2_300, {
      duration: 1_400,
      readOnly: 600,
      reopenOver: 1_500,
      announce: 1_800,
    });
    await delay(5_900);
    const lies = stage.fault('clock', 'r2', 3_200);
    const { id } = await plan(one, 'second-1', 1_200, {
      duration: 60_000,
      readOnly: 0,
      reopenOver: 0,
      announce: false,
    });
    await delay(1_800);
    await two.cancel('cancel-1', { kind: 'cancel', key: 'plan', planned: 'second-1' }, id!);
    await lies;
    await delay(1_000);
  });

/** Whoever calls the hook of a window is cut off before that is noted. */
export const unnoted: Scenario = async (world, stage) => {
  const window = { duration: 9_000, readOnly: 0, reopenOver: 0, announce: false } as const;
  await plan(stage.replicas[0], 'long-1', 800, window);
  const caller = await callerOf(world, stage, 'entering');
  await stage.fault('partition', caller.name, 2_000);
  await delay(7_500);
};

/** The replica that calls a hook. */
async function callerOf(world: World, stage: Stage, event: string): Promise<Replica> {
  const line = await until(
    () => world.history().find((other) => other.e === 'hook' && other.event === event),
    { timeout: 10_000, interval: 5, what: `the hook "${event}"` },
  );
  return stage.replicas.find(({ process }) => process === line.p)!;
}
