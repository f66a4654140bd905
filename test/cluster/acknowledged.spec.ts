import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Notifier } from '../../lib/core/common/notifier.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { startService, type Running } from '../state/service.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { startReplicas, type Replica } from './replicas.js';

const KEY = 'import-export';
const RECORDS = 'maintenance:{maintenance}:records';
/** Milliseconds, instead of the 100 between two looks: for whom nobody wakes that is a failure, on the slowest machine, too. */
const PATIENCE = 10_000;

let server: RedisServer;
let app: Running;
let others: Replica[];

beforeAll(async () => {
  server = await RedisServer.start();
  app = await startService({ redis: server.url });
  others = await startReplicas(2, server.url);
  await until(async () => (await app.service.replicas()).length === 3, { timeout: 10_000 });
  // a Redis that has only just started gives no lock yet
  await app.service.maintain(KEY, () => Promise.resolve());
}, 90_000);
afterAll(async () => {
  await Promise.all(others.map((replica) => replica.child.kill()));
  await app[Symbol.asyncDispose]();
  await server.stop();
});

describe('a process that waits for others notices as soon as the last of them has applied the change', () => {
  /** Waits that have begun, and those that nobody has ended. */
  const waits = { begun: 0, byTimer: 0 };
  const looks = (): number => vi.mocked(RedisStore.prototype.replicasAt).mock.calls.length;

  beforeEach(async () => {
    // all know what was changed before: what they tell of that would wake as well
    await until(async () => {
      const { revision } = app.service.health();
      return (await app.service.replicas()).every((replica) => replica.revision === revision);
    });
    Object.assign(waits, { begun: 0, byTimer: 0 });
    const { wait } = Notifier.prototype;
    vi.spyOn(Notifier.prototype, 'wait').mockImplementation(async function (
      this: Notifier,
      mark,
      _timeout,
      signal,
    ) {
      waits.begun++;
      const came = await wait.call(this, mark, PATIENCE, signal);
      if (this.mark === mark) waits.byTimer++;
      return came;
    });
    vi.spyOn(RedisStore.prototype, 'replicasAt');
  });

  /** Others apply nothing until somebody waits for them. */
  async function whileOthersStandStill<T>(work: () => Promise<T>): Promise<T> {
    others.forEach(({ child }) => child.signal('SIGSTOP'));
    const outcome = work();
    try {
      await until(() => waits.begun > 0);
    } finally {
      others.forEach(({ child }) => child.signal('SIGCONT'));
    }
    return outcome;
  }

  it('with { acknowledge }', async () => {
    const change = await whileOthersStandStill(() =>
      app.service.setMaintenance(true, KEY, { acknowledge: 2 * PATIENCE }),
    );
    expect(change.missing).toEqual([]);
    expect(change.acknowledged).toHaveLength(3);
    expect(waits.byTimer).toBe(0);
    // the first, and one for each of the others at most
    expect(looks()).toBeLessThanOrEqual(3);
  });

  it('with a drain', async () => {
    await whileOthersStandStill(() =>
      app.service.maintain(KEY, () => Promise.resolve(), { drain: 2 * PATIENCE }),
    );
    expect(waits.byTimer).toBe(0);
    expect(looks()).toBeLessThanOrEqual(3);
  });
});

it('a look at what others have reported sets out before the wake-up comes, if the store is far away', async () => {
  await using proxy = await TcpProxy.start(server);
  const far = { redis: proxy.url, namespace: 'far' };
  await using one = await startService(far);
  await using two = await startService(far);
  await until(async () => (await two.service.replicas()).length === 2);
  proxy.latency = 10;
  const seen: ('look' | 'wake')[] = [];
  const { replicasAt } = RedisStore.prototype;
  vi.spyOn(RedisStore.prototype, 'replicasAt').mockImplementation(function (this: RedisStore, ...args) {
    seen.push('look');
    return replicasAt.apply(this, args);
  });
  const { call } = Notifier.prototype;
  vi.spyOn(Notifier.prototype, 'call').mockImplementation(function (this: Notifier, reached) {
    seen.push('wake');
    call.call(this, reached);
  });
  // it has to learn how long reports take; a machine that stands still now and then makes that longer
  let on = false;
  const early = async (): Promise<boolean> => {
    seen.length = 0;
    on = !on;
    const { missing } = await one.service.setMaintenance(on, KEY, { acknowledge: PATIENCE });
    expect(missing).toEqual([]);
    // one look that came too early would be followed by another
    return seen[0] === 'look' && seen.filter((what) => what === 'look').length === 1;
  };
  await until(early, { timeout: 20_000, what: 'a look that sets out early' });
}, 60_000);

describe('a call that changes nothing is acknowledged by all replicas that know the recorded state', () => {
  const nothing = (key: string) => app.service.setMaintenance(false, key, { acknowledge: PATIENCE });

  it('if nothing was ever recorded', async () => {
    await using one = await startService({ redis: server.url, namespace: 'empty' });
    await using two = await startService({ redis: server.url, namespace: 'empty' });
    await until(async () => (await two.service.replicas()).length === 2);
    const change = await one.service.setMaintenance(false, KEY, { acknowledge: PATIENCE });
    expect(change).toMatchObject({ from: false, to: false, revision: 0, missing: [] });
    expect(change.acknowledged).toHaveLength(2);
  });

  it('of a recorded key', async () => {
    await app.service.setMaintenance(true, KEY);
    expect(await nothing('general')).toMatchObject({ to: false, revision: 0, missing: [] });
  });

  it('of a key whose record the store has lost and got back, at another position', async () => {
    for (const key of ['general', KEY]) await app.service.setMaintenance(true, key);
    const off = await app.service.setMaintenance(false, KEY);
    await server.client().flushall();
    await until(async () => (await server.client().hexists(RECORDS, KEY)) === 1, { timeout: 10_000 });
    const change = await nothing(KEY);
    expect(change).toMatchObject({ to: false, revision: off.revision, missing: [] });
    expect(change.acknowledged).toHaveLength(3);
  });

  it('and has the number of the last change, for the next conditional change', async () => {
    const off = await app.service.setMaintenance(false, KEY);
    await app.service.setMaintenance(true, 'general');
    const { revision } = await app.service.setMaintenance(false, KEY);
    expect(revision).toBe(off.revision);
    await app.service.setMaintenance(true, KEY, { ifRevision: revision });
  });
});
