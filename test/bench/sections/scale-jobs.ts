import { Redis } from 'ioredis';
import { Child } from '../../support/child.js';
import { RedisServer } from '../../support/redis.js';
import { TcpProxy } from '../../support/tcp-proxy.js';
import { until } from '../../support/until.js';
import type { Acknowledged, Worked } from '../apps/scale-jobs.js';
import type { Effort } from '../main.js';
import type { Report } from '../report.js';
import { median } from '../statistics.js';

const APP = new URL('../apps/scale-jobs.js', import.meta.url);
const LIBRARY = new URL('../../../../../dist/index.js', import.meta.url).href;
const PROCESSES = 4;
const KEYS = 1_000;

/** Milliseconds of one measurement. */
const TIME = 5_000;
/** Milliseconds of work before it: on a Redis that has just started, the first jobs wait for up to a lease, and do nothing meanwhile. */
const WARM_UP = 5_000;

/** Many at work at once, near Redis and far from it. */
export async function jobs(report: Report, { beside, rounds }: Effort): Promise<void> {
  await independent(report, Math.ceil(rounds / 6), beside);
  await distant(report);
  await acknowledging(report);
}

const row = (what: string, beside: string, limit?: { most: number } | { least: number }) => ({
  section: 'scale',
  what,
  beside,
  limit,
});

/** Runs something in four processes that share a Redis, by way of a proxy where it is far away. */
async function together<T>(
  { library = LIBRARY, roundTrip = 0, processes = PROCESSES },
  run: (children: readonly Child[], url: string) => Promise<T>,
): Promise<T> {
  await using redis = await RedisServer.start();
  const proxy = await TcpProxy.start(redis);
  proxy.latency = roundTrip / 2;
  const url = roundTrip > 0 ? proxy.url : redis.url;
  const children: Child[] = [];
  try {
    for (let part = 0; part < processes; part++) {
      const args = [library, url, String(KEYS), String(part), String(processes)];
      children.push(await Child.start(APP, { args, timeout: 60_000 }));
    }
    await until(async () => (await children[0]?.send('replicas')) === processes, { timeout: 10_000 });
    return await run(children, url);
  } finally {
    await Promise.all(children.map((child) => child.kill()));
    await proxy.stop();
  }
}

async function work(children: readonly Child[], atATime: number): Promise<Worked> {
  const all = (ms: number): Promise<Worked[]> =>
    Promise.all(children.map((child) => child.send<Worked>('work', atATime, ms)));
  const first = await all(WARM_UP);
  const then = await all(TIME);
  return {
    done: then.reduce((sum, { done }) => sum + done, 0),
    errors: [...first, ...then].flatMap(({ errors }) => errors),
  };
}

/** How many of its jobs one second sees, each under a key that no other has, with the default drain. */
async function independent(report: Report, rounds: number, other: string | undefined): Promise<void> {
  const speeds: number[] = [];
  const ratios: number[] = [];
  let errors = 0;
  for (let round = 0; round < rounds; round++) {
    const here = await together({}, (children) => work(children, 16));
    errors += here.errors.length;
    if (here.errors[0]) console.error(here.errors[0]);
    speeds.push((here.done * 1_000) / TIME);
    if (other !== undefined) {
      const there = await together({ library: other }, (children) => work(children, 16));
      console.error(`the other build: ${there.done} done, ${there.errors.length} errors`);
      ratios.push(here.done / there.done);
    }
  }
  const what = `independent maintain() over ${KEYS.toLocaleString('en')} keys, ${PROCESSES} processes`;
  report.values(row(what, 'a second'), speeds);
  if (other !== undefined) report.values(row(what, 'the other build', { least: 5 }), ratios);
  report.add({
    ...row(`${what}: errors`, 'count', { most: 0 }),
    median: errors,
    spread: undefined,
  });
}

async function distant(report: Report): Promise<void> {
  const { done, errors } = await together({ roundTrip: 2 }, (children) => work(children, 20));
  if (errors[0]) console.error(errors[0]);
  const what = '80 jobs at a time, 2 ms from Redis';
  report.add({ ...row(what, 'a second'), median: (done * 1_000) / TIME, spread: undefined });
  report.add({ ...row(`${what}: errors`, 'count', { most: 0 }), median: errors.length, spread: undefined });
}

/** Milliseconds of a PING, the median: timers make a long wire a little longer than it was meant to be. */
async function roundTripTo(url: string): Promise<number> {
  const client = new Redis(url);
  const took: number[] = [];
  try {
    await client.ping();
    for (let i = 0; i < 50; i++) {
      const begun = performance.now();
      await client.ping();
      took.push(performance.now() - begun);
    }
    return median(took);
  } finally {
    client.disconnect();
  }
}

/** One writes, four acknowledge. */
async function acknowledging(report: Report): Promise<void> {
  const FAR = 16;
  const RATE = 50;
  const measure = (roundTrip: number): Promise<Acknowledged & { roundTrip: number }> =>
    together({ roundTrip, processes: 5 }, async ([writer], url) => ({
      ...(await (writer as Child).send<Acknowledged>('write', RATE, TIME)),
      roundTrip: await roundTripTo(url),
    }));
  const near = await measure(0);
  const far = await measure(FAR);
  const errors = [...near.errors, ...far.errors];
  if (errors[0]) console.error(errors[0]);
  const what = `${RATE} writes a second, ${FAR} ms from Redis`;
  report.add({ ...row(`${what}: a PING`, 'ms'), median: far.roundTrip, spread: undefined });
  report.values(
    row(`${RATE} writes a second, beside Redis: until 4 others have acknowledged`, 'ms'),
    near.took,
  );
  report.values(row(`${what}: until 4 others have acknowledged`, 'ms'), far.took);
  report.add({
    ...row(`${what}: what the way adds to that`, 'round trips', { most: 3 }),
    median: (median(far.took) - median(near.took)) / (far.roundTrip - near.roundTrip),
    spread: undefined,
  });
  report.add({ ...row(`${what}: errors`, 'count', { most: 0 }), median: errors.length, spread: undefined });
}
