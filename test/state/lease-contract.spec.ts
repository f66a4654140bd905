import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LOCK_LEASE, REPLICA_LEASE } from '../../lib/core/state/replica-lease.js';
import { randomId } from '../../lib/core/document/codec.js';
import type { Denial, Grant, LinePlace } from '../../lib/core/store/leases.js';
import type { StateStore } from '../../lib/core/store/store.js';
import { RedisServer } from '../support/redis.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { until } from '../support/until.js';
import { presence } from './documents.js';
import { redisOptions, storeKinds } from './stores.js';
import { quiet, soon, useStores } from './use-stores.js';

const TRY: LinePlace = { waits: false, ticket: null, held: [] };
const WAIT: LinePlace = { waits: true, ticket: null, held: [] };

/** What one caller asks for: the lock of a key and its own hold. */
function caller(store: StateStore, token: string, key = 'general') {
  const request = { names: [`lock:${key}`, `hold:${token}`], key, token, lease: LOCK_LEASE };
  return {
    acquire: (line: LinePlace = TRY) => store.leases.acquire(request, line, soon()),
    /** Asks until it is known whether the lock is free: a store that has just started may not know. */
    async settled(line: LinePlace = TRY): Promise<Grant | Denial> {
      for (;;) {
        const answer = await this.acquire(line);
        if (answer.fence !== null || answer.unsure === 0) return answer;
        // as those who wait do: where nobody looks for long, nobody knows what happened
        await new Promise((resolve) => setTimeout(resolve, Math.min(answer.unsure, 500)));
      }
    },
    renew: (fence: number, names = request.names) => store.leases.renew({ ...request, names }, fence, soon()),
    release: (names = request.names) => store.leases.release(names, token, soon()),
  };
}

const fenceOf = (answer: Grant | Denial): number => {
  expect(answer.fence).toEqual(expect.any(Number));
  return answer.fence ?? NaN;
};

describe.each(storeKinds)('leases of a store on $name', ({ prepare }) => {
  const use = useStores(prepare);
  const { start } = use;

  it('have one holder, with a fence that only grows, and another one after release', async () => {
    const woken: string[] = [];
    const [one, two] = [await start(), await start({ woken: () => woken.push('two') })];
    const [a, b] = [caller(one, 'a'), caller(two, 'b')];
    const first = fenceOf(await a.settled());
    expect(await b.acquire()).toEqual({ fence: null, ticket: null, waiters: [], unsure: 0 });
    // all or nothing
    expect((await two.sync(null, null, soon())).leases).toEqual(new Set(['lock:general', 'hold:a']));
    expect(await a.renew(first)).toBe(true);
    expect(await b.renew(first, ['lock:general'])).toBe(false);

    await b.release();
    expect(await b.acquire(WAIT)).toMatchObject({ fence: null });
    await a.release();
    await until(() => woken.length > 0, { what: 'the release to wake the other' });
    expect(fenceOf(await b.acquire())).toBeGreaterThan(first);
    fenceOf(await caller(one, 'c', 'other').acquire());
  });

  it('are served strictly in order of arrival', async () => {
    const [one, two] = [await start(), await start()];
    const [holder, first, second, third] = [
      caller(one, 'holder'),
      caller(two, 'first'),
      caller(one, 'second'),
      caller(two, 'third'),
    ];
    fenceOf(await holder.settled());
    const place = await first.acquire(WAIT);
    const next = await second.acquire({ ...WAIT, held: ['x', 'y'] });
    expect(next).toMatchObject({
      waiters: expect.arrayContaining([
        { token: 'first', ticket: (place as Denial).ticket, key: 'general', open: false, held: [] },
        { token: 'second', ticket: (next as Denial).ticket, key: 'general', open: false, held: ['x', 'y'] },
      ]) as unknown,
    });
    // asking again keeps the place
    expect(await first.acquire(WAIT)).toMatchObject({ ticket: (place as Denial).ticket });
    await third.acquire(WAIT);
    await holder.release();
    expect(await second.acquire(WAIT)).toMatchObject({ fence: null });
    expect(await holder.acquire()).toMatchObject({ fence: null });
    // a line of another key is another line
    fenceOf(await caller(one, 'else', 'other').acquire());
    fenceOf(await first.acquire(WAIT));
    await first.release();
    // who leaves the line lets the others pass
    await second.release([]);
    fenceOf(await third.acquire(WAIT));
  });

  it('do not delay a hold without the lock', async () => {
    const store = await start();
    fenceOf(await caller(store, 'holder').settled());
    await caller(store, 'waiting').acquire(WAIT);
    const request = { names: ['hold:free'], key: 'general', token: 'free', lease: LOCK_LEASE };
    expect(await store.leases.acquire(request, null, soon())).toEqual({
      fence: expect.any(Number) as number,
    });
  });

  it('show a caller that waits for a key to open and is in no queue', async () => {
    const store = await start();
    const waiting = await store.leases.enlist({ token: 'w', key: 'general', held: ['h'] }, null, soon());
    expect(waiting.waiters).toEqual([
      { token: 'w', ticket: waiting.ticket, key: 'general', open: true, held: ['h'] },
    ]);
    fenceOf(await caller(store, 'a').settled());
    const other = await caller(store, 'b').acquire(WAIT);
    expect((other as Denial).waiters.map(({ token }) => token).sort()).toEqual(['b', 'w']);
    expect((other as Denial).ticket).toBeGreaterThan(waiting.ticket ?? Infinity);
    await store.leases.release([], 'w', soon());
    expect(((await caller(store, 'b').acquire(WAIT)) as Denial).waiters).toHaveLength(1);
  });
});

describe('a Redis that has lost its memory', () => {
  let server: RedisServer;
  const stores: RedisStore[] = [];
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.stop()));
  });
  afterAll(() => server.stop());

  let namespace = '';
  /** One more replica, which is on the list. */
  async function join(id: string): Promise<RedisStore> {
    const store = new RedisStore(server.url, namespace, redisOptions);
    stores.push(store);
    await store.start(quiet, soon());
    await store.sync(null, presence({ id }), soon());
    return store;
  }
  const forget = () => server.client().flushall();

  it('gives the lock only to its former holder for one lease', async () => {
    namespace = randomId();
    const [one, two] = [await join('one'), await join('two')];
    const [a, b] = [caller(one, 'a'), caller(two, 'b')];
    const fence = fenceOf(await a.settled());
    await forget();
    // also when the first that Redis hears of it is this question
    const { unsure } = (await b.acquire()) as Denial;
    expect(unsure).toBeGreaterThan(LOCK_LEASE - 1_000);
    expect(unsure).toBeLessThanOrEqual(LOCK_LEASE);

    expect(await a.renew(fence)).toBe(true);
    expect((await two.sync(null, null, soon())).leases).toEqual(new Set(['lock:general', 'hold:a']));
    expect(await a.renew(fence)).toBe(true);
    // what was not known of is known now, also to a newcomer
    const three = await join('three');
    expect(((await caller(three, 'c').acquire()) as Denial).unsure).toBeGreaterThan(0);
    await a.release();
    const late = fenceOf(await b.settled());
    expect(late).toBeGreaterThan(fence);
    // it is too late for who comes now
    expect(await a.renew(fence)).toBe(false);
    await b.release();
    expect(await a.renew(fence)).toBe(false);
  }, 30_000);

  it('does so if only its leases were lost, evicted or deleted', async () => {
    namespace = randomId();
    const [one, two] = [await join('one'), await join('two')];
    const [a, b] = [caller(one, 'a'), caller(two, 'b')];
    const fence = fenceOf(await a.settled());
    await server.client().del(`${namespace}:{${namespace}}:leases`);
    const { unsure } = (await b.acquire()) as Denial;
    expect(unsure).toBeGreaterThan(LOCK_LEASE - 1_000);
    expect(unsure).toBeLessThanOrEqual(LOCK_LEASE);
    expect(await a.renew(fence)).toBe(true);
    expect((await two.sync(null, null, soon())).leases).toEqual(new Set(['lock:general', 'hold:a']));
    await a.release();
    expect(fenceOf(await b.settled())).toBeGreaterThan(fence);
    // whose leases they are is no lease, and stays
    await two.sync(null, presence({ id: 'two' }), soon());
    await b.release();
    expect(await a.acquire()).toMatchObject({ fence: expect.any(Number) as number });
  }, 30_000);

  it('is told apart from one that has not granted a lock yet', async () => {
    namespace = randomId();
    const two = await join('two');
    const request = { names: ['hold:free'], key: 'general', token: 'free', lease: LOCK_LEASE };
    await until(async () => (await two.leases.acquire(request, null, soon())).fence !== null, {
      timeout: 10_000,
    });
    expect(((await caller(two, 'b').acquire()) as Denial).unsure ?? 0).toBeLessThan(LOCK_LEASE - 2_000);
  });

  it('notices the loss even if a newcomer comes first', async () => {
    namespace = randomId();
    const one = await join('one');
    fenceOf(await caller(one, 'a').settled());
    await forget();
    const two = await join('two');
    await one.sync(null, presence({ id: 'one' }), soon());
    expect(((await caller(two, 'b').acquire()) as Denial).unsure).toBeGreaterThan(REPLICA_LEASE);
  });

  it('is not mistaken for one that never had locks, or that forgot a replica', async () => {
    namespace = randomId();
    const one = await join('one');
    await one.leave('one', soon());
    await one.sync(null, presence({ id: 'one' }), soon());
    await caller(one, 'a').settled();
    const two = await join('two');
    expect(await caller(two, 'b').acquire()).toMatchObject({ fence: null, unsure: 0 });
  });

  it('keeps waiting callers in order', async () => {
    namespace = randomId();
    const one = await join('one');
    const [a, b, c] = [caller(one, 'a'), caller(one, 'b'), caller(one, 'c')];
    const fence = fenceOf(await a.settled());
    const first = ((await b.acquire(WAIT)) as Denial).ticket;
    const second = ((await c.acquire(WAIT)) as Denial).ticket;
    await forget();
    await one.sync(null, presence({ id: 'one' }), soon());
    await a.renew(fence);
    expect(await c.acquire({ ...WAIT, ticket: second })).toMatchObject({ ticket: second });
    expect(await b.acquire({ ...WAIT, ticket: first })).toMatchObject({ ticket: first });
    await a.release();
    expect(await c.acquire({ ...WAIT, ticket: second })).toMatchObject({ fence: null });
  });
});
