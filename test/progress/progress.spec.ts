import { OnMaintenance, type MaintenanceChange, type MaintenanceRootOptions } from 'nestjs-maintenance';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { maintenance, serviceOf } from '../apps/shop.js';
import { Replica } from '../cluster/replicas.js';
import { RedisProgress } from '../../lib/core/store/redis/redis-progress.js';
import { ProgressTable } from '../../lib/core/store/cache/progress-table.js';
import { startService } from '../state/service.js';
import { createFastifyApp } from '../support/apps.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

const KEY = 'import-export';
let server: RedisServer;
let count = 0;

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

describe.each<[string, () => MaintenanceRootOptions]>([
  ['in memory', () => ({})],
  ['in Redis', () => ({ redis: server.url, namespace: `p${count++}` })],
])('progress %s', (_name, store) => {
  it('is in key data from the first report until the work is done', async () => {
    await using app = await startService(store());
    const data = async () => (await app.service.getKeyData())[KEY];
    await app.service.maintain(
      KEY,
      async (m) => {
        expect(await data()).not.toHaveProperty('progress');
        const begun = performance.now();
        m.progress({ done: 2, total: 8 }, { step: { '': 'Prices', de: 'Preise' } });
        expect(await data()).toMatchObject({
          progress: {
            value: 0.25,
            done: 2,
            total: 8,
            step: 'Prices',
            steps: { de: 'Preise' },
            public: false,
          },
          holder: { step: 'Prices' },
        });
        expect(() => m.progress(40)).toThrow('a fraction from 0 to 1');
        // at most once a second: the last counts
        m.progress(0.5);
        m.progress({ percent: 60 }, { step: 'Stock', remaining: 60_000, public: true });
        const early = (await data())?.progress?.value;
        expect(early === 0.25 || performance.now() - begun >= 1_000).toBe(true);
        await until(async () => (await data())?.progress?.value === 0.6, { timeout: 5_000 });
        const told = (await data())?.progress;
        expect(told).toMatchObject({ step: 'Stock', public: true, overrun: false });
        expect(told?.remaining).toBeGreaterThan(50_000);
        expect(told?.remaining).toBeLessThanOrEqual(60_000);
      },
      { drain: false },
    );
    expect(await data()).not.toHaveProperty('progress');
    expect(await data()).toMatchObject({ value: false, holder: null });
  });

  it('counts down between two reports', async () => {
    await using app = await startService(store());
    await using m = await app.service.maintain(KEY, { drain: false });
    const data = async () => (await app.service.getKeyData())[KEY]?.progress;
    m.progress(0.4, { remaining: 60_000 });
    await until(async () => (await data())!.remaining! < 59_500, { timeout: 5_000 });
    expect(await data()).toMatchObject({ value: 0.4 });
    m.progress(0.5, { remaining: 500 });
    await until(async () => (await data())?.remaining === null, { timeout: 5_000 });
    expect(await data()).toMatchObject({ value: 0.5 });
  });

  it('does not estimate the time left of work that has only just begun', async () => {
    await using app = await startService(store());
    const begun = performance.now();
    await using m = await app.service.maintain(KEY, { drain: false });
    await new Promise((resolve) => setTimeout(resolve, 20));
    m.progress(0.4);
    const young = performance.now() - begun < 1_000;
    const { progress } = (await app.service.getKeyData())[KEY]!;
    expect(progress).toMatchObject({ value: 0.4, ...(young && { remaining: null }) });
  });

  it('reaches the store at most once a second', async () => {
    const reports = [
      vi.spyOn(RedisProgress.prototype, 'report'),
      vi.spyOn(ProgressTable.prototype, 'report'),
    ];
    await using app = await startService(store());
    await using m = await app.service.maintain(KEY, { drain: false });
    const begun = performance.now();
    for (let i = 0; performance.now() - begun < 2_300; i++) {
      m.progress((i % 100) / 100);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const seconds = (performance.now() - begun) / 1_000;
    const times = reports.flatMap(({ mock }) => mock.calls).length;
    expect(times).toBeGreaterThanOrEqual(2);
    expect(times).toBeLessThanOrEqual(1 + seconds);
  });

  it('is estimated if only the expected duration is known; hooks and history report when it takes longer', async () => {
    const heard: MaintenanceChange[] = [];
    class Hooks {
      @OnMaintenance('overrun', 'billing')
      late(change: MaintenanceChange): void {
        heard.push(change);
      }
    }
    await using app = await createFastifyApp({ imports: [maintenance(store())], providers: [Hooks] });
    const service = serviceOf(app);
    await using m = await service.maintain('billing', { drain: false, expected: 400, reason: 'move' });
    const data = async () => (await service.getKeyData())['billing']?.progress;
    expect(await data()).toMatchObject({ step: null, overrun: false, public: false });
    await until(() => heard.length > 0, { timeout: 8_000 });
    expect(heard).toMatchObject([
      {
        key: 'billing',
        from: true,
        to: true,
        cause: 'maintain',
        reason: 'move',
        holder: { pid: process.pid },
      },
    ]);
    expect(await data()).toMatchObject({ overrun: true, remaining: null });
    expect((await data())?.value).toBeLessThan(1);
    const [entry] = await service.getHistory();
    expect(entry).toMatchObject({ event: 'overrun', way: 'expiry', reason: 'move' });
    await m.leave();
    expect((await service.getHistory()).map(({ event }) => event)).toEqual([
      'exiting',
      'overrun',
      'entering',
    ]);
    expect(heard).toHaveLength(1);
    await expect(service.maintain('billing', { expected: 0 })).rejects.toThrow('"expected" received 0');
  });
});

it('progress reaches other replicas, and ends with its holder', async () => {
  const namespace = `p${count++}`;
  await using holder = await Replica.start(server.url, { NAMESPACE: namespace });
  await using app = await startService({ redis: server.url, namespace });
  await holder.hold('job', KEY, { drain: false });
  await holder.child.send('progress', 'job', 0.4, { step: 'Prices' });
  const data = async () => (await app.service.getKeyData())[KEY];
  await until(async () => (await data())?.progress?.value === 0.4, { timeout: 5_000 });
  expect(await data()).toMatchObject({ holder: { step: 'Prices' }, progress: { step: 'Prices' } });
  await holder.child.kill();
  await until(async () => (await data())?.abandoned === true, { timeout: 20_000 });
  expect(await data()).not.toHaveProperty('progress');
}, 60_000);

it('nothing of it stays in Redis, however short the work was', async () => {
  const namespace = 'short';
  await using app = await startService({ redis: server.url, namespace });
  const entry = `${namespace}:{${namespace}}:progress`;
  const client = server.client();
  const reported = vi.spyOn(RedisProgress.prototype, 'report');
  await app.service.maintain(KEY, async (m) => {
    m.progress(0.5);
    await until(() => client.hlen(entry));
  });
  expect(reported).toHaveBeenCalledOnce();
  expect(await client.hgetall(entry)).toEqual({});
});

it('nothing of it stays in memory once the next work reports', async () => {
  await using app = await startService({});
  const reported = vi.spyOn(ProgressTable.prototype, 'report');
  for (let value = 0; value < 10; value++) {
    await app.service.maintain(KEY, (m) => m.progress(value / 10));
  }
  const [table] = reported.mock.contexts as ProgressTable[];
  expect(reported).toHaveBeenCalledTimes(10);
  expect(table?.['texts'].size).toBe(1);
});
