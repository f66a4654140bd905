import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { randomId } from '../../lib/core/document/codec.js';
import { LOCK_LEASE, REPLICA_LEASE } from '../../lib/core/state/replica-lease.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import type { Denial, Grant, LinePlace } from '../../lib/core/store/leases.js';
import { RedisServer } from '../support/redis.js';
import { setRedisClock, skewRedisClock } from '../support/skewed-redis.js';
import { writing, presence } from './documents.js';
import { redisOptions } from './stores.js';
import { quiet, soon } from './use-stores.js';

afterAll(skewRedisClock());

const TRY: LinePlace = { waits: false, ticket: null, held: [] };
const WAIT: LinePlace = { waits: true, ticket: null, held: [] };
/** Milliseconds that a holder trusts its lock, by its own clock. */
const LOCK_TRUST = 0.9 * LOCK_LEASE;
/** Milliseconds between two looks at Redis, as heartbeats have them. */
const BEAT = 500;

let server: RedisServer;
let stores: RedisStore[] = [];
let beats: NodeJS.Timeout[] = [];
beforeAll(async () => {
  server = await RedisServer.start();
});
afterEach(async () => {
  beats.forEach((beat) => clearInterval(beat));
  await Promise.all(stores.map((store) => store.stop()));
  [stores, beats] = [[], []];
  await server.client().flushall();
});
afterAll(() => server.stop());

/** Two replicas that look at Redis as replicas do, and the leases of callers on them. */
async function pair() {
  const namespace = randomId();
  const join = async (id: string): Promise<RedisStore> => {
    const store = new RedisStore(server.url, namespace, redisOptions);
    stores.push(store);
    await store.start(quiet, soon());
    const look = () => store.sync(null, presence({ id }), soon());
    await look();
    beats.push(setInterval(() => void look().catch(() => undefined), BEAT));
    return store;
  };
  return { one: await join('one'), two: await join('two') };
}

function caller(store: RedisStore, token: string) {
  const request = { names: ['lock:general', `hold:${token}`], key: 'general', token, lease: LOCK_LEASE };
  return {
    acquire: (line = TRY): Promise<Grant | Denial> => store.leases.acquire(request, line, soon()),
    renew: (fence: number) => store.leases.renew(request, fence, soon()),
    release: () => store.leases.release(request.names, token, soon()),
  };
}

/**
 * Who has just been granted the lock: a store that has only just started may not know at once. A holder counts `since` when it
 * asked for it.
 */
async function holder(store: RedisStore, token: string) {
  const { acquire, renew, release } = caller(store, token);
  for (;;) {
    const since = performance.now();
    const { fence } = await acquire();
    if (fence !== null) return { fence, since, renew: () => renew(fence), release };
    await delay(100);
  }
}

describe.each([
  ['forward by a day', 86_400],
  ['forward by ten seconds', 10],
  ['back by a day', -86_400],
  ['back by ten seconds', -10],
])('when Redis’ clock is set %s', (_, seconds) => {
  it('a lock stays with a holder that renews it, even if nobody has checked since', async () => {
    const { one, two } = await pair();
    const first = await holder(one, 'a');
    beats.forEach((beat) => clearInterval(beat));
    await setRedisClock(server, seconds);
    // whoever asks first, and at once: not too late by a clock that was
    const doubtful = (await caller(two, 'b').acquire()) as Denial;
    expect(doubtful.fence).toBeNull();
    expect(await first.renew()).toBe(true);
    // now it is certain
    expect(await caller(two, 'b').acquire()).toMatchObject({ fence: null, unsure: 0 });
    expect((await two.sync(null, null, soon())).leases).toEqual(new Set(['lock:general', 'hold:a']));
  }, 30_000);

  it('a lock whose holder is gone is granted a lease later, neither before nor much after', async () => {
    const { one, two } = await pair();
    const { since } = await holder(one, 'a');
    await setRedisClock(server, seconds);
    const set = performance.now();
    await delay(1_000);
    expect((await two.sync(null, null, soon())).leases).toContain('lock:general');
    let answer: Grant | Denial;
    do {
      answer = await caller(two, 'b').acquire(WAIT);
      if (answer.fence === null) await delay(50);
    } while (answer.fence === null);
    expect(performance.now() - since).toBeGreaterThan(LOCK_TRUST);
    expect(performance.now() - set).toBeLessThan(LOCK_LEASE + 5_000);
  }, 30_000);

  it('a change, a lock, a place in the queue and a claim are not refused as too late', async () => {
    const { one, two } = await pair();
    const { version } = await one.sync(null, null, soon());
    await setRedisClock(server, seconds);
    expect((await one.write([writing('general')], version, soon())).outcomes).toEqual([expect.any(Object)]);
    await setRedisClock(server, 0);
    expect(await two.leases.enlist({ token: 't', key: 'general', held: [] }, null, soon())).toMatchObject({
      waiters: [{ token: 't' }],
    });
    await setRedisClock(server, seconds);
    expect(await one.once.claim('notice', 'x', 15_000, soon())).toBe('granted');
    await setRedisClock(server, 0);
    await setRedisClock(server, seconds);
    expect((await two.sync(null, presence({ id: 'two' }), soon())).present).toBe(true);
  }, 30_000);

  it('a claim that is being worked on is not given to another process, and waiting callers keep their order', async () => {
    const { one, two } = await pair();
    expect(await one.once.claim('notice', 'x', 15_000, soon())).toBe('granted');
    await holder(one, 'a');
    const ticket = ((await caller(one, 'b').acquire(WAIT)) as Denial).ticket;
    await setRedisClock(server, seconds);
    expect(await two.once.claim('notice', 'y', 15_000, soon())).toBe('taken');
    expect(((await caller(two, 'c').acquire(WAIT)) as Denial).waiters.map(({ token }) => token)).toEqual([
      'c',
      'b',
    ]);
    expect(((await caller(one, 'b').acquire({ ...WAIT, ticket })) as Denial).ticket).toBe(ticket);
    await one.once.finish('notice', 'x', soon());
    expect(await two.once.claim('notice', 'y', 15_000, soon())).toBe('done');
  }, 30_000);
});

it.each([
  ['no replica has come back in time that remembers more', '', 0, REPLICA_LEASE],
  ['a replica has, for a lease', '!', LOCK_TRUST, LOCK_LEASE],
])(
  'locks that Redis may have forgotten are waited for again after a time without replicas: %s',
  async (_, mark, least, most) => {
    const { one } = await pair();
    await holder(one, 'a').then(({ release }) => release());
    beats.forEach((beat) => clearInterval(beat));
    const redis = server.client();
    const [fences = ''] = await redis.keys('*fences');
    const [id = ''] = (await redis.hget(fences, ':memory'))?.split('|') ?? [];
    const past = Date.now() - 100_000;
    await redis.hset(fences, ':memory', `${id}|${past}|${past + 50}${mark}`);
    const replicas = fences.replace('fences', 'replicas');
    const [kind, run] = (await redis.hget(replicas, ':met'))?.split('|') ?? [];
    await redis.hset(replicas, ':met', [kind, run, past - 50, past + 20, past - 50, past, past].join('|'));
    const { unsure } = (await caller(one, 'b').acquire()) as Denial;
    expect(unsure).toBeGreaterThan(least);
    expect(unsure).toBeLessThanOrEqual(most);
  },
);

it('a step too short to be noticed ends no lease before its holder has stopped trusting it', async () => {
  const { one, two } = await pair();
  const { since } = await holder(one, 'a');
  await delay(2_000);
  await setRedisClock(server, 1);
  while ((await caller(two, 'b').acquire()).fence === null) await delay(20);
  expect(performance.now() - since).toBeGreaterThan(LOCK_TRUST);
}, 30_000);

it('a ticket that is not renewed ends by the clock', async () => {
  const { one, two } = await pair();
  const request = { names: ['ticket:x'], key: ':tickets', token: 'x', lease: 30_000 };
  expect((await one.leases.acquire(request, null, soon())).fence).toEqual(expect.any(Number));
  expect((await two.sync(null, null, soon())).leases).toContain('ticket:x');
  await setRedisClock(server, 60);
  expect((await two.sync(null, null, soon())).leases).not.toContain('ticket:x');
}, 30_000);
