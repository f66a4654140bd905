import type { ClusterOptions } from 'ioredis';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import type { Presence, SeenReplica, StoreListener, SyncResult } from '../../lib/core/store/store.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisServer } from '../support/redis.js';
import { setRedisClock, skewRedisClock } from '../support/skewed-redis.js';
import { until } from '../support/until.js';
import { presence } from './documents.js';
import { redisOptions } from './stores.js';

afterAll(skewRedisClock());

const LEASE = 1_000;
const quiet: StoreListener = {
  pushed: () => undefined,
  reconnected: () => undefined,
  woken: () => undefined,
  warn: () => undefined,
};
const soon = () => performance.now() + 5_000;

/** A replica that tells of itself when it is told to. */
class Member {
  /** When it told last, or a moment before. */
  toldAt = 0;

  private constructor(
    readonly store: RedisStore,
    private readonly presence: Presence,
  ) {}

  static async start(input: string | object, id: string, over: Partial<Presence> = {}): Promise<Member> {
    const { lease = LEASE, presumedDead = 60_000 } = over;
    const store = new RedisStore(input, 'list', { ...redisOptions, replicaLease: lease });
    const member = new Member(store, presence({ id, lease, presumedDead, ...over }));
    members.push(member);
    await store.start(quiet, soon());
    return member;
  }

  async tell(): Promise<SyncResult> {
    this.toldAt = performance.now();
    const result = await this.store.sync(null, this.presence, soon());
    return result;
  }

  /** Tells until another one sees that it listens. */
  async settle(seenBy: Member): Promise<void> {
    await until(
      async () => {
        await this.tell();
        await delay(this.presence.lease + 50);
        return (await seenBy.sees(this.presence.id))?.connection === 'open';
      },
      { timeout: 15_000 },
    );
    await this.tell();
  }

  /** What is seen of another one. */
  async sees(id: string): Promise<SeenReplica | undefined> {
    return (await this.store.replicas(soon())).find((replica) => replica.id === id);
  }
}

const members: Member[] = [];

afterEach(async () => {
  await Promise.all(members.splice(0).map(({ store }) => store.stop()));
});

describe.each([
  [
    'Redis',
    async () => {
      const server = await RedisServer.start();
      return { inputs: [server.url] as (string | object)[], stop: () => server.stop() };
    },
  ],
  [
    'Redis Cluster',
    async () => {
      const cluster = await RedisCluster.start();
      const options: ClusterOptions[] = [
        {},
        { keyPrefix: 'shop:' },
        // which node has the keys hangs on this one
        { keyPrefix: '{shop}:' },
        { redisOptions: { keyPrefix: 'shop-2:' } },
        { redisOptions: { keyPrefix: '{shop-2}:' } },
      ];
      return { inputs: options.map((each) => cluster.client(each)), stop: () => cluster.stop() };
    },
  ],
])('a silent replica on %s', (_, prepare) => {
  it('stays while its connection is open, and is gone a lease after that is closed', async () => {
    const { inputs, stop } = await prepare();
    try {
      await Promise.all(inputs.map(staysUntilClosed));
    } finally {
      await stop();
    }
  }, 60_000);
});

async function staysUntilClosed(input: string | object): Promise<void> {
  const [one, two] = [await Member.start(input, 'one'), await Member.start(input, 'two')];
  await one.tell();
  await two.settle(one);
  const silent = await until(
    async () => {
      await one.tell();
      const seen = await one.sees('two');
      return seen && seen.silentFor > 3 * LEASE ? seen : undefined;
    },
    { timeout: 10_000 },
  );
  expect(silent).toMatchObject({ connection: 'open', host: 'here', pid: 1 });
  expect(silent.told).toMatchObject({ id: 'two', lease: LEASE });
  await two.store.stop();
  const closed = performance.now();
  await until(async () => (await one.sees('two'))?.connection === 'closed');
  await until(async () => !(await one.sees('two')));
  expect(performance.now() - closed).toBeGreaterThan(LEASE * 0.9);
}

/** One that goes on telling, and one that falls silent. */
async function pair(server: RedisServer, over: Partial<Presence> = {}) {
  const one = await Member.start(server.url, 'one');
  const two = await Member.start(server.url, 'two', over);
  await one.tell();
  await two.settle(one);
  return { one, two };
}

/** Tells until the other one is seen as that; `undefined` for not at all. */
const becomes = (one: Member, id: string, connection: string | undefined) =>
  until(
    async () => {
      await one.tell();
      const seen = await one.sees(id);
      return seen?.connection === connection && (seen === undefined || seen.silentFor > 0);
    },
    { timeout: 25_000 },
  );

describe('a replica that was seen on the list', () => {
  it('is listed again if the list is lost before the next exchange', async () => {
    await using server = await RedisServer.start();
    const one = await Member.start(server.url, 'one');
    await one.tell();
    const two = await Member.start(server.url, 'two');
    await two.tell();
    expect(await one.sees('two')).toBeDefined();
    await server.client().del('list:{list}:replicas');
    await one.tell();
    expect(await one.sees('two')).toMatchObject({ connection: 'open', told: undefined });
  });
});

describe('a silent replica', () => {
  it('is presumed dead in the end, although its connection is open', async () => {
    await using server = await RedisServer.start();
    const { one, two } = await pair(server, { presumedDead: 3_000 });
    await becomes(one, 'two', 'open');
    await becomes(one, 'two', undefined);
    expect(performance.now() - two.toldAt).toBeGreaterThan(2_900);
  }, 30_000);

  it('that may not subscribe stays until it is presumed dead', async () => {
    const acl = 'user mute on nopass ~* +@all resetchannels';
    await using server = await RedisServer.start({ config: [acl] });
    const one = await Member.start(server.url, 'one');
    const mute = `redis://mute:x@127.0.0.1:${server.port}`;
    const two = Member.start(mute, 'two', { presumedDead: 8_000 }).catch(() => undefined);
    await until(() => members.length === 2);
    await until(
      async () => {
        await members[1]!.tell();
        return one.sees('two');
      },
      { timeout: 15_000 },
    );
    await becomes(one, 'two', 'unknown');
    await members[1]!.store.stop();
    await delay(2 * LEASE);
    expect(await one.sees('two')).toMatchObject({ connection: 'unknown' });
    await becomes(one, 'two', undefined);
    await two;
  }, 40_000);

  it('stays until it is presumed dead if Redis was restarted since, whatever its connections', async () => {
    await using server = await RedisServer.start({ persist: true, config: ['appendfsync always'] });
    const { one, two } = await pair(server, { presumedDead: 4_000 });
    await two.store.stop();
    await server.restart();
    await until(() => one.tell().catch(() => undefined), { timeout: 15_000 });
    await becomes(one, 'two', 'unknown');
    await becomes(one, 'two', undefined);
    expect(performance.now() - two.toldAt).toBeGreaterThan(3_900);
  }, 40_000);

  it.each([
    ['was restarted without its data', (server: RedisServer) => server.restart({ empty: true })],
    ['has lost its data', (server: RedisServer) => server.client().flushall()],
  ])(
    'is listed again by replicas that remember it when Redis %s',
    async (_, lose) => {
      await using server = await RedisServer.start();
      const { one } = await pair(server);
      await one.tell();
      await lose(server);
      const back = await until(() => one.tell().catch(() => undefined), { timeout: 15_000 });
      expect(back.relisted).toBe(true);
      // nobody believes the list yet
      expect(back.unsure).toBeGreaterThan(0);
      expect(await one.sees('two')).toMatchObject({
        silentFor: expect.any(Number) as number,
        told: undefined,
      });
      const newcomer = await Member.start(server.url, 'three');
      expect((await newcomer.tell()).unsure).toBeGreaterThan(0);
      expect(await newcomer.sees('two')).toMatchObject({ host: 'here', pid: 1 });
    },
    40_000,
  );

  it('is not listed again once it has left, or was forgotten', async () => {
    await using server = await RedisServer.start();
    const { one, two } = await pair(server);
    // it is not silent before it was found alive
    const three = await Member.start(server.url, 'three', { lease: 3 * LEASE });
    await three.settle(one);
    await one.tell();
    await two.store.leave('two', soon());
    expect(await one.store.forget('three', soon())).toBe('alive');
    await becomes(one, 'three', 'open');
    expect(await one.store.forget('three', soon())).toBe('gone');
    expect(await one.store.forget('three', soon())).toBe('absent');
    await one.tell();
    await server.restart({ empty: true });
    await until(() => one.tell().catch(() => undefined), { timeout: 15_000 });
    expect([await one.sees('two'), await one.sees('three')]).toEqual([undefined, undefined]);
    // who was forgotten and is there after all comes back by itself
    await until(() => three.tell().catch(() => undefined), { timeout: 15_000 });
    expect(await one.sees('three')).toMatchObject({ silentFor: 0 });
  }, 40_000);
});

describe('an ambiguous gap', () => {
  it.each([
    ['forward', 3_600],
    ['back', -3_600],
  ])(
    'is a jump of the clock %s: no replica counts as gone, and newcomers wait',
    async (_, seconds) => {
      await using server = await RedisServer.start();
      const { one, two } = await pair(server);
      await until(async () => (await one.tell()).unsure === 0);
      // it is just about to connect again
      await two.store.stop();
      await setRedisClock(server, seconds);
      const newcomer = await Member.start(server.url, 'three');
      expect((await newcomer.tell()).unsure).toBeGreaterThan(LEASE / 2);
      expect(await newcomer.sees('two')).toBeDefined();
      await becomes(one, 'two', undefined);
    },
    40_000,
  );

  it('is a server that was frozen', async () => {
    await using server = await RedisServer.start();
    const { one, two } = await pair(server);
    await until(async () => (await one.tell()).unsure === 0);
    server.pause();
    await two.store.stop();
    await delay(3 * LEASE);
    server.resume();
    const newcomer = await Member.start(server.url, 'three');
    expect((await newcomer.tell()).unsure).toBeGreaterThan(LEASE / 2);
    expect(await newcomer.sees('two')).toBeDefined();
  }, 40_000);
});

describe('an entry that this version cannot read', () => {
  const REPLICAS = 'list:{list}:replicas';

  it.each([
    [
      'that says when it ends',
      (now: number) => `${now + 10_000}|${now}|xxxx|{"id":"new","host":"h","pid":7}`,
    ],
    ['that does not', (now: number) => JSON.stringify({ id: 'new', host: 'h', pid: 7, at: now })],
  ])(
    'counts as a replica of which nothing is known: an entry %s',
    async (_, write) => {
      await using server = await RedisServer.start();
      const one = await Member.start(server.url, 'one');
      await one.tell();
      const redis = server.client();
      await redis.hset(REPLICAS, 'new', write(Date.now()));
      expect(await one.sees('new')).toMatchObject({ host: 'h', pid: 7, told: undefined });
      await delay(2 * LEASE);
      await one.tell();
      expect(await one.sees('new')).toMatchObject({ told: undefined });
    },
    20_000,
  );
});

it.each(['x', '', '9223372036854775807'])(
  'a damaged count of its changes (%j) keeps no replica from the list, and begins again',
  async (count) => {
    await using server = await RedisServer.start();
    const REPLICAS = 'list:{list}:replicas';
    const redis = server.client();
    const one = await Member.start(server.url, 'one');
    await one.tell();
    await redis.hset(REPLICAS, ':roster', count);
    const two = await Member.start(server.url, 'two');
    expect(await two.tell()).toMatchObject({ present: true });
    expect(await redis.hget(REPLICAS, ':roster')).toMatch(/^\d{1,15}$/);
    await one.tell();
    expect(one.store.knowsOthers('one')).toBe(true);
    await two.store.leave('two', soon());
    await one.tell();
    expect(one.store.knowsOthers('one')).toBe(false);
  },
);
