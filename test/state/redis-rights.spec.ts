import { readFileSync } from 'node:fs';
import { Cluster } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { notice, writing } from './documents.js';
import { startService } from './service.js';
import { redisOptions } from './stores.js';

const soon = () => performance.now() + 5_000;

const page = readFileSync(new URL('../../docs/redis-and-outages.md', import.meta.url), 'utf8');

/** The rule that the documents give for the user that an application needs. */
const rule = (/^```text\nACL SETUSER maintenance on >secret (.*?)^```$/ms.exec(page)?.[1] ?? '')
  .replaceAll('\\\n', ' ')
  .split(/\s+/)
  .filter(Boolean);

/** What versions of Redis say of a missing permission. */
const missing = (command: string) =>
  new RegExp(`NOPERM|can't run this command|no permissions to run the '${command}' command`);

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

describe('with what the documents add to the rule', () => {
  /** What the page has in such quotes. */
  const added = (pattern: RegExp): string[] => (pattern.exec(page)?.[1] ?? '').split(' ');
  const prefixed = (prefix: string) => rule.map((term) => term.replace(/^~/, `~${prefix}`));

  /** What two applications log, and what Redis refuses them, while they use all there is. */
  async function complaintsOf(redis: () => string | object, admins: readonly RedisServer[]) {
    await using one = await startService({ redis: redis(), commandTimeout: 5_000 });
    await using two = await startService({ redis: redis(), commandTimeout: 5_000 });
    const change = await one.service.setMaintenance(true, 'general', { acknowledge: 5_000 });
    expect(change.missing).toEqual([]);
    expect(two.isOn()).toBe(true);
    expect(await two.service.maintain('import-export', () => 'worked', { drain: 5_000 })).toBe('worked');
    expect(await two.service.getHistory()).toHaveLength(3);
    expect((await one.service.replicas()).map(({ connection }) => connection)).toEqual(['open', 'open']);
    expect(one.service.health()).toMatchObject({ up: true, error: null });
    const logged = [...one.log, ...two.log].filter((line) => /^(warn|error)/.test(line));
    const refused = await Promise.all(admins.map((admin) => admin.client().call('ACL', 'LOG')));
    return [...logged, ...refused.flat()];
  }

  async function allow(admins: readonly RedisServer[], rules: readonly string[]): Promise<void> {
    for (const admin of admins) {
      await admin.client().flushall();
      await admin.client().call('ACL', 'LOG', 'RESET');
      await admin.client().acl('SETUSER', 'more', 'reset', 'on', '>secret', ...rules);
    }
  }

  it('another database, and a key prefix', async () => {
    const url = server.url.replace('redis://', 'redis://more:secret@');
    await allow([server], [...rule, ...added(/database other than 0, add `([^`]+)`/)]);
    expect(await complaintsOf(() => `${url}/1`, [server])).toEqual([]);
    await allow(
      [server],
      prefixed(added(/With a key prefix, the entries begin with it: `~(.*?)maintenance:/)[0]!),
    );
    expect(await complaintsOf(() => `${url}?keyPrefix=shop:`, [server])).toEqual([]);
  }, 60_000);

  it('a Cluster, with a hash tag in its key prefix, too', async () => {
    await using cluster = await RedisCluster.start();
    const clustered = added(/In a Cluster, add\s`([^`]+)`/);
    const redisOptions = { username: 'more', password: 'secret' };
    const client = (keyPrefix = '') =>
      new Cluster(cluster.startupNodes, { redisOptions, keyPrefix, lazyConnect: true });
    await allow(cluster.nodes, [...rule, ...clustered]);
    expect(await complaintsOf(client, cluster.nodes)).toEqual([]);
    await allow(cluster.nodes, [
      ...prefixed('{shop}:'),
      ...clustered,
      ...added(/begin with it, too:\s`([^`]+)`/),
    ]);
    expect(await complaintsOf(() => client('{shop}:'), cluster.nodes)).toEqual([]);
  }, 120_000);
});

it('a Redis whose commands INFO, PUBSUB, CLIENT and PING were taken away works', async () => {
  const config = ['INFO', 'PUBSUB', 'CLIENT', 'PING'].map((name) => `rename-command ${name} ""`);
  await using bare = await RedisServer.start({ config });
  await using one = await startService({ redis: bare.url });
  await using two = await startService({ redis: bare.url });
  await until(() => one.service.health().up && two.service.health().up, { what: 'contact' });
  const change = await one.service.setMaintenance(true, 'general', { acknowledge: 5_000 });
  expect(change.missing).toEqual([]);
  expect(two.isOn()).toBe(true);
});

it('a Redis that lacks a command which changes take names it, and nothing is written', async () => {
  await using bare = await RedisServer.start({ config: ['rename-command DEL ""'] });
  await using one = await startService({ redis: bare.url });
  await expect(one.service.setMaintenance(true)).rejects.toMatchObject({
    outcome: 'refused',
    message: expect.stringContaining("'del' command") as string,
  });
  expect(await bare.client().exists('maintenance:{maintenance}:records')).toBe(0);
});

it('a Redis user who may not read is refused with the reason, and does not take the state for unreadable', async () => {
  const admin = server.client();
  await admin.acl('SETUSER', 'blind', 'reset', 'on', '>secret', ...rule, '-hget');
  await admin.flushall();
  const refused = missing('hget');
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

describe('a Redis user without a permission that each exchange needs', () => {
  it.each(['zcard', 'hvals', 'hgetall', 'hincrby', 'hlen'])(
    'is out of contact, with the reason, and leaves what others use alone: %s',
    async (name) => {
      const admin = server.client();
      const user = `lacks-${name}`;
      await admin.acl('SETUSER', user, 'reset', 'on', '>secret', ...rule, `-${name}`);
      await admin.flushall();
      await using one = await startService({ redis: server.url, commandTimeout: 5_000 });
      await one.service.setMaintenance(true, 'import-export');
      const redis = server.url.replace('redis://', `redis://${user}:secret@`);
      await using two = await startService({ redis, commandTimeout: 5_000 });
      await until(() => !two.service.health().up, { what: 'the refusal' });
      expect(two.service.health().error).toMatch(missing(name));
      const head = () => admin.hget('maintenance:{maintenance}:records', ':head');
      const before = await head();
      await admin.config('RESETSTAT');
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      expect(await head()).toBe(before);
      const calls = /cmdstat_evalsha:calls=(\d+)/.exec(await admin.info('commandstats'))?.[1];
      expect(Number(calls)).toBeLessThan(20);
      expect(one.service.health()).toMatchObject({ up: true, error: null });
      expect(await one.service.maintain('import-export', () => 'worked', { drain: false })).toBe('worked');
    },
    30_000,
  );

  it('does not replace what it cannot read: the id and the secret of the store', async () => {
    const admin = server.client();
    await admin.acl('SETUSER', 'cannot-get', 'reset', 'on', '>secret', ...rule, '-get');
    await admin.flushall();
    const bypass = { secret: 'x'.repeat(40) };
    await using one = await startService({ redis: server.url, bypass, commandTimeout: 5_000 });
    await one.service.setMaintenance(true, 'import-export');
    const both = () =>
      Promise.all(['identity', 'secret'].map((name) => admin.get(`maintenance:{maintenance}:${name}`)));
    const before = await until(async () => {
      const values = await both();
      return values.includes(null) ? undefined : values;
    });
    const redis = server.url.replace('redis://', 'redis://cannot-get:secret@');
    await using two = await startService({ redis, bypass, commandTimeout: 5_000 });
    await two.service.setMaintenance(true, 'general', { acknowledge: 5_000 });
    await two.service.refresh();
    expect(await both()).toEqual(before);
    await until(() => one.isOn());
  });
});
