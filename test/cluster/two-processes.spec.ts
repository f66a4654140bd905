import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { Replica, startReplicas } from './replicas.js';

let server: RedisServer;
let one: Replica;
let two: Replica;

beforeAll(async () => {
  server = await RedisServer.start();
  [one, two] = (await startReplicas(2, server.url)) as [Replica, Replica];
}, 90_000);
afterEach(async () => {
  for (const key of ['general', 'import-export', 'billing']) await one.unset(key);
  await until(async () => !(await two.isOn('general')) && !(await two.isOn('import-export')));
});
afterAll(async () => {
  await Promise.all([one, two].map((replica) => replica?.child.kill()));
  await server.stop();
});

it('a switch in one process makes the other refuse, until it is turned off', async () => {
  expect((await two.get('/orders')).status).toBe(200);
  await one.set(true, 'general', { message: 'Back soon', actor: 'ada' });
  await until(async () => (await two.get('/orders')).status === 503);
  const refused = await two.get('/orders');
  expect(refused.json()).toMatchObject({ message: 'Back soon', maintenanceMode: true });
  await one.set(false, 'general');
  await until(async () => (await two.get('/orders')).status === 200);
  const { changes } = await two.heard();
  expect(changes.slice(-2)).toMatchObject([
    { key: 'general', from: false, to: true, cause: 'set', message: 'Back soon', actor: 'ada' },
    { key: 'general', from: true, to: false, cause: 'set' },
  ]);
});

it('maintenance ends by itself on every replica', async () => {
  const { revision } = await one.set(true, 'general', { timeout: 3_000 });
  await until(() => two.isOn('general'));
  const ended = (replica: Replica) =>
    until(
      async () =>
        (await replica.heard()).changes.find(
          (change) => change.cause === 'expiry' && change.revision === revision,
        ),
      { timeout: 10_000 },
    );
  for (const change of await Promise.all([ended(one), ended(two)])) {
    expect(change).toMatchObject({ key: 'general', from: true, to: false });
  }
  expect((await two.get('/orders')).status).toBe(200);
  // nobody wrote it down
  expect((await two.health()).revision).toBe(revision);
});

it('a change waits until every replica has applied it', async () => {
  const change = await one.set(true, 'general', { acknowledge: 10_000 });
  // no waiting here
  expect((await two.get('/orders')).status).toBe(503);
  expect(change.acknowledged?.toSorted()).toEqual([one.id, two.id].toSorted());
  expect(change.missing).toEqual([]);
});

it('a change names the replicas that have not applied it in time', async () => {
  two.child.signal('SIGSTOP');
  try {
    const change = await one.set(true, 'general', { acknowledge: 300 });
    expect(change).toMatchObject({ acknowledged: [one.id], missing: [two.id] });
  } finally {
    two.child.signal('SIGCONT');
  }
  await until(async () => (await two.get('/orders')).status === 503);
});

it('replicas report themselves', async () => {
  const asked = two.get('/wait/described');
  await two.reaches('described');
  const list = await until(async () => {
    const replicas = await one.replicas();
    return replicas.find(({ id, inFlight }) => id === two.id && inFlight === 1) && replicas;
  });
  expect(list).toHaveLength(2);
  const seen = list.find(({ id }) => id === two.id)!;
  expect(seen).toMatchObject({ host: expect.any(String) as string, pid: two.child.pid });
  expect(seen.revision).toBe((await one.health()).revision);
  expect(Math.abs(Date.parse(seen.lastSeen) - Date.now())).toBeLessThan(10_000);
  await two.open('described');
  expect((await asked).text).toBe('described');
});

it('unsetting a key ends all holds', async () => {
  await one.hold('a', 'billing', { lock: false });
  await two.hold('b', 'billing', { lock: false });
  expect([await one.aborted('a'), await two.aborted('b')]).toEqual([null, null]);
  await two.unset('billing');
  for (const [replica, hold] of [
    [one, 'a'],
    [two, 'b'],
  ] as const) {
    await until(async () => (await replica.aborted(hold))?.includes('somebody unset the key'));
    await replica.leave(hold);
  }
  expect(await one.keyData('billing')).toMatchObject({ value: false });
});

it('overlapping holders do not open the key for each other', async () => {
  await one.hold('left', 'billing', { lock: false });
  await two.hold('right', 'billing', { lock: false });
  await one.leave('left');
  await until(async () => !(await one.aborted('left')));
  expect(await two.keyData('billing')).toMatchObject({ value: true });
  await two.leave('right');
  expect(await one.keyData('billing')).toMatchObject({ value: false });
});

it('a hold whose time is over aborts its work, even if the switch keeps the key on', async () => {
  await two.set(true, 'billing');
  await one.hold('short', 'billing', { timeout: 3_000 });
  await until(async () => (await one.aborted('short'))?.includes('its time is over'), { timeout: 10_000 });
  expect(await two.keyData('billing')).toMatchObject({ value: true });
  await one.leave('short');
});

it('a thousand changes of four writers are all there', async () => {
  const others = await startReplicas(2, server.url);
  const writers = [one, two, ...others];
  try {
    const before = (await one.health()).revision;
    await Promise.all(
      writers.map(({ child }, i) => child.send('changeOften', 250, 'billing', `writer-${i}`)),
    );
    await one.child.send('keyData', 'billing');
    expect((await one.health()).revision).toBe(before + 1_000);
  } finally {
    await Promise.all(others.map(({ child }) => child.kill()));
  }
}, 120_000);
