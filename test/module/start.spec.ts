import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Controller, Get, Injectable, Module, VersioningType, type ModuleMetadata } from '@nestjs/common';
import { LazyModuleLoader, NestFactory } from '@nestjs/core';
import { Transport } from '@nestjs/microservices';
import { Test } from '@nestjs/testing';
import { createCache } from 'cache-manager';
import { Cluster, Redis } from 'ioredis';
import { Keyv } from 'keyv';
import {
  MaintenanceConfigurationError,
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceModule,
  OnMaintenance,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { afterEach, describe, expect, it } from 'vitest';
import { describeStore } from '../../lib/core/store/describe-store.js';
import { resolveOptions } from '../../lib/options/resolve-options.js';
import { adapters, type AppOptions, type AppSource } from '../support/apps.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { failure, started } from './started.js';

const off = { socket: false, admin: false } as const;
const ours = (log: readonly string[]) => log.filter((line) => line.includes('Maintenance state'));

@Controller('shop')
class ShopController {
  @Get()
  list(): string {
    return 'shop';
  }
}

/** A cache with a tier in memory before one that processes share. */
function elsewhere() {
  const there = new Map<string, unknown>();
  const store = {
    get: (key: string) => there.get(key),
    set: (key: string, value: unknown) => void there.set(key, value),
    delete: (key: string) => there.delete(key),
    clear: () => there.clear(),
  };
  return createCache({ stores: [new Keyv(), new Keyv({ store: store as never })] });
}

describe('the store is named at the start, in one line', () => {
  it('memory', async () => {
    await using running = await started();
    expect(ours(running.log)).toEqual(['log Maintenance state is kept in the memory of this process only.']);
  });

  it('Redis', async () => {
    await using server = await RedisServer.start();
    await using running = await started({ redis: server.url, namespace: 'shop' });
    const { port } = new URL(server.url);
    expect(ours(running.log)).toEqual([
      `log Maintenance state is kept in Redis at 127.0.0.1:${port}/0, namespace "shop".`,
    ]);
  });

  const lazy = { lazyConnect: true, password: 'hunter2', username: 'ops' };
  const clients: [what: string, options: () => MaintenanceRootOptions, said: string][] = [
    [
      'a URL',
      () => ({ redis: 'rediss://ops:hunter2@redis.example:6380/3' }),
      'Redis at redis.example:6380/3',
    ],
    ['a URL that says little', () => ({ redis: 'redis://redis.example' }), 'Redis at redis.example:6379/0'],
    ['a socket', () => ({ redis: '/run/redis.sock' }), 'Redis at /run/redis.sock, database 0'],
    [
      'a socket with options',
      () => ({ redis: '/run/redis.sock?password=hunter2&db=3' }),
      'Redis at /run/redis.sock, database 3',
    ],
    [
      'a URL of a socket',
      () => ({ redis: 'unix://ops:hunter2@/r.sock?db=2' }),
      'Redis at /r.sock, database 2',
    ],
    ['a database that is none', () => ({ redis: { host: 'r', db: null } }), 'Redis at r:6379/0'],
    ['options', () => ({ redis: { host: 'r', port: 1, db: 2, password: 'hunter2' } }), 'Redis at r:1/2'],
    ['no options', () => ({ redis: {} }), 'Redis at localhost:6379/0'],
    ['options with a socket', () => ({ redis: { path: '/r.sock', db: 1 } }), 'Redis at /r.sock, database 1'],
    ['a client', () => ({ redis: new Redis({ ...lazy, host: 'r', db: 4 }) }), 'Redis at r:6379/4'],
    [
      'a client by Sentinel',
      () => ({
        redis: new Redis({ ...lazy, sentinels: [{ host: 's', port: 26379 }, { host: 't' }], name: 'main' }),
      }),
      'Redis at main/0 (by Sentinel at s:26379, t:6379)',
    ],
    [
      'a cluster',
      () => ({
        redis: new Cluster(['redis://:hunter2@a:7000', { host: 'b', port: 7001 }, 7002], {
          lazyConnect: true,
        }),
      }),
      'Redis Cluster at a:7000, b:7001, localhost:7002',
    ],
    [
      'a cache in memory',
      () => ({ cache: createCache() }),
      "the application's own cache, in the memory of this process only",
    ],
    ['a cache elsewhere', () => ({ cache: elsewhere() }), "the application's own cache"],
  ];

  it.each(clients)('%s, without a password', (_what, options, said) => {
    const text = describeStore(resolveOptions(options()));
    expect(text.replace(/, namespace "maintenance"$/, '')).toBe(said);
  });
});

describe('several processes with the state in memory are warned about', () => {
  const { env } = process;
  afterEach(() => {
    process.env = env;
  });
  const warned =
    /warn .*in the memory of this process only, but PM2 runs this application.*Set the option "redis"/;

  it.each<NodeJS.ProcessEnv>([
    { NODE_APP_INSTANCE: '1' },
    { pm_id: '0', exec_mode: 'cluster_mode', instances: '4' },
    { pm_id: '0', exec_mode: 'fork_mode', instances: '2' },
  ])('%o', async (more) => {
    process.env = { ...env, ...more };
    await using running = await started();
    expect(running.log.join('\n')).toMatch(warned);
  });

  it('with a cache in memory too, but not with a shared one', async () => {
    process.env = { ...env, NODE_APP_INSTANCE: '1' };
    await using alone = await started({ cache: createCache() });
    expect(alone.log.join('\n')).toMatch(warned);
    await using shared = await started({ cache: elsewhere() });
    expect(shared.log.join('\n')).not.toMatch(warned);
  });

  it('not a single process', async () => {
    process.env = { ...env, pm_id: '0', NODE_APP_INSTANCE: '0', exec_mode: 'fork_mode', instances: '1' };
    await using running = await started();
    expect(running.log.join('\n')).not.toContain('warn');
  });

  it('not with Redis', async () => {
    await using server = await RedisServer.start();
    process.env = { ...env, NODE_APP_INSTANCE: '1' };
    await using running = await started({ redis: server.url });
    expect(running.log.join('\n')).not.toContain('warn');
  });

  it('workers of node:cluster, each once', async () => {
    const file = fileURLToPath(new URL('../../.tmp/replicas/test/apps/cluster-workers.js', import.meta.url));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file]);
    expect(`${stdout}${stderr}`.match(/but this is a worker of node:cluster/g)).toHaveLength(2);
  });
});

describe.each(adapters)('the name of a key that is not registered, on %s', (_name, createApp) => {
  @MaintenanceKeys('biling')
  @Controller('bills')
  class BillingController {
    @MaintenanceExempt('blling')
    @Get()
    list(): string {
      return 'bills';
    }
  }

  @Injectable()
  class Hooks {
    @OnMaintenance('changed', 'biiling')
    changed(): void {}
  }

  const app = (more: ModuleMetadata = {}): ModuleMetadata => ({
    imports: [MaintenanceModule.forRoot({ ...off, keys: [new MaintenanceKey('billing')] })],
    controllers: [BillingController],
    ...more,
    providers: [Hooks, ...(more.providers ?? [])],
  });
  const warnings = (log: readonly string[]) => log.filter((line) => line.includes('not registered (yet)'));

  it('stops an application before it listens, and names all of them', async () => {
    const error = await failure(createApp(app()));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toBe(
      'BillingController names maintenance key "biling"; ' +
        '@MaintenanceExempt() on BillingController.list names maintenance key "blling"; ' +
        'Hooks.changed listens to maintenance key "biiling"; registered: "general", "billing". ' +
        'Register the key in the option "keys" or with @RegisterMaintenanceKey(), or correct the name.',
    );
  });

  it('is a warning under createTestingModule()', async () => {
    await using running = await createApp(Test.createTestingModule(app()) as AppSource);
    expect(warnings(running.log)).toHaveLength(3);
  });

  it('is a warning if modules are loaded lazily, which may add the key', async () => {
    @Injectable()
    class Plugins {
      constructor(readonly loader: LazyModuleLoader) {}
    }
    await using running = await createApp(app({ providers: [Plugins] }));
    expect(warnings(running.log)).toHaveLength(3);
  });

  it('is not noticed in a lazily loaded module', async () => {
    @Module({ controllers: [BillingController] })
    class LazyModule {}
    await using running = await createApp({ imports: [MaintenanceModule.forRoot(off)] });
    await running.app.get(LazyModuleLoader).load(() => LazyModule);
    expect(warnings(running.log)).toEqual([]);
  });
});

it('a microservice that names an unknown key does not start either', async () => {
  @Controller()
  @MaintenanceKeys('biling')
  class Handlers {}
  @Module({ imports: [MaintenanceModule.forRoot(off)], controllers: [Handlers] })
  class Root {}
  const app = await NestFactory.createMicroservice(Root, {
    transport: Transport.TCP,
    options: { port: 0 },
    logger: false,
    abortOnError: false,
  });
  const error = await failure(app.listen());
  await app.close().catch(() => undefined);
  expect(error.message).toContain('Handlers names maintenance key "biling"');
});

describe.each(adapters)('ignorePaths that leave nothing to refuse, on %s', (_name, createApp) => {
  const start = (options: MaintenanceRootOptions, prefix: string) =>
    createApp(
      { imports: [MaintenanceModule.forRoot({ ...off, ...options })], controllers: [ShopController] },
      (app) => app.setGlobalPrefix(prefix),
    );
  const keys = (paths: string[]) => [new MaintenanceKey('billing', { ignorePaths: paths })];

  it.each<[string, MaintenanceRootOptions, string, string]>([
    ['the global prefix', { ignorePaths: ['/health', '/API/'] }, 'api', '"ignorePaths" received "/API/"'],
    ['a part of the prefix', { ignorePaths: ['shop'] }, '/shop/api', '"ignorePaths" received "shop"'],
    ['ignorePaths of a key', { keys: keys(['/api']) }, 'api', '"ignorePaths of key billing" received "/api"'],
    [
      'ignorePaths of the general key',
      { general: { ignorePaths: ['/api'] } },
      'api',
      '"ignorePaths of key general" received "/api"',
    ],
  ])('%s stop the start', async (_what, options, prefix, message) => {
    const error = await failure(start(options, prefix));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toContain(message);
    expect(error.message).toContain('accepted: paths inside the application');
  });

  it.each<[MaintenanceRootOptions, string]>([
    [{ ignorePaths: ['/api/health', 'health'] }, 'api'],
    [{ ignorePaths: ['/api'] }, ''],
    [{ ignorePaths: ['/apis'] }, 'api'],
    [{ ignorePaths: ['/v1'] }, ''],
  ])('%o are accepted', async (options, prefix) => {
    await using running = await start(options, prefix);
    expect(running.log.join()).not.toContain('ignorePaths');
  });

  it.each(['/v1', '/api/v1', '/V1/'])('%s stop the start if that is the only version', async (path) => {
    const versioned = (versions: string[]) =>
      createApp(
        {
          imports: [MaintenanceModule.forRoot({ ...off, ignorePaths: [path] })],
          controllers: [ShopController],
        },
        (app) => {
          app.setGlobalPrefix('api');
          app.enableVersioning({ type: VersioningType.URI, defaultVersion: versions });
        },
      );
    expect((await failure(versioned(['1']))).message).toContain(`"ignorePaths" received "${path}"`);
    await using running = await versioned(['1', '2']);
    expect((await request(running.port, '/api/v2/shop')).status).toBe(200);
  });
});

describe.each(adapters)('a name that is longer than Fastify takes in a path, on %s', (adapter, createApp) => {
  const NAME = 'n'.repeat(128);
  const start = (options: MaintenanceRootOptions = {}, instance?: AppOptions['instance']) =>
    createApp(
      {
        imports: [
          MaintenanceModule.forRoot({
            socket: false,
            keys: [new MaintenanceKey(NAME)],
            permissions: () => true,
            ...options,
          }),
        ],
      },
      undefined,
      { ...(instance !== undefined && { instance }) },
    );
  const warned = (log: readonly string[]) =>
    log.filter((line) => line.includes('maxParamLength: 128')).length;
  const status = async (port: number) => (await request(port, `/maintenance/keys/${NAME}`)).status;

  it('is warned about, since the admin API cannot be asked for it', async () => {
    await using running = await start();
    const fastify = adapter === 'fastify';
    expect([await status(running.port), warned(running.log)]).toEqual(fastify ? [414, 1] : [200, 0]);
    await using without = await start({ admin: false });
    expect(warned(without.log)).toBe(0);
    // Express takes it anyway
    await using longer = await start(
      {},
      fastify ? ({ routerOptions: { maxParamLength: 128 } } as never) : undefined,
    );
    expect([await status(longer.port), warned(longer.log)]).toEqual([200, 0]);
  });
});
