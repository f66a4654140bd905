import { createCache } from 'cache-manager';
import { MaintenanceKey } from 'nestjs-maintenance';
import { Keyv } from 'keyv';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CacheStore } from '../../lib/core/store/cache/cache-store.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import type { StateStore, Version } from '../../lib/core/store/store.js';
import { notice, presence, shown, writing } from '../state/documents.js';
import { startService } from '../state/service.js';
import { redisOptions } from '../state/stores.js';
import { quiet, soon } from '../state/use-stores.js';
import { RedisServer } from '../support/redis.js';
import { saveRedis } from '../support/saved-redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

// After a failover that lost writes, numbers are given out again, and what was lost is put back with the ids that it had. If it gets
// the number that it had, too, what comes before it need not be the same.

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

/** A store, another replica's view of it, and what takes it back to what it was when that was called. */
interface Ground extends AsyncDisposable {
  readonly one: StateStore;
  readonly two: StateStore;
  save(): Promise<() => Promise<unknown>>;
}

async function inRedis(): Promise<Ground> {
  const redis = server.client();
  await redis.flushall();
  const open = () => new RedisStore(server.url, 'numbers', redisOptions);
  const [one, two] = [open(), open()];
  await Promise.all([one.start(quiet, soon()), two.start(quiet, soon())]);
  return {
    one,
    two,
    save: () => saveRedis(redis),
    [Symbol.asyncDispose]: async () => void (await Promise.all([one.stop(), two.stop()])),
  };
}

async function inCache(): Promise<Ground> {
  const cache = createCache({ stores: [new Keyv({ store: new Map() })] });
  const [one, two] = [new CacheStore(cache, 'numbers'), new CacheStore(cache, 'numbers')];
  await Promise.all([one.start(quiet), two.start(quiet)]);
  return {
    one,
    two,
    save: async () => {
      const value = await cache.get('numbers:state');
      return () => cache.set('numbers:state', value, 0);
    },
    [Symbol.asyncDispose]: async () => void (await Promise.all([one.stop(), two.stop()])),
  };
}

it.each([
  ['Redis', inRedis],
  ['another cache', inCache],
])(
  '%s: one that has missed a write before it is not at the version of a write that was put back',
  async (_, open) => {
    await using ground = await open();
    const { one, two } = ground;
    const write = async (known: Version, name: string, kept?: KeyRecord) => {
      const put = kept
        ? { name, expected: '', record: kept, kept: true }
        : writing(name, { switch: notice() });
      const { version, outcomes } = await one.write([put], known, soon());
      return { version, record: outcomes[0] as KeyRecord };
    };
    await one.sync(null, presence({ id: 'one' }), soon());
    const first = await write('', 'first');
    const failOver = await ground.save();
    const lost = await write(first.version, 'lost');
    const last = await write(lost.version, 'last');
    await two.sync(last.version, presence({ id: 'two', at: last.version }), soon());

    await failOver();
    const news = await write(first.version, 'news');
    const again = await write(news.version, 'last', last.record);
    const found = await two.sync(last.version, presence({ id: 'two', at: last.version }), soon());
    expect(shown(found)).toMatchObject({ news: news.record, last: last.record });
    expect(found.version).toBe(again.version);
    expect((await two.sync(again.version, presence({ id: 'two' }), soon())).stored).toBeUndefined();
  },
);

it('work does not begin while a replica that went over to a Redis without the last writes does not know its hold', async () => {
  await server.client().flushall();
  await using near = await TcpProxy.start(server);
  await using far = await TcpProxy.start(server);
  const keys = ['early', 'later', 'work'].map((name) => new MaintenanceKey(name));
  const start = (url: string) => startService({ redis: url, keys });
  await using knowing = await start(near.url);
  await using other = await start(far.url);
  await knowing.service.setMaintenance(true, 'early', { acknowledge: 10_000 });
  await knowing.service.setMaintenance(false, 'early', { acknowledge: 10_000 });
  await until(async () => (await knowing.service.replicas()).length === 2);
  const failOver = await saveRedis(server.client());
  await knowing.service.setMaintenance(true, 'later', { acknowledge: 10_000 });
  await knowing.service.setMaintenance(true, 'early', { acknowledge: 10_000 });

  near.pause();
  far.pause();
  await failOver();
  await using worker = await start(server.url);
  let knew: boolean | undefined;
  const working = worker.service.maintain('work', () => void (knew = other.isOn('work')), { drain: 20_000 });
  await until(() => worker.isOn('work'));
  near.resume();
  // what was lost is put back: the last write with the number that it had, after one that was not there
  await until(() => worker.isOn('early') && worker.isOn('later'), { timeout: 10_000 });
  far.resume();
  await working;
  expect(knew).toBe(true);
}, 60_000);
