import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { REPLICA_LEASE } from '../../lib/core/state/replica-lease.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { Replica } from './replicas.js';

const KEY = 'import-export';
let server: RedisServer;
let observer: Replica;

beforeAll(async () => {
  server = await RedisServer.start();
  observer = await Replica.start(server.url);
}, 90_000);
afterEach(() => observer.unset(KEY));
afterAll(async () => {
  await observer?.child.kill();
  await server.stop();
});

const isSilent = async (replica: Replica) =>
  (await observer.replicas()).some(({ id, silent }) => id === replica.id && silent);
const listed = async (replica: Replica) => (await observer.replicas()).some(({ id }) => id === replica.id);

describe('a replica that ends', () => {
  it('leaves the list at once when it shuts down', async () => {
    await using replica = await Replica.start(server.url);
    expect(await listed(replica)).toBe(true);
    replica.child.signal('SIGTERM');
    await replica.child.ended();
    expect(await listed(replica)).toBe(false);
  });

  it('stays on the list while anything is still running, although it was closed', async () => {
    await using replica = await Replica.start(server.url);
    expect((await replica.get('/early/outlives')).text).toBe('early');
    await replica.reaches('outlives');
    await replica.child.send('close');
    await expect(replica.get('/orders')).rejects.toThrow('ECONNREFUSED');
    const work = observer.work('after-close', KEY, { drain: 20_000 });
    await until(() => observer.isOn(KEY));
    // it goes on telling: longer than its lease
    await delay(REPLICA_LEASE + 1_000);
    await until(async () => !(await isSilent(replica)));
    expect(await listed(replica)).toBe(true);
    expect((await observer.gates()).begun).not.toContain('after-close');
    await replica.open('outlives');
    await observer.reaches('after-close');
    await until(async () => !(await listed(replica)));
    await observer.open('after-close');
    expect(await work).toEqual({ ran: true });
  }, 30_000);

  it('is off the list a lease after it was killed, and is no longer waited for', async () => {
    await using replica = await Replica.start(server.url);
    await replica.child.kill();
    expect(await listed(replica)).toBe(true);
    const begun = performance.now();
    expect(await observer.work('stubborn', KEY, { drain: 1 }).then(({ ran }) => ran)).toBe(false);
    const work = observer.work('after-death', KEY, { drain: 20_000 });
    await observer.reaches('after-death');
    expect(performance.now() - begun).toBeLessThan(REPLICA_LEASE + 10_000);
    expect(await listed(replica)).toBe(false);
    await observer.open('after-death');
    expect(await work).toEqual({ ran: true });
  }, 60_000);
});

describe('SIGTERM in the middle of work', () => {
  it('aborts its signal, lets it end, and opens the key', async () => {
    await using replica = await Replica.start(server.url);
    const work = replica.work('interrupted', KEY).catch(() => undefined);
    await replica.reaches('interrupted');
    replica.child.signal('SIGTERM');
    await replica.child.ended();
    await work;
    expect(await observer.keyData(KEY)).toMatchObject({ value: false });
    await observer.hold('free', KEY, { drain: false });
    await observer.leave('free');
  });

  it('while it waits for requests: its work never runs, and the key opens', async () => {
    await using replica = await Replica.start(server.url);
    const asked = observer.get('/wait/undrained');
    await observer.reaches('undrained');
    replica.work('never-begun', KEY, { drain: 60_000 }).catch(() => undefined);
    await until(() => observer.isOn(KEY));
    replica.child.signal('SIGTERM');
    await replica.child.ended();
    expect(await observer.keyData(KEY)).toMatchObject({ value: false });
    await observer.hold('not-drained', KEY, { drain: false });
    await observer.leave('not-drained');
    await observer.open('undrained');
    expect((await asked).status).toBe(200);
  });

  it('while it waits for the lock: the lock is not taken any more', async () => {
    await using replica = await Replica.start(server.url);
    await observer.hold('in-the-way', KEY, { drain: false });
    replica.hold('waiting', KEY, { blocking: true }).catch(() => undefined);
    // its command has been carried out when a later one has
    await replica.gates();
    replica.child.signal('SIGTERM');
    await replica.child.ended();
    expect(await observer.aborted('in-the-way')).toBeNull();
    await observer.leave('in-the-way');
    expect(await observer.keyData(KEY)).toMatchObject({ value: false });
  });

  it('aborts a maintain() entered without work, and leaves the key on if it is not left', async () => {
    await using replica = await Replica.start(server.url);
    await replica.hold('entered', KEY, { drain: false });
    replica.child.signal('SIGTERM');
    await until(async () => (await replica.aborted('entered'))?.includes('the application is shutting down'));
    await replica.child.ended();
    expect(await observer.keyData(KEY)).toMatchObject({ value: true, abandoned: true });
    // its lock was given back, nobody waits for a lease
    await observer.hold('heir', KEY, { drain: false });
    await observer.leave('heir');
    expect(await observer.keyData(KEY)).toMatchObject({ value: false });
  });

  it('waits a limited time for work that does not end, and then leaves the key on or opens it, by option', async () => {
    const cases = [
      { key: KEY, onShutdown: 'stay', after: { value: true, abandoned: true } },
      { key: 'billing', onShutdown: 'leave', after: { value: false } },
    ] as const;
    await Promise.all(
      cases.map(async ({ key, onShutdown, after }) => {
        await using replica = await Replica.start(server.url);
        const gate = `stubborn-${onShutdown}`;
        replica.work(gate, key, { onShutdown, drain: false }).catch(() => undefined);
        await replica.reaches(gate);
        replica.child.signal('SIGTERM');
        await until(async () => (await replica.aborted(gate))?.includes('the application is shutting down'));
        await replica.child.ended();
        expect(await observer.keyData(key)).toMatchObject(after);
        // nobody has the lock, and whoever takes it takes over
        await observer.hold(key, key, { drain: false });
        await observer.leave(key);
        expect(await observer.keyData(key)).toMatchObject({ value: false });
      }),
    );
  }, 60_000);
});

describe('keepLock, and work that goes on after its application was closed', () => {
  const lockOf = (key: string) => server.client().hget('maintenance:{maintenance}:leases', `lock:${key}`);

  it.each([
    { key: KEY, onShutdown: 'stay', after: { value: true, abandoned: false } },
    { key: 'billing', onShutdown: 'leave', after: { value: false } },
  ] as const)('$onShutdown: nobody else begins before the work is over', async (given) => {
    const { key, onShutdown, after } = given;
    await using replica = await Replica.start(server.url);
    const gate = `stubborn-kept-${onShutdown}`;
    replica.work(gate, key, { onShutdown, keepLock: true, drain: false }).catch(() => undefined);
    await replica.reaches(gate);
    await replica.child.send('close');
    const closed = await lockOf(key);
    await until(async () => (await lockOf(key)) !== closed, { what: 'the lock to be renewed' });
    expect(await observer.work('too-early', key, { drain: false })).toMatchObject({
      ran: false,
      error: { name: 'MaintenanceLockedError' },
    });
    expect(await observer.keyData(key)).toMatchObject(after);
    const next = observer.work(`after-${gate}`, key, { drain: false, blocking: true });
    await replica.open(gate);
    await observer.reaches(`after-${gate}`);
    await observer.open(`after-${gate}`);
    expect(await next).toEqual({ ran: true });
    expect(await observer.keyData(key)).toMatchObject({ value: false });
    await until(async () => !(await listed(replica)), { what: 'it to leave the list' });
  });
});

describe('a replica that slept longer than its lease', () => {
  it.each([
    ['between two exchanges', 0, () => undefined],
    ['in the middle of an exchange', 250, () => undefined],
    ['while its connections were cut', 0, (proxy: TcpProxy) => proxy.cut()],
  ])(
    'admits nothing by outdated state when it wakes, having slept %s',
    async (_, latency, meanwhile) => {
      await using proxy = await TcpProxy.start(server);
      await using sleeper = await Replica.start(proxy.url);
      expect((await sleeper.get('/orders')).status).toBe(200);
      proxy.latency = latency;
      await until(async () => (await sleeper.health()).lease < 2_000);
      sleeper.child.signal('SIGSTOP');
      await until(() => isSilent(sleeper), { timeout: 20_000, interval: 100 });
      await observer.set(true, KEY);
      meanwhile(proxy);
      // these wait in its queue, and are the first that it sees when it wakes
      const asked = Array.from({ length: 5 }, () => sleeper.get('/orders'));
      sleeper.child.signal('SIGCONT');
      for (const { status } of await Promise.all(asked)) expect(status).toBe(503);
    },
    60_000,
  );
});
