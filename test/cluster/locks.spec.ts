import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LOCK_LEASE } from '../../lib/core/state/replica-lease.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { Replica, startReplicas } from './replicas.js';

let server: RedisServer;
let one: Replica;
let two: Replica;
const KEY = 'import-export';

beforeAll(async () => {
  server = await RedisServer.start();
  [one, two] = (await startReplicas(2, server.url)) as [Replica, Replica];
}, 90_000);
afterEach(async () => {
  await two.unset(KEY);
});
afterAll(async () => {
  await Promise.all([one, two].map((replica) => replica?.child.kill()));
  await server.stop();
});

describe('the lock of a key', () => {
  it('has one holder at a time across processes', async () => {
    await one.hold('a', KEY);
    await expect(two.hold('b', KEY)).rejects.toMatchObject({ name: 'MaintenanceLockedError' });
    await expect(two.hold('b', KEY, { blocking: 300 })).rejects.toThrow('even after waiting 300 ms');
    await expect(one.hold('b', KEY)).rejects.toMatchObject({ name: 'MaintenanceLockedError' });
    // another key has its own, and who wants none need not have it
    await two.hold('other', 'billing');
    await two.leave('other');
    await two.hold('unlocked', KEY, { lock: false });
    await two.leave('unlocked');
    await one.leave('a');
  });

  it('goes to the waiting caller, with a greater fence each time', async () => {
    const fences = [await one.hold('a', KEY)];
    const waiting = two.hold('b', KEY, { blocking: true });
    const alsoWaiting = one.hold('c', KEY, { blocking: 20_000 });
    await one.leave('a');
    const first = await Promise.race([
      waiting.then((fence) => ({ fence, replica: two, id: 'b', rest: alsoWaiting })),
      alsoWaiting.then((fence) => ({ fence, replica: one, id: 'c', rest: waiting })),
    ]);
    fences.push(first.fence);
    await first.replica.leave(first.id);
    fences.push(await first.rest);
    await (first.id === 'b' ? one.leave('c') : two.leave('b'));
    expect(fences).toEqual(fences.toSorted((a, b) => a - b));
    expect(new Set(fences).size).toBe(3);
    expect(await two.keyData(KEY)).toMatchObject({ value: false });
  });
});

describe('a holder', () => {
  it('that is killed leaves the key on and marked; its lock is free after its lease, and the next holder opens the key', async () => {
    await using holder = await Replica.start(server.url);
    const fence = await holder.hold('dying', KEY);
    await until(async () => (await two.keyData(KEY)).value);
    const died = performance.now();
    await holder.child.kill();
    await expect(two.hold('hasty', KEY)).rejects.toMatchObject({ name: 'MaintenanceLockedError' });
    const marked = await until(
      async () => {
        const data = await two.keyData(KEY);
        return data.abandoned && data;
      },
      { timeout: 2 * LOCK_LEASE },
    );
    expect(marked).toMatchObject({ value: true, abandoned: true });
    expect((await two.get('/orders')).status).toBe(503);

    const next = await two.hold('successor', KEY);
    expect(performance.now() - died).toBeGreaterThan(LOCK_LEASE / 2);
    expect(next).toBeGreaterThan(fence);
    expect(await two.keyData(KEY)).toMatchObject({ abandoned: false });
    await two.leave('successor');
    expect(await two.keyData(KEY)).toMatchObject({ value: false });
    // the list of replicas has forgotten it, too
    expect((await two.replicas()).map(({ id }) => id)).not.toContain(holder.id);
  }, 60_000);

  it('that is killed leaves the key on even if its successor gives up before it works', async () => {
    await using holder = await Replica.start(server.url);
    await holder.hold('dying', KEY);
    await holder.child.kill();
    await until(async () => (await two.keyData(KEY)).abandoned, { timeout: 2 * LOCK_LEASE });
    // this one cannot acknowledge
    one.child.signal('SIGSTOP');
    const outcome = await two.work('too-soon', KEY, { drain: 300 });
    one.child.signal('SIGCONT');
    expect(outcome).toMatchObject({ ran: false, error: { name: 'MaintenanceDrainError' } });
    expect(await two.keyData(KEY)).toMatchObject({ value: true, abandoned: true });
    expect((await two.get('/orders')).status).toBe(503);

    await two.hold('successor', KEY, { drain: 20_000 });
    expect(await two.keyData(KEY)).toMatchObject({ abandoned: false });
    await two.leave('successor');
    expect(await two.keyData(KEY)).toMatchObject({ value: false });
  }, 60_000);

  it('that slept through its lease notices when it wakes, and its late actions change nothing', async () => {
    await using holder = await Replica.start(server.url);
    const fence = await holder.hold('sleeping', KEY);
    holder.child.signal('SIGSTOP');
    // its replica is silent, and not gone: a drain would wait for it
    const next = await two.hold('successor', KEY, { blocking: 4 * LOCK_LEASE, drain: false });
    expect(next).toBeGreaterThan(fence);
    holder.child.signal('SIGCONT');
    await until(async () => (await holder.aborted('sleeping')) !== null, { timeout: 10_000 });
    // it may connect again first: what it asked before it slept was never answered in time
    await until(async () => (await holder.health()).up, { timeout: 15_000 });
    await holder.leave('sleeping');
    expect(await two.aborted('successor')).toBeNull();
    expect(await holder.keyData(KEY)).toMatchObject({ value: true });
    await expect(holder.hold('again', KEY)).rejects.toMatchObject({ name: 'MaintenanceLockedError' });
    await two.leave('successor');
    expect(await holder.keyData(KEY)).toMatchObject({ value: false });
  }, 60_000);
});
