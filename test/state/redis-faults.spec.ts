import { setTimeout as delay } from 'node:timers/promises';
import { createCache, KeyvAdapter } from 'cache-manager';
import { redisInsStore } from 'cache-manager-ioredis-yet';
import { Keyv } from 'keyv';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { NestFactory } from '@nestjs/core';
import { MaintenanceModule, MaintenanceStoreError, SkipDuringMaintenance } from 'nestjs-maintenance';
import { createMaintenance } from 'nestjs-maintenance/standalone';
import { RedisServer } from '../support/redis.js';
import { readState } from '../support/redis-state.js';
import { RedisSentinel } from '../support/redis-sentinel.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { COMMAND_TIMEOUT, startService } from './service.js';

const CHANNEL = 'maintenance:{maintenance}:changes:0:';

/** What the server holds, as the library reads it. */
const stored = (server: RedisServer, records?: string) => readState(server.client(), records);
const isStoredOn = async (server: RedisServer) => (await stored(server)).keys.get('general')?.switch !== null;
/** Connections that listen for changes. */
const listeners = async (server: RedisServer) =>
  Number(((await server.client().pubsub('NUMSUB', CHANNEL)) as unknown[])[1]);

class Mailer {
  @SkipDuringMaintenance()
  send(): string {
    return 'sent';
  }
}

describe('a Redis that is down when the application starts', () => {
  it('does not stop the start, is reported, and is used as soon as it is up', async () => {
    await using server = await RedisServer.start();
    await server.kill();
    await using app = await startService({ redis: server.url });
    expect(app.service.health()).toMatchObject({ up: false, stale: expect.any(Date) as Date, revision: 0 });
    expect(app.logged('Lost contact with the maintenance store')).toBe(1);
    expect(app.logged('ECONNREFUSED')).toBe(1);
    expect(app.isOn()).toBe(false);
    const error = await app.service.setMaintenance(true).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(MaintenanceStoreError);
    expect(error).toMatchObject({
      outcome: 'unknown',
      message: expect.stringContaining('the outcome is unknown') as string,
    });
    await expect(app.service.getKeyData()).resolves.toHaveProperty('general.value', false);

    await server.restart();
    await until(() => app.service.health().up, { timeout: 10_000 });
    expect(app.service.health()).toMatchObject({ stale: null, error: null });
    expect(app.logged('Contact with the maintenance store is restored')).toBe(1);
    await app.service.setMaintenance(true);
    expect(await isStoredOn(server)).toBe(true);
  });

  it('brings news when it comes up: until then requests are served without any state', async () => {
    await using server = await RedisServer.start({ persist: true });
    {
      await using writer = await startService({ redis: server.url });
      await writer.service.setMaintenance(true, 'general', { message: 'Back soon' });
    }
    await server.kill();
    await using app = await startService({ redis: server.url });
    expect(app.isOn()).toBe(false);
    await server.restart();
    await until(() => app.changes.length > 0, { timeout: 10_000 });
    expect(app.changes).toMatchObject([{ from: false, to: true, message: 'Back soon' }]);
    expect(app.isOn()).toBe(true);
  });
});

describe('a Redis that stops answering', () => {
  it('makes calls reject in time, and a write that was given up never takes effect', async () => {
    await using server = await RedisServer.start();
    await using app = await startService({ redis: server.url });
    await app.service.setMaintenance(true, 'import-export');
    server.pause();
    const begun = performance.now();
    const calls = [
      app.service.setMaintenance(true),
      app.service.setMaintenance(true),
      app.service.unsetMaintenance('import-export'),
      app.service.maintain('general', () => 'never'),
      app.service.refresh(),
      app.service.replicas(),
    ];
    for (const outcome of await Promise.allSettled(calls)) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'MaintenanceStoreError' } });
    }
    expect(performance.now() - begun).toBeLessThan(2 * COMMAND_TIMEOUT + 3_000);
    // what was last known holds
    expect([app.isOn(), app.isOn('import-export')]).toEqual([false, true]);
    await until(() => !app.service.health().up, { what: 'the loss of touch to be noticed' });

    server.resume();
    // answered after everything that was on its way to the server
    await server.client().ping();
    await until(() => app.service.health().up, { timeout: 10_000 });
    await app.service.refresh();
    expect([app.isOn(), app.isOn('import-export')]).toEqual([false, true]);
    expect((await stored(server)).keys.get('general')).toBeUndefined();
    expect(app.logged('Lost contact')).toBe(1);
    expect(app.health.map(({ up }) => up)).toEqual([false, true]);
    // and nothing of the given up maintain() is in the way
    expect(await app.service.maintain('general', () => 'done', { blocking: 10_000 })).toBe('done');
  });
});

describe('a Redis that restarts', () => {
  it('with its data changes nothing', async () => {
    await using server = await RedisServer.start({ persist: true });
    await using app = await startService({ redis: server.url });
    await app.service.setMaintenance(true, 'general', { message: 'kept' });
    const before = await stored(server);
    await server.restart();
    await until(() => app.health.at(-1)?.up !== false && app.service.health().lease > 0, { timeout: 10_000 });
    await until(() => app.service.refresh().then(() => true), { timeout: 10_000 });
    expect(await stored(server)).toEqual(before);
    expect(app.changes).toHaveLength(1);
    await using other = await startService({ redis: server.url });
    expect(other.service.isInMaintenance().state?.message).toBe('kept');
  });

  it.each([
    ['restarted empty', (server: RedisServer) => server.restart({ empty: true })],
    ['flushed', (server: RedisServer) => server.client().flushall()],
  ])('gets the last known state again when %s', async (_, forget) => {
    await using server = await RedisServer.start();
    await using app = await startService({ redis: server.url });
    await app.service.setMaintenance(true, 'general', { message: 'kept' });
    const { revision, history } = await stored(server);
    await forget(server);
    expect(app.isOn()).toBe(true);
    const again = await until(() => stored(server), { timeout: 10_000 });
    // another line of writes, whose numbers go on
    expect(again.history).not.toBe(history);
    expect(again.revision).toBeGreaterThan(revision);
    expect(again.keys.get('general')?.switch?.message).toBe('kept');
    expect(app.changes).toHaveLength(1);
    await until(() => app.logged('was written back') === 1);
    await until(() => app.service.setMaintenance(false).then(() => true), { timeout: 10_000 });
    expect(await isStoredOn(server)).toBe(false);
  });

  it('with losses again and again, as if it evicts entries, is reported once a minute, with what may be the cause', async () => {
    await using server = await RedisServer.start();
    await using app = await startService({ redis: server.url });
    await app.service.setMaintenance(true);
    const admin = server.client();
    for (let i = 0; i < 3; i++) {
      await admin.del('maintenance:{maintenance}:records');
      await until(() => admin.exists('maintenance:{maintenance}:records'));
    }
    await until(() => app.service.setMaintenance(false).then(() => true), { timeout: 10_000 });
    expect([app.logged('evicts entries'), app.logged('was written back')]).toEqual([1, 1]);
  });
});

describe('a Sentinel that promotes another server', () => {
  it('is followed: the state is kept, and can be changed', async () => {
    const group = await RedisSentinel.start();
    try {
      await using app = await startService({ redis: group.options });
      await app.service.setMaintenance(true, 'general', { message: 'kept' });
      await until(() => isStoredOn(group.replica), { what: 'the replica to have it' });
      await group.master.kill();
      await until(() => app.service.setMaintenance(true, 'import-export').then(() => true), {
        timeout: 25_000,
      });
      const { keys } = await stored(group.replica);
      expect(keys.get('general')?.switch?.message).toBe('kept');
      expect(keys.get('import-export')?.switch).not.toBeNull();
    } finally {
      await group.stop();
    }
  }, 60_000);

  it('is found although it was away at the start, even by an application that does not ask again', async () => {
    const group = await RedisSentinel.start();
    try {
      await group.sentinel.kill();
      await using app = await startService({
        redis: { ...group.options, sentinelRetryStrategy: () => null },
      });
      expect(app.service.health().up).toBe(false);
      await group.sentinel.restart();
      await until(() => app.service.health().up, { timeout: 25_000 });
      expect(await app.service.setMaintenance(true)).toMatchObject({ to: true });
    } finally {
      await group.stop();
    }
  }, 60_000);
});

it('the next call waits for a Redis that is slow at the start', async () => {
  await using server = await RedisServer.start();
  await using proxy = await TcpProxy.start({ host: server.host, port: server.port });
  proxy.pause();
  await using app = await startService({ redis: proxy.url, commandTimeout: 3 * COMMAND_TIMEOUT });
  expect(app.service.health().up).toBe(false);
  const changed = app.service.setMaintenance(true);
  proxy.resume();
  expect((await changed).to).toBe(true);
});

it('an end that is over is refused although the clock of Redis is only known with a delay', async () => {
  await using server = await RedisServer.start();
  await using proxy = await TcpProxy.start({ host: server.host, port: server.port });
  proxy.latencyOfAnswers = 200;
  await using app = await startService({ redis: proxy.url, commandTimeout: 3 * COMMAND_TIMEOUT });
  await until(() => app.service.health().up, { timeout: 10_000 });
  await expect(app.service.setMaintenance(true, 'general', { until: new Date() })).rejects.toMatchObject({
    name: 'MaintenanceConfigurationError',
    option: 'until',
  });
  const end = new Date(Date.now() + 60_000);
  expect(await app.service.setMaintenance(true, 'general', { until: end })).toMatchObject({ until: end });
});

describe('a Redis that refuses to write', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  it.each([
    [
      'READONLY',
      () => server.client().replicaof('127.0.0.1', 1),
      () => server.client().replicaof('NO', 'ONE'),
    ],
    [
      'OOM',
      () => server.client().config('SET', 'maxmemory', '1mb'),
      () => server.client().config('SET', 'maxmemory', '0'),
    ],
  ])(
    'causes the error %s, has written nothing, and is used again when it accepts writes',
    async (why, refuse, accept) => {
      await using app = await startService({ redis: server.url, namespace: why });
      await until(() => app.service.setMaintenance(true).then(() => true));
      await refuse();
      // it may be connecting again just then, since a heartbeat was refused
      const error = await until(async () => {
        const thrown: unknown = await app.service.setMaintenance(false).catch((reason: unknown) => reason);
        expect(thrown).toBeInstanceOf(MaintenanceStoreError);
        const refused = thrown as MaintenanceStoreError;
        return refused.outcome === 'refused' ? refused : undefined;
      });
      expect(error.message).toContain(why);
      expect(app.isOn()).toBe(true);
      await accept();
      await until(() => app.service.setMaintenance(false).then(() => true), { timeout: 10_000 });
      expect(app.isOn()).toBe(false);
    },
  );
});

describe('a foreign stored value', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  const over = (value: string | Buffer) => (key: string) => server.client().set(key, value);
  const values: [string, (key: string) => Promise<unknown>][] = [
    ['empty', over('')],
    ['foreign JSON', over('{"user":{"name":"ada"}}')],
    ['without a head', (key) => server.client().hdel(key, ':head')],
    ['with an invalid head', (key) => server.client().hset(key, ':head', 'x h 1 w 1 1')],
    ['with half a head', (key) => server.client().hset(key, ':head', '1 AAAAAAAAAAA')],
    ['with a head of an older format', (key) => server.client().hset(key, ':head', '0 h 1 w 1 1')],
    ['not even text', over(Buffer.from([0xff, 0x00, 0xfe]))],
    ['50 MB long', over('x'.repeat(50 * 1024 * 1024))],
    ['of another type', (key) => server.client().multi().del(key).rpush(key, 'a', 'b').exec()],
  ];

  it.each(values)('%s: the state is kept, logged once and restored', async (name, spoil) => {
    const namespace = `spoilt-${values.findIndex(([other]) => other === name)}`;
    const key = `${namespace}:{${namespace}}:records`;
    await using app = await startService({ redis: server.url, namespace });
    await app.service.setMaintenance(true, 'general', { message: 'kept' });
    await spoil(key);
    const again = await until(() => stored(server, key), { timeout: 10_000 });
    expect(again.keys.get('general')?.switch?.message).toBe('kept');
    expect(app.isOn()).toBe(true);
    await app.service.refresh();
    expect(app.logged('cannot be read')).toBe(1);
    expect(app.logged('was written back')).toBe(1);
    expect(app.changes).toHaveLength(1);
    await app.service.setMaintenance(false);
    expect(app.isOn()).toBe(false);
  });
});

describe('a connection that breaks', () => {
  it('is waited for by the next call, since it is restored quickly', async () => {
    await using server = await RedisServer.start();
    await using proxy = await TcpProxy.start(server);
    await using app = await startService({ redis: proxy.url, commandTimeout: 3 * COMMAND_TIMEOUT });
    for (let i = 0; i < 5; i++) {
      proxy.cut();
      await until(() => proxy.size === 0);
      await expect(app.service.setMaintenance(i % 2 === 0)).resolves.toMatchObject({ to: i % 2 === 0 });
      await until(() => proxy.size === 2);
    }
  });
});

describe('the subscriber connection', () => {
  it('is restored after it was killed', async () => {
    await using server = await RedisServer.start();
    await using app = await startService({ redis: server.url });
    expect(await listeners(server)).toBe(1);
    expect(await server.client().client('KILL', 'TYPE', 'pubsub')).toBe(1);
    await until(async () => (await listeners(server)) === 1, { timeout: 10_000 });
    await using other = await startService({ redis: server.url });
    await other.service.setMaintenance(true);
    await until(() => app.isOn());
  });

  it('is replaced when it is half open, and so is the other one', async () => {
    await using server = await RedisServer.start();
    await using proxy = await TcpProxy.start(server);
    await using app = await startService({ redis: proxy.url });
    expect(await listeners(server)).toBe(1);
    proxy.freeze();
    await using other = await startService({ redis: server.url });
    await other.service.setMaintenance(true);
    await until(() => app.isOn(), { timeout: 15_000 });
    // the silent one, the one that took its place, the other application's
    await until(async () => (await listeners(server)) === 3, { timeout: 15_000 });
    await app.service.setMaintenance(false);
    await until(() => !other.isOn());
  });

  it('costs one warning and one event, and its return is announced', async () => {
    await using server = await RedisServer.start();
    await using proxy = await TcpProxy.start(server);
    await using app = await startService({ redis: proxy.url });
    await app.service.setMaintenance(true);
    proxy.pause();
    await until(() => app.service.health().lease === 0, { timeout: 15_000 });
    expect(app.service.health()).toMatchObject({ up: false, stale: expect.any(Date) as Date, revision: 1 });
    expect(app.isOn()).toBe(true);
    proxy.resume();
    await until(() => app.service.health().lease > 0, { timeout: 15_000 });
    await until(() => app.health.length === 2);
    expect(app.health.map(({ up }) => up)).toEqual([false, true]);
    expect(app.logged('Lost contact')).toBe(1);
    expect(app.logged('is restored')).toBe(1);
  });
});

describe('packages that are not installed', () => {
  it.each(['ioredis', 'cache-manager-ioredis-yet'])('are named: %s', async (name) => {
    vi.doMock(name, () => {
      throw new Error(`Cannot find package '${name}'`);
    });
    try {
      await expect(startService({ redis: 'redis://127.0.0.1:1' })).rejects.toMatchObject({
        name: 'MaintenanceConfigurationError',
        option: 'redis',
        message: expect.stringMatching(
          new RegExp(
            `${name} cannot be loaded.*npm install cache-manager-ioredis-yet ioredis, or set "redis" to false`,
          ),
        ) as string,
      });
    } finally {
      vi.doUnmock(name);
    }
  });

  it('are not needed with a client at hand, which opens the connections itself', async () => {
    await using server = await RedisServer.start();
    const client = server.client();
    const adapter = new KeyvAdapter(redisInsStore(client) as never);
    const cache = createCache({ stores: [new Keyv({ store: adapter })] });
    const packages = ['ioredis', 'cache-manager-ioredis-yet'];
    packages.forEach((name) =>
      vi.doMock(name, () => {
        throw new Error(`Cannot find package '${name}'`);
      }),
    );
    try {
      await using one = await startService({ redis: client });
      await using two = await startService({ cache });
      const change = await one.service.setMaintenance(true, 'general', { acknowledge: 5_000 });
      expect([change.missing, two.isOn()]).toEqual([[], true]);
    } finally {
      packages.forEach((name) => vi.doUnmock(name));
    }
  });

  it('leave nothing behind that methods would ask, if they are missing', async () => {
    vi.doMock('ioredis', () => {
      throw new Error("Cannot find package 'ioredis'");
    });
    try {
      const module = MaintenanceModule.forRoot({ redis: 'redis://127.0.0.1:1', socket: false, admin: false });
      const app = await NestFactory.create(module, { logger: false, abortOnError: false });
      await expect(app.init()).rejects.toMatchObject({ option: 'redis' });
      expect(new Mailer().send()).toBe('sent');
      await app.close();
      expect(new Mailer().send()).toBe('sent');
    } finally {
      vi.doUnmock('ioredis');
    }
  });

  it('are named as far as a script needs them', async () => {
    vi.doMock('ioredis', () => {
      throw new Error("Cannot find package 'ioredis'");
    });
    try {
      await expect(createMaintenance({ redis: 'redis://127.0.0.1:1' })).rejects.toMatchObject({
        name: 'MaintenanceConfigurationError',
        option: 'redis',
        message: expect.stringMatching(
          /"redis" needs the package ioredis, but .*: npm install ioredis, or set "redis" to false\.$/,
        ) as string,
      });
      // it has left nothing behind that methods would ask
      expect(new Mailer().send()).toBe('sent');
    } finally {
      vi.doUnmock('ioredis');
    }
  });
});

it('work on a Redis that has just started waits until no earlier replica relies on its memory', async () => {
  await using server = await RedisServer.start();
  await using app = await startService({ redis: server.url });
  const uptime = async (): Promise<number> =>
    Number(/uptime_in_seconds:(\d+)/.exec(await server.client().info('server'))?.[1]);
  expect(await app.service.maintain('general', uptime, { drain: 10_000 })).toBeGreaterThanOrEqual(3);
  const begun = performance.now();
  await app.service.maintain('general', () => undefined, { drain: 10_000 });
  expect(performance.now() - begun, 'and later work does not').toBeLessThan(2_900);
});

describe('a Redis that refuses writes', () => {
  it.each(['before anybody had a lock', 'after somebody had one'])(
    'lets nobody wait for a lock that cannot be granted, %s',
    async (when) => {
      await using server = await RedisServer.start();
      await using app = await startService({ redis: server.url });
      if (when.startsWith('after')) {
        await app.service.maintain('general', () => undefined, { drain: false });
      }
      const admin = server.client();
      await admin.config('SET', 'maxmemory', '1');
      // longer than a gap, which cannot be noted either
      await until(() => !app.service.health().up, { timeout: 10_000 });
      await delay(2_500);
      const refused = app.service.maintain('general', () => undefined, { drain: false });
      await expect(refused).rejects.toMatchObject({
        outcome: 'refused',
        message: expect.stringContaining('OOM') as string,
      });
    },
  );
});
