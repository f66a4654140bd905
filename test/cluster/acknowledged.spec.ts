import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Notifier } from '../../lib/core/common/notifier.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { startService, type Running } from '../state/service.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { startReplicas, type Replica } from './replicas.js';

const KEY = 'import-export';
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
}, 90_000);
afterAll(async () => {
  await Promise.all(others.map((replica) => replica.child.kill()));
  await app[Symbol.asyncDispose]();
  await server.stop();
});

describe('who waits for others looks when the last of them has applied the change, not when time is over', () => {
  /** Waits that have begun, and those that nobody has ended. */
  const waits = { begun: 0, byTimer: 0 };
  const looks = (): number => vi.mocked(RedisStore.prototype.replicasAt).mock.calls.length;

  beforeEach(() => {
    Object.assign(waits, { begun: 0, byTimer: 0 });
    const { wait } = Notifier.prototype;
    vi.spyOn(Notifier.prototype, 'wait').mockImplementation(async function (
      this: Notifier,
      mark,
      _timeout,
      signal,
    ) {
      waits.begun++;
      await wait.call(this, mark, PATIENCE, signal);
      if (this.mark === mark) waits.byTimer++;
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
    await using _ = await whileOthersStandStill(() => app.service.maintain(KEY, { drain: 2 * PATIENCE }));
    expect(waits.byTimer).toBe(0);
    expect(looks()).toBeLessThanOrEqual(3);
  });
});
