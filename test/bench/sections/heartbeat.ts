import { setTimeout as delay } from 'node:timers/promises';
import { Child } from '../../support/child.js';
import { RedisServer } from '../../support/redis.js';
import type { Effort } from '../main.js';
import type { Report } from '../report.js';
import { median } from '../statistics.js';

const APP = new URL('../apps/heartbeat.js', import.meta.url);
/** Milliseconds in which a process warms up: some twenty heartbeats. */
const WARM_UP = 20_000;
/** Milliseconds of one measurement: some ten heartbeats. */
const SPAN = 10_000;

/** What an idle replica costs its own process: one exchange with Redis a second. */
export async function heartbeat(report: Report, { processes, rounds }: Effort): Promise<void> {
  await using redis = await RedisServer.start();
  const start = (kind: string): Promise<Child> =>
    Child.start(APP, { args: [kind, redis.url], timeout: 60_000 });
  const groups: Record<'redis' | 'bare' | 'memory' | 'control', Child[]> = {
    redis: [],
    bare: [],
    memory: [],
    control: [],
  };
  try {
    for (let i = 0; i < processes; i++) {
      for (const [name, children] of Object.entries(groups)) {
        children.push(await start(name));
      }
    }
    await delay(WARM_UP);
    const exchange: number[] = [];
    const bare: number[] = [];
    const nothing: number[] = [];
    for (let i = 0; i < Math.ceil(rounds / 2); i++) {
      const [used, client, base, control] = (await measure(groups)) as [number, number, number, number];
      exchange.push(used - base);
      bare.push(client - base);
      nothing.push(control - base);
    }
    const row = (what: string, most?: number) => ({
      section: 'heartbeat',
      what,
      beside: 'CPU ms a second, beyond a process without Redis',
      limit: most === undefined ? undefined : { most },
    });
    report.values(row('an idle replica with Redis', 0.3), exchange);
    report.values(row('a bare ioredis that calls a small script once a second'), bare);
    report.values(row('another process without Redis'), nothing);
  } finally {
    await Promise.all(
      Object.values(groups)
        .flat()
        .map((child) => child.kill()),
    );
  }
}

/** Milliseconds of CPU a second, for each group the median of its processes. */
async function measure(groups: Readonly<Record<string, readonly Child[]>>): Promise<number[]> {
  const look = (): Promise<number[][]> =>
    Promise.all(
      Object.values(groups).map((children) =>
        Promise.all(children.map((child) => child.send<number>('cpu'))),
      ),
    );
  const before = await look();
  const begun = performance.now();
  await delay(SPAN);
  const after = await look();
  const seconds = (performance.now() - begun) / 1_000;
  return after.map((values, group) =>
    median(values.map((value, i) => (value - (before[group]?.[i] ?? 0)) / seconds)),
  );
}
