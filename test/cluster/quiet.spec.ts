import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { Replica, startReplicas } from './replicas.js';

const KEY = 'import-export';

let server: RedisServer;
let one: Replica;
let two: Replica;
beforeAll(async () => {
  server = await RedisServer.start();
  [one, two] = (await startReplicas(2, server.url)) as [Replica, Replica];
  await until(async () => (await one.replicas()).length === 2);
}, 60_000);
afterEach(() => one.unset(KEY));
afterAll(async () => {
  await Promise.all([one, two].map((replica) => replica?.child.kill()));
  await server.stop();
});

describe('quiet()', () => {
  it('is never quiet while the key is off, since more may start', async () => {
    const { quiet, since, replicas } = await one.quiet(KEY);
    expect({ quiet, since }).toEqual({ quiet: false, since: null });
    expect(replicas.map(({ id }) => id).sort()).toEqual([one.id, two.id].sort());
  });

  it('reports what is still running, and where, until it is over', async () => {
    const begun = Date.now();
    const asked = two.get('/wait/slow');
    await two.reaches('slow');
    await one.set(true, KEY);
    const before = await until(async () => {
      const now = await one.quiet(KEY);
      return now.replicas.every(({ applied }) => applied) ? now : undefined;
    });
    expect(before).toMatchObject({ quiet: false, since: null });
    const busy = before.replicas.find(({ id }) => id === two.id);
    expect(busy).toMatchObject({
      pid: two.child.pid,
      silent: false,
      running: [{ route: 'GET /wait/:gate' }],
    });
    const since = Date.parse(String(busy?.running[0]?.since));
    expect(since).toBeGreaterThan(begun - 2_000);
    expect(since).toBeLessThanOrEqual(Date.now() + 100);
    expect(before.replicas.find(({ id }) => id === one.id)?.running).toEqual([]);

    const waiting = one.quiet(KEY, { timeout: 20_000 });
    await two.open('slow');
    await asked;
    const after = await waiting;
    expect(after.quiet).toBe(true);
    expect(Date.parse(String(after.since))).toBeGreaterThan(since);
    expect(after.replicas.flatMap(({ running }) => running)).toEqual([]);
    // a key that is off again is quiet no more
    await one.set(false, KEY);
    expect(await one.quiet(KEY)).toMatchObject({ quiet: false, since: null });
  }, 30_000);

  it('is not quiet when the time is up, and reports what is running', async () => {
    const asked = two.get('/wait/endless');
    await two.reaches('endless');
    expect((await one.set(true, KEY, { acknowledge: 10_000 })).missing).toEqual([]);
    const begun = performance.now();
    const now = await one.quiet(KEY, { timeout: 700 });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(650);
    expect(now.quiet).toBe(false);
    expect(now.replicas.flatMap(({ running }) => running.map(({ route }) => route))).toEqual([
      'GET /wait/:gate',
    ]);
    await two.open('endless');
    await asked;
  }, 30_000);

  it('is not quiet while a silent replica may still be running something', async () => {
    const asked = two.get('/wait/asleep');
    await two.reaches('asleep');
    two.child.signal('SIGSTOP');
    try {
      await one.set(true, KEY);
      const now = await until(
        async () => {
          const seen = await one.quiet(KEY);
          return seen.replicas.some(({ silent }) => silent) ? seen : undefined;
        },
        { timeout: 10_000 },
      );
      expect(now.quiet).toBe(false);
      expect(now.replicas.find(({ id }) => id === two.id)).toMatchObject({ silent: true, applied: false });
    } finally {
      two.child.signal('SIGCONT');
    }
    await two.open('asleep');
    await asked;
    expect((await one.quiet(KEY, { timeout: 20_000 })).quiet).toBe(true);
  }, 60_000);

  it('ignores a process that runs nothing, until it does', async () => {
    await using observer = await Replica.start(server.url, { HANDLERS: 'none' });
    await one.set(true, KEY);
    expect((await one.quiet(KEY, { timeout: 10_000 })).quiet).toBe(true);
    await one.set(false, KEY);
    const work = observer.whileOpen('work', KEY);
    await observer.reaches('work');
    await one.set(true, KEY);
    const now = await until(async () => {
      const seen = await one.quiet(KEY);
      return seen.replicas.some(({ running }) => running.length > 0) ? seen : undefined;
    });
    expect(now.replicas.flatMap(({ running }) => running)).toMatchObject([{ route: `whileOpen(${KEY})` }]);
    await observer.open('work');
    expect(await work).toEqual({ ran: true });
    expect((await one.quiet(KEY, { timeout: 10_000 })).quiet).toBe(true);
  }, 60_000);

  it('refuses unknown keys and options', async () => {
    await expect(one.quiet('nothing')).rejects.toThrow('nothing');
    await expect(one.quiet(KEY, { time: 1 } as never)).rejects.toThrow('time');
    await expect(one.quiet(KEY, { timeout: -1 })).rejects.toThrow('timeout');
  });
});
