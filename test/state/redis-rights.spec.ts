import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { notice, writing } from './documents.js';
import { startService } from './service.js';
import { redisOptions } from './stores.js';

const soon = () => performance.now() + 5_000;

const PAGE = new URL('../../docs/redis-and-outages.md', import.meta.url);

/** The rule that the documents give for the user that an application needs. */
const rule = (
  /^```text\nACL SETUSER maintenance on >secret (.*?)^```$/ms.exec(readFileSync(PAGE, 'utf8'))?.[1] ?? ''
)
  .replaceAll('\\\n', ' ')
  .split(/\s+/)
  .filter(Boolean);

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
  await server.client().acl('SETUSER', 'maintenance', 'on', '>secret', 'reset', 'on', '>secret', ...rule);
});
afterAll(() => server.stop());

describe('a Redis user with exactly the documented permissions', () => {
  const url = (): string => server.url.replace('redis://', 'redis://maintenance:secret@');

  it('can make changes, receive pushes, lock, drain and leave', async () => {
    expect(rule.length).toBeGreaterThan(10);
    await using one = await startService({ redis: url(), commandTimeout: 5_000 });
    await using two = await startService({ redis: url(), commandTimeout: 5_000 });
    const change = await one.service.setMaintenance(true, 'general', { acknowledge: 5_000 });
    expect(change.missing).toEqual([]);
    expect(two.isOn()).toBe(true);
    await one.service.setMaintenance(false);
    await until(() => !two.isOn());
    expect(await one.service.maintain('import-export', () => 'worked', { drain: 5_000 })).toBe('worked');
    expect(await two.service.replicas()).toHaveLength(2);
    expect(one.service.health()).toMatchObject({ up: true, error: null });
    for (const { log } of [one, two]) {
      expect(log.filter((line) => /^(warn|error)/.test(line))).toEqual([]);
    }
    const refused = (await server.client().call('ACL', 'LOG')) as unknown[];
    expect(refused).toEqual([]);
  });
});

it('a Redis user who may not read is refused with the reason, and does not take the state for unreadable', async () => {
  const admin = server.client();
  await admin.acl('SETUSER', 'blind', 'reset', 'on', '>secret', ...rule, '-hget');
  await admin.flushall();
  const refused = /NOPERM|can't run this command/;
  const open = async (url: string) => {
    const store = new RedisStore(url, 'maintenance', redisOptions);
    const quiet = () => undefined;
    await store.start({ pushed: quiet, reconnected: quiet, woken: quiet, warn: quiet }, soon());
    return Object.assign(store, { [Symbol.asyncDispose]: () => store.stop() });
  };
  await using one = await open(server.url);
  await one.write([writing('a', { switch: notice() })], '', soon());
  await using two = await open(server.url.replace('redis://', 'redis://blind:secret@'));
  await expect(two.sync('', null, soon())).rejects.toThrow(refused);
});

describe('a Redis user without permission', () => {
  it.each([
    ['channels', ['resetchannels'], 'does not let this user subscribe'],
    ['SUBSCRIBE', ['-subscribe'], 'does not let this user subscribe'],
    ['PING', ['-ping'], undefined],
    ['INFO', ['-info'], undefined],
    ['CLIENT', ['-client'], undefined],
    ['PUBLISH', ['-publish'], undefined],
    ['any of these', ['resetchannels', '-ping', '-info', '-client', '-pubsub'], 'does not let this user'],
  ])(
    'for %s works, logs it at most once, and does not keep reconnecting',
    async (name, less, warning) => {
      const user = `without-${name.replaceAll(' ', '-')}`;
      const admin = server.client();
      await admin.acl('SETUSER', user, 'reset', 'on', '>secret', ...rule, ...less);
      await admin.flushall();
      const redis = server.url.replace('redis://', `redis://${user}:secret@`);
      await using one = await startService({ redis, commandTimeout: 5_000 });
      await using two = await startService({ redis, commandTimeout: 5_000 });
      const connections = async (): Promise<number> =>
        Number(/total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1]);
      const before = await connections();
      const change = await one.service.setMaintenance(true, 'general', { acknowledge: 5_000 });
      expect(change.missing).toEqual([]);
      expect(two.isOn()).toBe(true);
      await one.service.setMaintenance(false);
      await until(() => !two.isOn(), { timeout: 5_000 });
      // longer than a lease
      await until(
        async () =>
          (await one.service.replicas()).every(
            ({ lastSeen }) => lastSeen.getTime() > change.at.getTime() + 3_500,
          ),
        {
          timeout: 15_000,
          interval: 100,
        },
      );
      expect(one.service.health()).toMatchObject({ up: true, error: null });
      expect((await connections()) - before).toBeLessThanOrEqual(2);
      // Nest has one logger for the whole process: that of the application made last
      const warnings = two.log.filter((line) => line.startsWith('warn'));
      expect(warnings.length).toBe(warning ? 1 : 0);
      expect(warnings.join()).toContain(warning ?? '');
    },
    60_000,
  );
});

describe('a Redis user without a permission that only changes need', () => {
  it.each([
    ['ZADD', ['-zadd'], "'zadd'"],
    ['XADD', ['-xadd'], "'xadd'"],
    ['DEL', ['-del'], "'del'"],
  ])('stays in contact, and is refused each change with the reason: %s', async (name, less, shown) => {
    const admin = server.client();
    const user = `cannot-${name}`;
    await admin.acl('SETUSER', user, 'reset', 'on', '>secret', ...rule, ...less);
    await admin.flushall();
    await using one = await startService({ redis: server.url, commandTimeout: 5_000 });
    const redis = server.url.replace('redis://', `redis://${user}:secret@`);
    await using two = await startService({ redis, commandTimeout: 5_000, onStale: 'block' });
    for (let i = 0; i < 2; i++) {
      await expect(two.service.setMaintenance(true, 'import-export')).rejects.toMatchObject({
        name: 'MaintenanceStoreError',
        outcome: 'refused',
        message: expect.stringContaining(`run the ${shown} command; nothing was written`) as string,
      });
      await two.service.refresh();
      expect(two.service.health()).toMatchObject({ up: true, error: null });
    }
    await one.service.setMaintenance(true);
    await until(() => two.isOn());
  });
});
