import { setTimeout as delay } from 'node:timers/promises';
import { Child } from '../../support/child.js';
import { RedisServer } from '../../support/redis.js';
import { until } from '../../support/until.js';
import { alternate, startFarm, warmUp } from '../alternate.js';
import type { Variant } from '../apps/http-app.js';
import type { Effort } from '../main.js';
import { onOneCore } from '../one-core.js';
import type { Report } from '../report.js';
import { median, quantile } from '../statistics.js';

const PLANNED = 1_000;
const OFF = 'nothing planned';

/** What planned windows cost requests that they do not refuse, and how exactly they begin. */
export async function windows(report: Report, effort: Effort): Promise<void> {
  await decisions(report, effort);
  await onOneCore(() => requests(report, effort));
  await beginnings(report, effort);
}

/** Nanoseconds, each in fresh processes, by turns. */
async function decisions(report: Report, { processes }: Effort): Promise<void> {
  for (const adapter of ['fastify', 'express']) {
    const run = async (call: string, ...args: (number | string)[]): Promise<number[]> => {
      await using child = await Child.start(new URL('../apps/decision-app.js', import.meta.url));
      return await child.send<number[]>(call, adapter, ...args);
    };
    const samples = { none: [] as number[][], same: [] as number[][], planned: [] as number[][] };
    const reopening = { cookie: [] as number[], address: [] as number[], function: [] as number[] };
    for (let i = 0; i < processes; i++) {
      samples.none.push(await run('planned', 0));
      samples.planned.push(await run('planned', PLANNED));
      samples.same.push(await run('planned', 0));
      for (const [by, values] of Object.entries(reopening)) {
        values.push(...(await run('reopening', by)));
      }
    }
    const ratios = (of: readonly number[][]): number[] =>
      of.map((each, i) => median(each) / median(samples.none[i] ?? []));
    const row = (what: string, beside: string, most?: number) => ({
      section: 'windows',
      what: `${adapter}: ${what}`,
      beside,
      limit: most === undefined ? undefined : { most },
    });
    report.control('windows', `${adapter}: the decision, ${OFF}`, ratios(samples.same));
    report.values(row(`the decision, ${OFF}`, 'nanoseconds', 15), samples.none.flat());
    report.values(row('the decision, 1,000 windows planned', 'nanoseconds', 15), samples.planned.flat());
    report.values(row('the decision, 1,000 windows planned', OFF), ratios(samples.planned));
    const gradual = 'the decision, a key that opens gradually';
    report.values(row(gradual, 'nanoseconds', 400), reopening.cookie);
    report.values(row(`${gradual}, by address`, 'nanoseconds', 400), reopening.address);
    report.values(
      row(`${gradual}, by a function of the application`, 'nanoseconds', 400),
      reopening.function,
    );
  }
}

/** CPU time of whole requests. */
async function requests(report: Report, { rounds, processes }: Effort): Promise<void> {
  const app: Variant = { adapter: 'fastify', kind: 'module' };
  const farm = await startFarm(
    { none: app, same: app, planned: { ...app, windows: PLANNED } },
    { processes: processes * 2, connections: 32 },
  );
  try {
    await warmUp(farm, 30_000);
    const measured = await alternate(farm, rounds * 2);
    const what = 'CPU per request, Fastify';
    report.control('windows', `${what}, ${OFF}`, measured.cpu('same', 'none'));
    report.values(
      { section: 'windows', what: `${what}, 1,000 windows planned`, beside: OFF, limit: { most: 1.02 } },
      measured.cpu('planned', 'none'),
    );
  } finally {
    await farm.stop();
  }
}

/** Milliseconds between planning a window and its start, in which all replicas learn of it and Redis is stopped. */
const AHEAD = 600;
/** Milliseconds that it lasts. */
const LASTS = 500;
/** Milliseconds before the start at which Redis is stopped. */
const STOPPED = 150;

/** How late replicas are by the clock of the store, which is stopped meanwhile: none of them can ask it anything. */
async function beginnings(report: Report, { rounds }: Effort): Promise<void> {
  await using redis = await RedisServer.start();
  const replicas = await Promise.all(
    Array.from({ length: 5 }, () =>
      Child.start(new URL('../apps/replica.js', import.meta.url), { args: [redis.url], timeout: 60_000 }),
    ),
  );
  const [planner] = replicas as [Child];
  const late: number[] = [];
  try {
    await until(async () => (await planner.send('replicas')) === replicas.length, {
      timeout: 10_000,
      what: 'all replicas',
    });
    for (let i = 0; i < rounds * 2; i++) {
      const start = await planner.send<number>('plan', AHEAD, LASTS);
      await Promise.all(replicas.map((replica) => until(async () => (await replica.send('windows')) === 1)));
      await delay(Math.max(0, start - STOPPED - Date.now()));
      redis.pause();
      try {
        const moments = replicas.map((replica) => until(() => replica.send<number>('entered', start)));
        late.push(...(await Promise.all(moments)).map((moment) => moment - start));
      } finally {
        redis.resume();
      }
      await until(async () => (await planner.send('windows')) === 0);
    }
  } finally {
    await Promise.all(replicas.map((replica) => replica.kill()));
  }
  const what = 'from the start of a window to maintenance on 5 replicas, Redis stopped';
  report.values({ section: 'windows', what, beside: 'milliseconds', limit: { most: 50 } }, late);
  report.add({
    section: 'windows',
    what: 'the same, 99 of 100',
    beside: 'milliseconds',
    median: quantile(late, 0.99),
    spread: undefined,
    limit: { most: 1_000 },
  });
}
