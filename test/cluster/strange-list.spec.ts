import { setTimeout as delay } from 'node:timers/promises';
import { MaintenanceDrainError, MaintenanceKey } from 'nestjs-maintenance';
import { createMaintenance } from 'nestjs-maintenance/standalone';
import { afterEach, expect, it, vi } from 'vitest';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import type { Presence, StateStore, Version } from '../../lib/core/store/store.js';
import { presence } from '../state/documents.js';
import { redisOptions } from '../state/stores.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

const NAMESPACE = 'strange';
const LEASE = 1_000;
const soon = () => performance.now() + 5_000;
const quiet = {
  pushed: () => undefined,
  reconnected: () => undefined,
  woken: () => undefined,
  warn: () => undefined,
};

afterEach(() => vi.restoreAllMocks());

/** A replica that exchanges on request. */
async function join(url: string, id: string) {
  const store = new RedisStore(url, NAMESPACE, { ...redisOptions, replicaLease: LEASE });
  await store.start(quiet, soon());
  const tell = (at: Version = '', over: Partial<Presence> = {}) =>
    store.sync(at, presence({ id, lease: LEASE, observer: false, at, ...over }), soon());
  return { store, tell, [Symbol.asyncDispose]: () => store.stop() };
}

/** One that does work under key "a". */
const startHolder = (redis: string) =>
  createMaintenance({
    redis,
    namespace: NAMESPACE,
    lease: LEASE,
    keys: [new MaintenanceKey('a')],
    logger: { warn: () => undefined, error: () => undefined },
  });

/** Makes the exchanges of all stores but these wait while that is wished. */
function holdBack(others: readonly StateStore[]) {
  const { sync } = RedisStore.prototype;
  let release = (): void => undefined;
  let held: Promise<void> | undefined;
  vi.spyOn(RedisStore.prototype, 'sync').mockImplementation(async function (this: RedisStore, ...args) {
    if (!others.includes(this)) await held;
    return sync.apply(this, args);
  });
  return {
    hold: () => void (held = new Promise((resolve) => (release = resolve))),
    release: () => release(),
  };
}

it('work does not trust a new list of replicas before the replicas it remembers have been notified', async () => {
  await using server = await RedisServer.start();
  await using one = await join(server.url, 'one');
  await using two = await join(server.url, 'two');
  const exchanges = holdBack([one.store, two.store]);
  await using holder = await startHolder(server.url);
  // by now a server that has only just started is not the reason for doubts
  await delay(LEASE + 1_500);
  await one.tell();
  // one has not heard of two, the holder has
  await two.tell('', { inFlight: 1 });
  await holder.refresh();
  exchanges.hold();
  await server.client().flushall();
  // so one lists the holder again, and nobody lists two, whose handler runs on
  await one.tell();

  let begun = false;
  const work = holder.maintain('a', () => void (begun = true), { lock: false, drain: 5_000 });
  const outcome = work.then(
    () => undefined,
    (error: unknown) => error,
  );
  const { version } = await until(async () => {
    const answer = await one.store.sync(null, presence({ id: 'one', lease: LEASE, observer: false }), soon());
    return answer.version === '' ? undefined : answer;
  });
  await one.tell(version);
  // long enough for many looks
  await delay(500);
  exchanges.release();

  const error = await outcome;
  expect(begun).toBe(false);
  expect(error).toBeInstanceOf(MaintenanceDrainError);
  expect((error as MaintenanceDrainError).replicas.map(({ id }) => id)).toEqual(['two']);
});

it('a replica whose report cannot be read is neither drained, nor has it acknowledged anything', async () => {
  await using server = await RedisServer.start();
  await using holder = await startHolder(server.url);
  const member = { id: 'new', host: 'h', pid: 7, lease: LEASE, presumedDead: 60_000, foreignKeys: [] };
  const now = Date.now();
  const shapes = {
    'whose figures have another shape': `${now + 60_000}|${now}||0|0|${JSON.stringify(member)}\n{"inFlight":{}}`,
    'whose facts have another shape': `${now + 60_000}|${now}||0|0|${JSON.stringify({ ...member, lease: '1 s' })}\n{}`,
    'that only begins like one of this version': `${now + 60_000}|${now}|xxxx|${JSON.stringify(member)}`,
    'that is JSON': JSON.stringify({ ...member, at: now }),
    'that is nothing known': 'there',
  };
  for (const [shape, report] of Object.entries(shapes)) {
    await server.client().hset(`${NAMESPACE}:{${NAMESPACE}}:replicas`, 'new', report);
    let begun = false;
    const work = holder.maintain('a', () => void (begun = true), { lock: false, drain: 200 });
    const error = await work.catch((reason: unknown) => reason);
    expect(begun, shape).toBe(false);
    expect(error, shape).toBeInstanceOf(MaintenanceDrainError);
    expect((error as MaintenanceDrainError).replicas, shape).toMatchObject([{ id: 'new', inFlight: null }]);
    const change = await holder.setMaintenance(true, 'a', { acknowledge: 200 });
    expect(change.missing, shape).toEqual(['new']);
    await holder.setMaintenance(false, 'a');
  }
});
