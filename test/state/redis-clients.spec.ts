import { Redis, type RedisOptions } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openConnection } from '../../lib/core/store/redis/open-redis.js';
import { isForeignClient, isRedisClient } from '../../lib/core/store/redis/redis-client.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { startService } from './service.js';

const nothing = () => undefined;
/** What clients of other libraries look like that have much of the same methods; these libraries are no dependencies. */
const foreign: [string, object][] = [
  [
    'node-redis',
    new (class Class {
      isOpen = false;
      options = {};
      connect = nothing;
      duplicate = nothing;
      subscribe = nothing;
      sendCommand = nothing;
      eval = nothing;
      on = nothing;
    })(),
  ],
  [
    // version 5 keeps what it has to itself
    'node-redis, without fields',
    new (class Class {
      connect(): void {}
      duplicate(): void {}
      sendCommand(): void {}
    })(),
  ],
  [
    'ioredis-mock',
    new (class _RedisMock {
      options = {};
      connect = nothing;
      duplicate = nothing;
      subscribe = nothing;
      defineCommand = nothing;
      disconnect = nothing;
      eval = nothing;
      on = nothing;
    })(),
  ],
];

describe('what `redis` may be', () => {
  it.each(foreign)('is not a client of %s: the start fails', async (_, client) => {
    expect(isRedisClient(client)).toBe(false);
    await expect(startService({ redis: client })).rejects.toMatchObject({
      name: 'MaintenanceConfigurationError',
      option: 'redis',
      message: expect.stringContaining(
        `a client that is not from ioredis (${client.constructor.name})`,
      ) as string,
    });
  });

  it('options are not mistaken for a client', () => {
    for (const options of [{ host: 'here' }, { sentinels: [], name: 'x' }, { retryStrategy: nothing }]) {
      expect([isRedisClient(options), isForeignClient(options)]).toEqual([false, false]);
    }
  });

  it.each(['redis://localhost/first', 'redis://localhost/1/2', 'unix://host/path', 'unix:', 'unix://:pw@'])(
    'is not %s',
    async (redis) => {
      await expect(startService({ redis })).rejects.toMatchObject({
        name: 'MaintenanceConfigurationError',
        option: 'redis',
      });
    },
  );

  it.each(['redis://:%zz@localhost'])('is not %s, which cannot be decoded', async (redis) => {
    await expect(startService({ redis })).rejects.toMatchObject({
      name: 'MaintenanceConfigurationError',
      option: 'redis',
      message: expect.not.stringContaining('%zz') as string,
    });
  });
});

describe('a socket', () => {
  it('is found by its path, with user, password and database', async () => {
    await using server = await RedisServer.start({
      config: (port) => [`unixsocket /tmp/maintenance-${port}.sock`],
    });
    const admin = server.client({ db: 3 });
    await admin.config('SET', 'requirepass', 'p@ss/word');
    const path = `/tmp/maintenance-${server.port}.sock`;
    const password = encodeURIComponent('p@ss/word');
    for (const redis of [
      `unix://:${password}@${path}?db=3`,
      `unix://default:${password}@${path}?db=3`,
      `unix://${path}?password=${password}&db=3`,
      { path, password: 'p@ss/word', db: 3 },
    ]) {
      await using app = await startService({ redis });
      expect(app.service.health()).toMatchObject({ up: true, error: null });
      await app.service.setMaintenance(true);
    }
    expect(await admin.exists('maintenance:{maintenance}:records')).toBe(1);
  });
});

describe('options in a URL', () => {
  const query = new URLSearchParams({
    enableOfflineQueue: 'true',
    maxRetriesPerRequest: '20',
    lazyConnect: 'false',
    autoResubscribe: 'true',
    commandTimeout: '1',
    connectionName: 'shop & co',
    keyPrefix: 'shop:',
    monitor: 'true',
    maxLoadingRetryTime: '60000',
    role: 'slave',
    family: '6',
  });

  it.each([
    [
      'redis://ops:pw%3F@localhost:1/2',
      { host: 'localhost', port: 1, username: 'ops', password: 'pw?', db: 2 },
    ],
    ['rediss://localhost:1', { host: 'localhost', tls: true }],
    ['/nowhere.sock', { path: '/nowhere.sock' }],
    ['unix:///nowhere.sock', { path: '/nowhere.sock' }],
  ])('are the application’s, except those that the library depends on: %s', async (address, place) => {
    const client = await openConnection(`${address}?${query.toString()}`, 500, 'state');
    try {
      expect(client.status).toBe('wait');
      expect(client.options).toMatchObject({
        ...place,
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
        lazyConnect: true,
        autoResubscribe: false,
        commandTimeout: 1_500,
        monitor: false,
        maxLoadingRetryTime: 1_000,
        role: 'master',
        connectionName: 'shop & co',
        keyPrefix: 'shop:',
      });
      expect(String((client.options as RedisOptions).family)).toBe('6');
    } finally {
      client.disconnect();
    }
  });
});

describe('a database that the server does not have', () => {
  it('is not silently replaced by another one', async () => {
    await using server = await RedisServer.start();
    await using app = await startService({ redis: `${server.url}/99` });
    expect(app.service.health()).toMatchObject({
      up: false,
      error: expect.stringContaining('DB index is out of range') as string,
    });
    await expect(app.service.setMaintenance(true)).rejects.toMatchObject({ name: 'MaintenanceStoreError' });
    expect(await server.client().keys('*')).toEqual([]);
  });
});

describe('options of the application', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await RedisServer.start();
  });
  afterAll(() => server.stop());

  const names = async (): Promise<string[]> =>
    [...String(await server.client().client('LIST')).matchAll(/ name=(\S+)/g)]
      .map(([, name]) => name ?? '')
      .filter((name) => !name.startsWith('spec'))
      .sort();

  it.each([
    ['by options', () => ({ host: server.host, port: server.port, connectionName: 'shop' })],
    ['by client', () => server.client({ connectionName: 'shop', lazyConnect: true })],
    ['by URL', () => `${server.url}/?connectionName=shop`],
  ])('name the connections (%s)', async (_, input) => {
    await using app = await startService({ redis: input() });
    expect(app.service.health().up).toBe(true);
    await until(async () => (await names()).length === 2);
    expect(await names()).toEqual(['shop', 'shop']);
  });

  it('let the library name connections without a name', async () => {
    await using app = await startService({ redis: server.url });
    expect(app.service.health().up).toBe(true);
    await until(async () => (await names()).length === 2);
    expect(await names()).toEqual(['nestjs-maintenance:changes', 'nestjs-maintenance:state']);
  });

  it('decide whether connections are checked when they are opened', async () => {
    const client = server.client();
    await client.config('RESETSTAT');
    const calls = async (): Promise<number> =>
      Number(/cmdstat_info:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0);
    const options = { host: server.host, port: server.port, enableReadyCheck: false };
    const before = await calls();
    const script = 'meet asks INFO';
    {
      await using app = await startService({ redis: options });
      expect(app.service.health().up, script).toBe(true);
      const own = new Redis(options);
      await own.ping();
      own.disconnect();
    }
    const unchecked = (await calls()) - before;
    {
      await using app = await startService({ redis: { ...options, enableReadyCheck: true } });
      expect(app.service.health().up).toBe(true);
    }
    expect((await calls()) - before - unchecked).toBeGreaterThan(unchecked);
  });
});
