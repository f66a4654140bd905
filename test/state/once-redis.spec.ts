import { afterAll, beforeAll, expect, it } from 'vitest';
import { DAY, HOUR } from '../../lib/core/keys/durations.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { RedisServer } from '../support/redis.js';
import { redisOptions } from './stores.js';
import { quiet, soon } from './use-stores.js';

const NAME = 'maintenance:{maintenance}:once';
let server: RedisServer;
let store: RedisStore;

beforeAll(async () => {
  server = await RedisServer.start();
  store = new RedisStore(server.url, 'maintenance', redisOptions);
  await store.start(quiet, soon());
});
afterAll(async () => {
  await store.stop();
  await server.stop();
});

const entry = (ends: number): string => `done|a|${40 * DAY}|${ends}`;
const claim = (name: string) => store.once.claim(name, 'b', 60_000, soon());

/** How often Redis has read the whole hash. */
async function readings(): Promise<number> {
  const stats = await server.client().info('commandstats');
  return Number(/cmdstat_hgetall:calls=(\d+)/.exec(stats)?.[1] ?? 0);
}

it('what must be done once is not searched for among all that was, and that is forgotten in time', async () => {
  const client = server.client();
  const now = Date.now();
  // a window each hour for a month, say
  const done = Array.from({ length: 2_000 }, (_, i) => [`entering:w:${i}`, entry(now + DAY + i)]);
  await client.hset(NAME, Object.fromEntries(done) as Record<string, string>);
  await client.hset(NAME, { over: entry(now - DAY), foreign: 'x' });
  expect(await claim('entering:w:7')).toBe('done');
  expect(await client.hmget(NAME, 'over', 'foreign')).toEqual([null, null]);

  await client.hset(NAME, { over: entry(now - DAY) });
  const before = await readings();
  for (let i = 0; i < 20; i++) {
    expect(await claim(`entering:w:${i}`)).toBe('done');
    expect(await claim(`new:${i}`)).toBe('granted');
  }
  expect(await claim('over')).toBe('granted');
  expect((await readings()) - before).toBe(0);

  // an hour later, by a clock that may have been set meanwhile
  for (const swept of [now - HOUR, now + 2 * HOUR]) {
    await client.hset(NAME, { 'long ago': entry(now - DAY), ':swept': String(swept) });
    await claim('new:1');
    expect(await client.hexists(NAME, 'long ago')).toBe(0);
  }
  expect(await claim('entering:w:1999')).toBe('done');
});
