import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMaintenance, type StandaloneMaintenance } from 'nestjs-maintenance/standalone';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

const KEY = 'general';
const LEASE = 12_000;
let server: RedisServer;
let service: StandaloneMaintenance;
let other: StandaloneMaintenance;

const silent = { warn: () => undefined, error: () => undefined };
const open = (redis: string) => createMaintenance({ redis, logger: silent });

beforeAll(async () => {
  server = await RedisServer.start();
  [service, other] = await Promise.all([open(server.url), open(server.url)]);
});
beforeEach(() => service.unsetMaintenance(KEY));
afterAll(async () => {
  await Promise.all([service, other].map((each) => each?.close()));
  await server.stop();
});

describe('the lease of a maintain()', () => {
  it('is as long as requested, and reports the remaining time', async () => {
    const usual = await service.maintain(KEY, { drain: false });
    expect(usual.remaining()).toBeGreaterThan(3_000);
    expect(usual.remaining()).toBeLessThanOrEqual(6_000);
    await usual.leave();
    expect(usual.remaining()).toBe(0);
    const long = await service.maintain(KEY, { drain: false, lease: LEASE });
    expect(long.remaining()).toBeGreaterThan(LEASE / 2);
    expect(long.remaining()).toBeLessThanOrEqual(LEASE);
    await long.leave();
  });

  it.each([
    ['somebody unsets the key', undefined, (): Promise<void> => other.unsetMaintenance(KEY)],
    ['its time is over', 500, (): void => undefined],
  ] as const)(
    'leaves no time once it is lost because %s: others may have the lock',
    async (_, timeout, lose) => {
      const held = await service.maintain(KEY, { drain: false, timeout });
      await lose();
      await until(() => held.signal.aborted);
      expect(held.remaining()).toBe(0);
      await other.maintain(KEY, () => expect(held.remaining()).toBe(0), { drain: false, blocking: 3_000 });
      await held.leave();
    },
  );

  it('leaves no time when its application shuts down', async () => {
    const closing = await open(server.url);
    const held = await closing.maintain(KEY, { drain: false });
    const shared = await closing.maintain(KEY, { drain: false, lock: false });
    const closed = closing.close();
    expect([held.remaining(), shared.remaining()]).toEqual([0, 0]);
    await Promise.all([held.leave(), shared.leave(), closed]);
  });

  it('leaves no time without Redis either once it is lost', async () => {
    await using memory = await createMaintenance({ redis: false, logger: silent });
    const held = await memory.maintain(KEY, { drain: false });
    expect(held.remaining()).toBe(Infinity);
    await memory.unsetMaintenance(KEY);
    await until(() => held.signal.aborted);
    expect(held.remaining()).toBe(0);
    await held.leave();
  });

  it.each([0, 2_999, 3_600_001, 1.5, Number.NaN, '6000'])('of %s is refused', async (lease) => {
    const refused = service.maintain(KEY, { lease: lease as number });
    await expect(refused).rejects.toMatchObject({ name: 'MaintenanceConfigurationError', option: 'lease' });
    expect(service.isActive(KEY)).toBe(false);
  });

  it('keeps others out for its whole length when its holder is cut off, and ends earlier for the holder', async () => {
    const proxy = await TcpProxy.start({ host: server.host, port: server.port });
    const cutOff = await open(proxy.url);
    const held = await cutOff.maintain(KEY, { drain: false, lease: LEASE });
    const cut = performance.now();
    proxy.pause();
    const lost = new Promise<number>((resolve) =>
      held.signal.addEventListener('abort', () => resolve(performance.now())),
    );
    const next = await other.maintain(KEY, { drain: false, blocking: 3 * LEASE });
    const taken = performance.now();
    expect(taken - cut).toBeGreaterThan(LEASE * 0.6);
    expect(await lost).toBeLessThan(taken);
    expect(held.remaining()).toBe(0);
    expect(next.fence).toBeGreaterThan(held.fence);
    await next.leave();
    proxy.resume();
    await cutOff.close();
    await proxy[Symbol.asyncDispose]();
  }, 60_000);

  it('is respected by others even if Redis has forgotten it', async () => {
    await using own = await RedisServer.start();
    await using proxy = await TcpProxy.start({ host: own.host, port: own.port });
    await using witness = await open(own.url);
    const holder = await open(proxy.url);
    const held = await holder.maintain(KEY, { drain: false, lease: LEASE });
    await until(() => witness.isActive(KEY));
    const lost = new Promise<number>((resolve) =>
      held.signal.addEventListener('abort', () => resolve(performance.now())),
    );
    proxy.pause();
    await own.restart({ empty: true });
    const next = await witness.maintain(KEY, { drain: false, blocking: 4 * LEASE });
    const taken = performance.now();
    expect(await lost).toBeLessThan(taken);
    await next.leave();
    proxy.resume();
    await holder.close();
  }, 90_000);
});

describe('keepLock', () => {
  it('keeps the next caller out until the work is over, even after an operator has unset the key', async () => {
    const held = await service.maintain(KEY, { drain: false, keepLock: true });
    await other.unsetMaintenance(KEY);
    await until(() => held.signal.aborted);
    await expect(other.maintain(KEY, { drain: false })).rejects.toMatchObject({
      name: 'MaintenanceLockedError',
    });
    expect(held.remaining()).toBeGreaterThan(0);
    await held.leave();
    await other.maintain(KEY, () => undefined, { drain: false });
  });

  it('keeps the next caller out after its timeout', async () => {
    const held = await service.maintain(KEY, { drain: false, keepLock: true, timeout: 2_000 });
    await until(() => held.signal.aborted);
    // work ends by the latest that the clock of Redis may show, so before others open the key
    await until(() => !other.isActive(KEY));
    await expect(other.maintain(KEY, { drain: false })).rejects.toMatchObject({
      name: 'MaintenanceLockedError',
    });
    await held.leave();
  });

  it('is off by default: the lock is free at once', async () => {
    const held = await service.maintain(KEY, { drain: false });
    await other.unsetMaintenance(KEY);
    await until(() => held.signal.aborted);
    await other.maintain(KEY, () => undefined, { drain: false, blocking: 20_000 });
    await held.leave();
    await expect(service.maintain(KEY, { keepLock: 1 as never })).rejects.toMatchObject({
      option: 'keepLock',
    });
  });
});
