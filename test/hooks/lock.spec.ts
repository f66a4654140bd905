import {
  MaintenanceKey,
  MaintenanceLockedError,
  MaintenanceVetoError,
  OnMaintenance,
  type MaintenanceChange,
} from 'nestjs-maintenance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failure, started } from '../module/started.js';
import { RedisServer } from '../support/redis.js';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

describe.each([
  ['memory', () => ({})],
  ['Redis', () => ({ redis: server.url })],
])('a "changing" hook and the lock of maintain() in %s', (_name, options) => {
  async function site() {
    const asked: MaintenanceChange[] = [];
    const shop = { busy: false };
    class Hooks {
      @OnMaintenance('changing', 'key')
      changing(change: MaintenanceChange): void {
        asked.push(change);
        if (shop.busy) throw new MaintenanceVetoError('Payments are under way.');
      }
    }
    const keys = [new MaintenanceKey('key')];
    const { app, service } = await started({ keys, ...options() }, { providers: [Hooks] });
    return { service, asked, shop, [Symbol.asyncDispose]: () => app.close() };
  }

  it('is asked when the lock is there, not before the wait for it', async () => {
    await using at = await site();
    const held = await at.service.maintain('key', { drain: false });
    at.asked.length = 0;
    let ran = false;
    const next = failure(at.service.maintain('key', () => (ran = true), { blocking: true }));
    expect(at.asked).toEqual([]);
    at.shop.busy = true;
    await held.leave();
    expect(await next).toBeInstanceOf(MaintenanceVetoError);
    expect(ran).toBe(false);
    at.shop.busy = false;
    // it has given the lock back
    expect(await at.service.maintain('key', () => 'ran')).toBe('ran');
  });

  it('is not asked about a maintain() that does not get the lock', async () => {
    await using at = await site();
    const held = await at.service.maintain('key', { drain: false });
    at.asked.length = 0;
    for (const blocking of [false, 10]) {
      const error = await failure(at.service.maintain('key', () => 'ran', { blocking }));
      expect(error).toBeInstanceOf(MaintenanceLockedError);
    }
    expect(at.asked).toEqual([]);
    await held.leave();
  });

  it('that ends the wait does not let the work begin', async () => {
    await using at = await site();
    const patience = new AbortController();
    at.asked.push = (...changes) => {
      patience.abort(new Error('enough'));
      return changes.length;
    };
    const error = await failure(at.service.maintain('key', () => 'ran', { signal: patience.signal }));
    expect(error.message).toBe('enough');
    expect(at.service.isActive('key')).toBe(false);
    expect(await at.service.maintain('key', () => 'ran')).toBe('ran');
  });
});
