import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LOCK_LEASE } from '../../lib/core/state/replica-lease.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { Replica, startReplicas } from './replicas.js';

const KEY = 'import-export';
const WAITERS = 'maintenance:{maintenance}:waiters';
const AT_ONCE = { drain: false } as const;
const PATIENT = { blocking: true, drain: false } as const;

describe('the queue for a lock', () => {
  let server: RedisServer;
  let one: Replica;
  let two: Replica;
  beforeAll(async () => {
    server = await RedisServer.start();
    [one, two] = (await startReplicas(2, server.url)) as [Replica, Replica];
  }, 90_000);
  afterEach(async () => {
    await Promise.all([KEY, 'billing'].map((key) => two.unset(key)));
  });
  afterAll(async () => {
    await Promise.all([one, two].map((replica) => replica?.child.kill()));
    await server.stop();
  });

  const waiters = () => server.client().hlen(WAITERS);

  it('is served in order of arrival across processes', async () => {
    await one.hold('first', KEY, AT_ONCE);
    const order: number[] = [];
    const all: Promise<unknown>[] = [];
    for (let i = 0; i < 6; i++) {
      const replica = i % 2 ? one : two;
      const taken = replica.hold(`waiter-${i}`, KEY, PATIENT).then(() => order.push(i));
      all.push(taken.then(() => replica.leave(`waiter-${i}`)));
      await until(async () => (await waiters()) === i + 1);
    }
    // nobody overtakes
    await expect(one.hold('hasty', KEY, AT_ONCE)).rejects.toMatchObject({ name: 'MaintenanceLockedError' });
    await one.leave('first');
    await Promise.all(all);
    expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    expect(await waiters()).toBe(0);
  });

  it('starves no caller: repeated holders go behind waiting callers', async () => {
    const stop = new AbortController();
    let rounds = 0;
    const greedy = (async () => {
      while (!stop.signal.aborted) {
        await one.hold('greedy', KEY, PATIENT);
        await one.leave('greedy');
        rounds++;
      }
    })();
    for (let i = 0; i < 5; i++) {
      const before = rounds;
      await until(() => rounds > before + 1);
      await two.hold('patient', KEY, { ...PATIENT, blocking: 5_000 });
      await two.leave('patient');
    }
    stop.abort();
    await greedy;
    expect(rounds).toBeGreaterThan(10);
  });

  it('forgets a process that died in it', async () => {
    await one.hold('first', KEY, AT_ONCE);
    await using dying = await Replica.start(server.url);
    const never = dying.hold('never', KEY, PATIENT).catch(() => undefined);
    await until(async () => (await waiters()) === 1);
    const next = two.hold('next', KEY, PATIENT);
    await until(async () => (await waiters()) === 2);
    await dying.child.kill();
    await one.leave('first');
    expect(await next).toEqual(expect.any(Number));
    await two.leave('next');
    await never;
  }, 30_000);

  it('is left by a caller that gives up', async () => {
    await one.hold('first', KEY, AT_ONCE);
    await expect(two.hold('short', KEY, { ...PATIENT, blocking: 300 })).rejects.toThrow(
      'after waiting 300 ms',
    );
    await until(async () => (await waiters()) === 0);
    await one.leave('first');
  });

  it('refuses one of two calls that take two locks in opposite order, and lets the other go on', async () => {
    const calls = [one.nested('a', KEY, 'billing'), two.nested('b', 'billing', KEY)];
    await Promise.all([one.reaches('a'), two.reaches('b')]);
    await Promise.all([one.open('a'), two.open('b')]);
    const outcomes = await Promise.all(calls);
    expect(outcomes.filter(({ ran }) => ran)).toHaveLength(1);
    expect(outcomes.find(({ ran }) => !ran)?.error).toMatchObject({
      name: 'MaintenanceLockedError',
      deadlock: true,
    });
  });

  it('includes a blocking setMaintenance()', async () => {
    await one.hold('first', KEY, AT_ONCE);
    const closing = two.set(true, KEY, { blocking: true, message: 'closed' });
    await until(async () => (await waiters()) === 1);
    const next = one.hold('next', KEY, PATIENT);
    await until(async () => (await waiters()) === 2);
    await one.leave('first');
    expect(await closing).toMatchObject({ to: true, message: 'closed' });
    await next;
    expect(await one.keyData(KEY)).toMatchObject({ value: true, message: 'closed' });
    await one.leave('next');
  });

  it('moves on when the timeout of hung work is over', async () => {
    const hung = one.work('stubborn', KEY, { ...AT_ONCE, timeout: 2_500 });
    await one.reaches('stubborn');
    const begun = performance.now();
    await two.hold('next', KEY, PATIENT);
    expect(performance.now() - begun).toBeLessThan(LOCK_LEASE);
    expect(await one.aborted('stubborn')).toMatch(/its time is over/);
    await one.open('stubborn');
    expect(await hung).toMatchObject({ error: { name: 'MaintenanceLockLostError' } });
    // what it did late took nothing away
    expect(await two.aborted('next')).toBeNull();
    expect(await two.keyData(KEY)).toMatchObject({ value: true });
    await two.leave('next');
  }, 30_000);
});

describe('work under whileOpen() on another replica', () => {
  it('is waited for, and starts nowhere while the key is held', async () => {
    await using server = await RedisServer.start();
    await using one = await Replica.start(server.url);
    await using two = await Replica.start(server.url);
    const working = two.whileOpen('job', KEY);
    await two.reaches('job');
    const hasty = await one.refused('hasty', KEY);
    expect(hasty).toMatchObject({ ran: false, error: { name: 'MaintenanceDrainError' } });
    expect(hasty.replicas).toMatchObject([{ id: two.id, routes: [`whileOpen(${KEY})`] }]);

    const patient = one.work('patient', KEY, { drain: 20_000 });
    await until(() => two.isOn(KEY));
    expect(await two.whileOpen('refused', KEY)).toMatchObject({ error: { name: 'MaintenanceActiveError' } });
    const waiting = two.whileOpen('later', KEY, { otherwise: 'wait' });
    await two.open('job');
    expect(await working).toEqual({ ran: true });
    await one.reaches('patient');
    expect((await two.gates()).begun).not.toContain('later');
    await one.open('patient');
    expect(await patient).toEqual({ ran: true });
    await two.reaches('later');
    await two.open('later');
    expect(await waiting).toEqual({ ran: true });
  }, 60_000);
});

describe('a restart of Redis without its data', () => {
  const restart = async (server: RedisServer, away = 300): Promise<{ from: number; to: number }> => {
    await server.kill();
    await new Promise((resolve) => setTimeout(resolve, away));
    const from = performance.now();
    await server.restart({ empty: true });
    return { from, to: performance.now() };
  };

  it('affects neither the holder nor waiting callers, and lets no other caller in', async () => {
    await using server = await RedisServer.start();
    const [one, two] = (await startReplicas(2, server.url)) as [Replica, Replica];
    try {
      const working = one.work('work', KEY, AT_ONCE);
      await one.reaches('work');
      let granted = false;
      const waiting = two.hold('next', KEY, PATIENT).then(() => (granted = true));
      await until(async () => (await server.client().hlen(WAITERS)) === 1);
      await restart(server);
      await using newcomer = await Replica.start(server.url);
      const tries = await Promise.allSettled([
        newcomer.hold('new', KEY, AT_ONCE),
        two.hold('other', KEY, { ...AT_ONCE, blocking: 3_000 }),
      ]);
      expect(tries.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
      await new Promise((resolve) => setTimeout(resolve, LOCK_LEASE));
      expect([granted, await one.aborted('work')]).toEqual([false, null]);
      await one.open('work');
      expect(await working).toEqual({ ran: true });
      await waiting;
      expect(await two.keyData(KEY)).toMatchObject({ value: true });
      await two.leave('next');
      expect(await two.keyData(KEY)).toMatchObject({ value: false });
    } finally {
      await Promise.all([one, two].map((replica) => replica.child.kill()));
    }
  }, 60_000);

  it('grants the lock for one lease to its former holder only, even if that is dead', async () => {
    await using server = await RedisServer.start();
    await using one = await Replica.start(server.url);
    await using two = await Replica.start(server.url);
    await one.hold('dying', KEY, AT_ONCE);
    const waiting = two.hold('next', KEY, PATIENT);
    await until(async () => (await server.client().hlen(WAITERS)) === 1);
    await one.child.kill();
    const back = await restart(server);
    await waiting;
    expect(performance.now() - back.from).toBeGreaterThan(LOCK_LEASE - 1_000);
    expect(performance.now() - back.to).toBeLessThan(2 * LOCK_LEASE);
    await two.leave('next');
  }, 60_000);

  it('aborts the work when it takes longer than the lease of its lock', async () => {
    await using server = await RedisServer.start();
    await using one = await Replica.start(server.url);
    await using two = await Replica.start(server.url);
    const working = one.work('work', KEY, AT_ONCE);
    await one.reaches('work');
    const waiting = two.hold('next', KEY, PATIENT);
    await until(async () => (await server.client().hlen(WAITERS)) === 1);
    await restart(server, LOCK_LEASE + 500);
    expect(await working).toMatchObject({ error: { name: 'MaintenanceLockLostError' } });
    await waiting;
    await two.leave('next');
  }, 60_000);
});
