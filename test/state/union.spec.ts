import { createMaintenance } from 'nestjs-maintenance/standalone';
import { MaintenanceKey } from 'nestjs-maintenance';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server.stop());

let count = 0;
let namespace: string;

beforeEach(() => {
  namespace = `union-${++count}`;
});

/** The name of an entry of Redis. */
const entry = (name: string): string => `${namespace}:{${namespace}}:${name}`;

const join = (url: string, more: { onStale?: 'block' } = {}) =>
  createMaintenance({
    redis: url,
    namespace,
    keys: ['a', 'b', 'c', 'd'].map((name) => new MaintenanceKey(name)),
    commandTimeout: 600,
    logger: { warn: () => undefined, error: () => undefined },
    ...more,
  });

type Service = Awaited<ReturnType<typeof join>>;

/** What a replica knows of all keys: `false`, or the message of those that are on. */
const knownBy = async (service: Service): Promise<Record<string, unknown>> => {
  const data = Object.entries(await service.getKeyData());
  return Object.fromEntries(
    data.filter(([name]) => name !== 'general').map(([name, { value, message }]) => [name, value && message]),
  );
};

it.each([
  ['who knows most', ['one', 'two']],
  ['who knows less', ['two', 'one']],
] as const)(
  'an empty Redis with the write of a newcomer gets what the others know, key by key, when %s comes back first',
  async (_, order) => {
    const proxies = { one: await TcpProxy.start(server), two: await TcpProxy.start(server) };
    {
      await using one = await join(proxies.one.url);
      await using two = await join(proxies.two.url);
      for (const key of ['a', 'b', 'c']) await one.setMaintenance(true, key, { message: 'early' });
      await until(() => ['a', 'b', 'c'].every((key) => two.isActive(key)), { what: 'two to learn' });
      proxies.two.pause();
      await one.setMaintenance(false, 'b');
      await one.setMaintenance(true, 'c', { message: 'later' });
      proxies.one.pause();

      const client = server.client();
      await client.del(...(await client.keys(`${namespace}:*`)));
      await using newcomer = await join(server.url);
      await newcomer.setMaintenance(true, 'a', { message: 'last' });
      await newcomer.setMaintenance(true, 'd', { message: 'new' });
      expect((await client.hkeys(entry('records'))).sort(), 'the newcomer has written first').toEqual([
        ':head',
        'a',
        'd',
      ]);

      const united = { a: 'last', b: false, c: 'later', d: 'new' };
      for (const name of order) {
        proxies[name].resume();
        const back = { one, two }[name];
        await until(async () => back.isActive('d'), { timeout: 10_000, what: `${name} to be back` });
      }
      for (const service of [one, two, newcomer]) {
        await until(async () => JSON.stringify(await knownBy(service)) === JSON.stringify(united), {
          timeout: 10_000,
          what: 'all to know everything',
        });
      }
      expect((await client.hkeys(entry('records'))).sort()).toEqual([':head', 'a', 'b', 'c', 'd']);
    }
    await Promise.all(Object.values(proxies).map((proxy) => proxy.stop()));
  },
);

it("a process without knowledge writes nothing to a Redis that has lost its data, with onUnknown: 'block'", async () => {
  const client = server.client();
  const now = Date.now();
  // as those leave it who have come back and remember
  await client.hset(entry('fences'), ':memory', `memory|${now}|${now + 30_000}!`);
  await using newcomer = await join(server.url, { onStale: 'block' });
  await expect(newcomer.setMaintenance(true, 'a')).rejects.toThrow('has lost its data');
  expect(await client.exists(entry('records'))).toBe(0);
  await client.hdel(entry('fences'), ':memory');
  await newcomer.setMaintenance(true, 'a');
  expect(newcomer.isActive('a')).toBe(true);
});

it("a process without knowledge waits for records that are missing beside their indexes, with onUnknown: 'block'", async () => {
  const client = server.client();
  const proxy = await TcpProxy.start(server);
  await using known = await join(proxy.url);
  await known.setMaintenance(true, 'a', { message: 'known' });
  proxy.pause();
  // as Redis evicts it
  await client.del(entry('records'));
  await using newcomer = await join(server.url, { onStale: 'block' });
  await expect(newcomer.setMaintenance(true, 'b')).rejects.toThrow('has lost its data');
  expect(await client.exists(entry('records'))).toBe(0);
  proxy.resume();
  await until(() => newcomer.isActive('a'), { timeout: 10_000, what: 'the newcomer to learn what was lost' });
  await proxy.stop();
});

it.each(['order', 'writes'])(
  'records that nobody knows any more are given up after a lease (%s)',
  async (left) => {
    const client = server.client();
    await client.zadd(entry(left), 1, 'a');
    await using newcomer = await join(server.url, { onStale: 'block' });
    await expect(newcomer.setMaintenance(true, 'b')).rejects.toThrow('has lost its data');
    await until(
      () =>
        newcomer.setMaintenance(true, 'b').then(
          () => true,
          () => false,
        ),
      {
        timeout: 10_000,
        what: 'the store to count as new',
      },
    );
    expect(await client.zrange(entry('order'), 0, -1)).toEqual(['b']);
  },
);

it('a job that asks for a lock is told so when Redis keeps evicting entries', async () => {
  const client = server.client();
  await using known = await join(server.url);
  await known.maintain('a', () => undefined, { drain: false });
  const names = ['leases', 'fences', 'replicas', 'waiters'].map(entry);
  await client.del(...names);
  const evicting = setInterval(() => void client.del(...names), 10);
  try {
    await expect(known.maintain('a', () => 'worked', { drain: false })).rejects.toMatchObject({
      name: 'MaintenanceStoreError',
      outcome: 'refused',
    });
  } finally {
    clearInterval(evicting);
  }
}, 40_000);
