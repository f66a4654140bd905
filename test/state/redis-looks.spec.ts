import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { RedisRoster } from '../../lib/core/store/redis/redis-roster.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { RedisServer } from '../support/redis.js';
import { notice, presence, writing } from './documents.js';
import { redisOptions } from './stores.js';

const soon = () => performance.now() + 5_000;

let server: RedisServer;
let store: RedisStore;
beforeAll(async () => {
  server = await RedisServer.start();
});
beforeEach(async () => {
  await server.client().flushall();
  store = new RedisStore(server.url, 'looks', redisOptions);
  const quiet = () => undefined;
  await store.start({ pushed: quiet, reconnected: quiet, woken: quiet, warn: quiet }, soon());
  return () => store.stop();
});
afterAll(() => server.stop());

/** How many scripts run meanwhile. */
async function scriptsDuring<T>(run: () => Promise<T>): Promise<[T, number]> {
  const admin = server.client();
  await admin.config('RESETSTAT');
  const result = await run();
  const calls = [...(await admin.info('commandstats')).matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)];
  return [result, calls.reduce((sum, [, count]) => sum + Number(count), 0)];
}

it('all who look in the same tick share one call, and each has a condition of its own', async () => {
  const first = await store.write([writing('a', { switch: notice() })], '', soon());
  const second = await store.write([writing('b', { switch: notice() })], first.version, soon());
  await store.sync(second.version, presence({ id: 'one', at: second.version }), soon());
  await store.replicasAt(first.version, soon());
  const [history] = first.version.split('.');
  const never = `${history}.1.somebody-elses-write`;

  const [seen, scripts] = await scriptsDuring(() =>
    Promise.all(
      [first.version, never, second.version, first.version].map(async (version) => {
        // as deep in promises as those who are woken
        await Promise.resolve();
        return store.replicasAt(version, soon());
      }),
    ),
  );
  expect(scripts).toBe(1);
  expect(seen.map((look) => look?.replicas.map(({ id }) => id))).toEqual([
    ['one'],
    undefined,
    ['one'],
    ['one'],
  ]);
  expect(seen[0]?.version).toBe(second.version);

  const [none, once] = await scriptsDuring(() =>
    Promise.all([store.replicasAt(never, soon()), store.replicasAt('x.1.y', soon())]),
  );
  expect([none, once]).toEqual([[undefined, undefined], 1]);
});

it('a look that fails fails for all who share it, and the next one is another', async () => {
  const { version } = await store.write([writing('a', { switch: notice() })], '', soon());
  await store.replicasAt(version, soon());
  server.pause();
  const brief = () => store.replicasAt(version, performance.now() + 200);
  const looks = await Promise.allSettled([brief(), brief()]);
  server.resume();
  expect(looks.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await store.replicasAt(version, soon())).toBeDefined();
});

it('a lease that another version says otherwise takes nothing from the time for which lists are doubted', () => {
  const roster = new RedisRoster();
  roster.learn('5.1', ['{"id":"a","lease":"1 s"}', '{"id":"b"}', '{"id":"c","lease":900}']);
  expect(roster.longestLease(600)).toBe(900);
});
