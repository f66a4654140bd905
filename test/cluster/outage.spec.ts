import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Redis } from 'ioredis';
import { decodeRecord } from '../../lib/core/document/codec.js';
import { LOCK_LEASE } from '../../lib/core/state/replica-lease.js';
import { COMMAND_TIMEOUT, startService } from '../state/service.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { Replica } from './replicas.js';

const KEY = 'import-export';
const LEASES = 'maintenance:{maintenance}:leases';

it('the signal of work aborts before its lease is over', async () => {
  await using server = await RedisServer.start();
  await using proxy = await TcpProxy.start(server);
  await using app = await startService({ redis: proxy.url });
  const maintenance = await app.service.maintain(KEY);
  const seen: string[] = [];
  maintenance.signal.addEventListener('abort', () => seen.push('aborted'));
  proxy.pause();
  // nothing renews it any more; timers keep their order, even if this process stands still at its end
  const lease = await server.client().hget(LEASES, `lock:${KEY}`);
  setTimeout(() => seen.push('over'), Number(lease?.split('|')[2]) - Date.now());
  await until(() => seen.length === 2, { timeout: 2 * LOCK_LEASE });
  expect(seen).toEqual(['aborted', 'over']);
  proxy.resume();
  expect(maintenance.signal.reason).toMatchObject({
    name: 'MaintenanceLockLostError',
    key: KEY,
    why: 'its lease could not be renewed in time',
  });
  await maintenance.leave();
}, 60_000);

it('work that ends while Redis is silent returns its result, and the key opens as soon as Redis is back', async () => {
  await using server = await RedisServer.start();
  await using app = await startService({ redis: server.url });
  const begun = performance.now();
  const result = await app.service.maintain(KEY, () => {
    server.pause();
    return 'done';
  });
  expect(result).toBe('done');
  expect(performance.now() - begun).toBeLessThan(4 * COMMAND_TIMEOUT + 2_000);
  expect(app.isOn(KEY)).toBe(true);
  server.resume();
  await until(() => !app.isOn(KEY), { timeout: 15_000 });
  expect(app.changes.at(-1)).toMatchObject({ key: KEY, from: true, to: false, cause: 'release' });
  expect(app.logged('has to wait for the store')).toBe(1);
  // and the lock was given back with it, or runs out
  expect(await app.service.maintain(KEY, () => 'again', { blocking: 2 * LOCK_LEASE })).toBe('again');
}, 60_000);

it('a maintain() that was given up holds neither the key nor its lock for long', async () => {
  await using server = await RedisServer.start();
  await using app = await startService({ redis: server.url });
  server.pause();
  await expect(app.service.maintain(KEY)).rejects.toMatchObject({ name: 'MaintenanceStoreError' });
  server.resume();
  await until(() => app.service.health().up, { timeout: 15_000 });
  await app.service.refresh();
  expect(app.isOn(KEY)).toBe(false);
  expect(await server.client().hlen(LEASES)).toBe(0);
}, 60_000);

it('work waits for replicas that a restarted Redis has forgotten, until they are known to be gone', async () => {
  await using server = await RedisServer.start();
  await using proxy = await TcpProxy.start(server);
  await using holder = await Replica.start(server.url);
  await using forgotten = await Replica.start(proxy.url, { ON_STALE: 'block' });
  await until(async () => (await holder.replicas()).length === 2);
  await until(async () => (await forgotten.health()).lease > 2_000);
  proxy.pause();
  await server.restart({ empty: true });
  await until(async () => (await holder.health()).lease > 0 && (await holder.health()).up, {
    timeout: 10_000,
  });
  const work = holder.work('forgotten', KEY, { drain: 40_000 });
  await until(async () => (await forgotten.health()).lease === 0, { timeout: 20_000 });
  expect((await forgotten.get('/orders')).status).toBe(503);
  // it admits nothing any more; what it was running may go on all the same
  await delay(1_000);
  expect((await holder.gates()).begun).not.toContain('forgotten');
  expect(await holder.replicas()).toContainEqual(
    expect.objectContaining({ id: forgotten.id, pid: forgotten.child.pid, silent: true }),
  );
  expect(await holder.forget(forgotten.id)).toBe(true);
  await holder.reaches('forgotten');
  await holder.open('forgotten');
  expect(await work).toEqual({ ran: true });
}, 60_000);

it('a new replica on a Redis that just started without its data waits for replicas unknown to it', async () => {
  await using server = await RedisServer.start();
  await using proxy = await TcpProxy.start(server);
  await using forgotten = await Replica.start(proxy.url, { ON_STALE: 'block' });
  await until(async () => (await forgotten.health()).lease > 2_000);
  proxy.pause();
  await server.restart({ empty: true });
  await using newcomer = await Replica.start(server.url);
  const work = newcomer.work('new', KEY, { drain: 20_000 });
  await newcomer.reaches('new');
  expect((await forgotten.health()).lease).toBe(0);
  await newcomer.open('new');
  expect(await work).toEqual({ ran: true });
}, 60_000);

it('work waits for replicas that were wiped from the list, even if the state was restored before anybody noticed', async () => {
  await using server = await RedisServer.start();
  await using proxy = await TcpProxy.start(server);
  await using holder = await Replica.start(server.url);
  await using forgotten = await Replica.start(proxy.url, { ON_STALE: 'block' });
  await until(async () => (await holder.replicas()).length === 2);
  await holder.set(true, 'general', { acknowledge: 10_000 });
  await until(async () => (await forgotten.health()).lease > 2_000);
  proxy.pause();
  const redis = server.client();
  const state = 'maintenance:{maintenance}:state';
  await redis
    .multi()
    .set(state, (await redis.get(state)) ?? '')
    .del('maintenance:{maintenance}:replicas')
    .exec();
  const work = holder.work('wiped', KEY, { drain: 40_000 });
  await until(async () => (await forgotten.health()).lease === 0, { timeout: 20_000 });
  await delay(1_000);
  expect((await holder.gates()).begun).not.toContain('wiped');
  expect(await holder.forget(forgotten.id)).toBe(true);
  await holder.reaches('wiped');
  await holder.open('wiped');
  expect(await work).toEqual({ ran: true });
}, 60_000);

it('waiting for acknowledgements does not delay the end of an application while Redis is away', async () => {
  await using server = await RedisServer.start();
  await using other = await Replica.start(server.url);
  const app = await startService({ redis: server.url });
  await until(async () => (await app.service.replicas()).length === 2);
  other.child.signal('SIGSTOP');
  const outcome = app.service
    .setMaintenance(true, 'general', { acknowledge: 60_000 })
    .catch((error: unknown) => error);
  await until(() => app.isOn());
  await server.kill();
  const begun = performance.now();
  await app[Symbol.asyncDispose]();
  expect(await outcome).toMatchObject({
    name: 'MaintenanceStoreError',
    message: expect.stringContaining('The change was written') as string,
  });
  expect(performance.now() - begun).toBeLessThan(30_000);
}, 90_000);

/** What Redis has of the state, to be put back as a failover would. */
async function saved(redis: Redis): Promise<() => Promise<void>> {
  const name = (part: string): string => `maintenance:{maintenance}:${part}`;
  const records = await redis.hgetall(name('records'));
  const [order, writes] = [
    await redis.zrange(name('order'), 0, -1, 'WITHSCORES'),
    await redis.zrange(name('writes'), 0, -1, 'WITHSCORES'),
  ];
  const pairs = (list: string[]): string[] =>
    list.flatMap((member, i) => (i % 2 ? [] : [list[i + 1] as string, member]));
  return async () => {
    const again = redis
      .multi()
      .del(name('records'), name('order'), name('writes'))
      .hset(name('records'), records);
    await again
      .zadd(name('order'), ...pairs(order))
      .zadd(name('writes'), ...pairs(writes))
      .exec();
  };
}

/** Somebody who knows only what Redis has changes a key. */
async function turnOff(url: string, key: string): Promise<void> {
  await using other = await startService({ redis: url });
  await other.service.setMaintenance(true, key, { message: 'somebody else' });
  await other.service.setMaintenance(false, key);
}

it('a change lost by a failover is not acknowledged by replicas that went on without it', async () => {
  await using server = await RedisServer.start();
  await using proxy = await TcpProxy.start(server);
  await using app = await startService({ redis: server.url });
  await using other = await startService({ redis: proxy.url });
  await until(async () => (await app.service.replicas()).length === 2);
  const first = await app.service.setMaintenance(true, KEY, { acknowledge: 10_000 });
  expect(first.acknowledged).toHaveLength(2);
  const failOver = await saved(server.client());
  proxy.pause();
  const lost = app.service.setMaintenance(true, 'general', { acknowledge: 2_500 });
  await until(() => app.isOn());
  // another primary has taken over, which lacks the change, and where numbers go on without it
  await failOver();
  await turnOff(server.url, KEY);
  proxy.resume();
  // unknown, missing, or true: nobody is said to have applied what they have not
  const outcome = await lost.catch(() => undefined);
  expect(outcome?.missing?.length !== 0 || other.isOn()).toBe(true);
  // who knew it put it back, and the others have it
  await until(() => app.isOn() && other.isOn(), { timeout: 10_000 });
}, 60_000);

it('a change lost by a failover comes back, regardless of changes to other keys', async () => {
  await using server = await RedisServer.start();
  await using app = await startService({ redis: server.url });
  await using other = await startService({ redis: server.url });
  await app.service.setMaintenance(true, KEY, { acknowledge: 10_000 });
  const redis = server.client();
  const failOver = await saved(redis);
  await app.service.setMaintenance(true, 'general', { message: 'kept', acknowledge: 10_000 });
  await failOver();
  await turnOff(server.url, KEY);
  await until(() => [app, other].every((replica) => !replica.isOn(KEY)), { timeout: 10_000 });
  await Promise.all([app.service.refresh(), other.service.refresh()]);
  expect([app.isOn(), other.isOn()]).toEqual([true, true]);
  const after = decodeRecord(await redis.hget('maintenance:{maintenance}:records', 'general'));
  expect(after.switch?.message).toBe('kept');
  expect([app, other].map(({ changes }) => changes.filter(({ key }) => key === 'general').length)).toEqual([
    1, 1,
  ]);
}, 60_000);
