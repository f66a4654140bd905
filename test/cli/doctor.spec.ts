import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DAY, MaintenanceModule } from 'nestjs-maintenance';
import { createMaintenance } from 'nestjs-maintenance/standalone';
import { createFastifyApp } from '../support/apps.js';
import { inspectRedis } from '../../lib/cli/backend/redis-doctor.js';
import { findingsOfWindows } from '../../lib/cli/backend/window-findings.js';
import type { Presence } from '../../lib/core/store/store.js';
import { KeyPublisher } from '../../lib/core/catalogue/key-publisher.js';
import { KeyRegistry } from '../../lib/core/keys/key-registry.js';
import { MaintenanceKey } from '../../lib/core/keys/maintenance-key.js';
import { newReplica } from '../../lib/core/state/replica-lease.js';
import type { ReplicaDetails } from '../../lib/core/state/replica-report.js';
import { StateManager } from '../../lib/core/state/state-manager.js';
import { planWindow } from '../../lib/core/windows/window-plan.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { RedisServer } from '../support/redis.js';
import { setRedisClock, skewRedisClock } from '../support/skewed-redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { redisOptions } from '../state/stores.js';
import { cli, RunningCli } from './cli.js';
import { windowJson } from './json-data.js';
import { parse } from './schemas.js';

afterAll(skewRedisClock());

interface Found {
  readonly level: string;
  readonly code: string;
  readonly message: string;
}

let server: RedisServer;
const ended: (() => Promise<unknown>)[] = [];
const config = (name: string, value: string) => server.client().config('SET', name, value);

beforeAll(async () => {
  server = await RedisServer.start();
});
afterEach(async () => {
  await Promise.all(ended.splice(0).map((end) => end()));
  await server.client().flushall();
});
afterAll(() => server.stop());

/** What is found, by code, and whether that is a problem. How fast Redis was says more about this machine. */
async function doctor(
  redis = server.url,
): Promise<{ codes: string[]; find(code: string): Found | undefined }> {
  return diagnose('--redis', redis);
}

async function diagnose(
  way: '--redis' | '--url',
  address: string,
): Promise<{ codes: string[]; find(code: string): Found | undefined }> {
  const { code, stdout } = await cli(['doctor', '--json', way, address]);
  const { findings, healthy } = parse<{ findings: Found[]; healthy: boolean }>('doctor', stdout);
  expect(code).toBe(healthy ? 0 : 1);
  expect(healthy).toBe(findings.every(({ level }) => level !== 'problem'));
  return {
    codes: findings
      .filter(({ code: found, level }) => (level === 'warning' || level === 'problem') && found !== 'SLOW')
      .map((finding) => finding.code),
    find: (wanted) => findings.find((finding) => finding.code === wanted),
  };
}

/** A replica of an application that reports what it is given. */
async function replica(
  host: string,
  told: Partial<ReplicaDetails> & { version?: string | null; clockSkew?: number } = {},
  at = server,
): Promise<StateManager> {
  const { version, clockSkew = 0, ...details } = told;
  const registry = new KeyRegistry();
  registry.add(new MaintenanceKey('billing'), 'the spec');
  const log = { log: () => undefined, warn: () => undefined };
  const self = { ...newReplica(), host, ...(version !== undefined && { version }) };
  const store = new RedisStore(at.url, 'maintenance', redisOptions);
  const manager = new StateManager(store, registry, self, 1_000, log);
  const usual = { inFlight: 0, unknownKeys: [], foreignKeys: [], draining: {}, running: {} };
  manager.report.details = () => ({ ...usual, observer: false, ...details });
  Object.assign(manager.report, { clockSkew: () => clockSkew });
  const publisher = new KeyPublisher(manager, log.warn);
  await manager.start();
  publisher.start();
  ended.push(async () => {
    publisher.stop();
    await manager.stop();
  });
  await until(() => at.client().hexists('maintenance:{maintenance}:catalogue', 'billing'));
  return manager;
}

/** It stays where it is, whatever comes. */
async function staysBehind(manager: StateManager): Promise<void> {
  await manager.refresh();
  const { store } = manager;
  const { version } = manager.view;
  const sync = store.sync.bind(store);
  Object.assign(store, {
    acknowledge: () => Promise.resolve(false),
    sync: (_known: unknown, presence: Presence | null, deadline: number) => sync(version, presence, deadline),
  });
}

/** Two windows at once, which this version refuses to plan. */
const planTwice = (manager: StateManager) =>
  manager.write('billing', (record, now) => {
    const window = (id: string) => planWindow({ start: new Date(now + DAY), duration: 60_000 }, id, now);
    return {
      switch: record?.switch ?? null,
      holds: record?.holds ?? [],
      windows: [window('one'), window('two')],
      cause: 'window',
      message: null,
      reason: null,
      actor: null,
      hooks: false,
    };
  });

describe('doctor', () => {
  it('describes a healthy deployment on a Redis without persistence', async () => {
    await replica('web-1');
    await replica('web-2');
    const { codes, find } = await doctor();
    expect(codes).toEqual(['NO_PERSISTENCE']);
    expect(find('REPLICAS')?.message).toBe('2 replicas are running.');
    expect(find('KEYS')?.message).toBe('2 keys, none in maintenance.');
  });

  it('reports that no application is running, or ever was', async () => {
    expect((await doctor()).codes).toEqual(expect.arrayContaining(['NO_CATALOGUE', 'NO_REPLICAS']));
  });

  it('reports versions side by side', async () => {
    await replica('web-1');
    await replica('web-2', { version: '9.9.9' });
    await replica('web-3', { version: null });
    const { find } = await doctor();
    expect(find('VERSIONS')?.message).toMatch(
      /side by side: .*\d on web-1 .*; 9\.9\.9 on web-2 .*; an unknown version on web-3 /,
    );
  });

  it('reports a replica whose reports cannot be read', async () => {
    await replica('web-1');
    await replica('web-2', { inFlight: 'many' as never });
    const { find } = await doctor();
    expect(find('VERSIONS')?.message).toMatch(/^web-2 .* whose reports this command cannot read\.$/);
  });

  it('reports replicas that do not know a key, or have not applied the last change', async () => {
    await replica('web-1', { unknownKeys: ['billing'] });
    const late = await replica('web-2');
    await staysBehind(late);
    await using operator = await createMaintenance({ redis: server.url });
    await operator.setMaintenance(true, 'billing', { timeout: 60_000 });
    const { find } = await doctor();
    expect(find('UNKNOWN_KEYS')).toMatchObject({
      level: 'problem',
      message: expect.stringMatching(
        /^web-1 .* does not know keys that are in maintenance \(billing\)/,
      ) as unknown,
    });
    expect(find('BEHIND')?.message).toMatch(/^web-2 .* has not applied the last change yet\.$/);
  });

  it('reports wrong clocks of replicas and of this machine', async () => {
    await replica('web-1', { clockSkew: -42_000 });
    expect((await doctor()).find('CLOCK')?.message).toMatch(
      /^The clock of web-1 .* is 42 s behind the store's clock/,
    );
    await Promise.all(ended.splice(0).map((end) => end()));
    await setRedisClock(server, -30);
    expect((await doctor()).find('CLOCK')?.message).toMatch(/^The clock of this machine is 30 s ahead of/);
  });

  it('reports a holder that died, and a key that never ends', async () => {
    const holder = await createMaintenance({ redis: server.url });
    await holder.maintain('general', { drain: false, timeout: 0 });
    await holder.close();
    const { find } = await doctor();
    expect(find('ABANDONED')).toMatchObject({
      level: 'problem',
      message: expect.stringContaining('off general --force') as unknown,
    });
    expect(find('NO_END')?.level).toBe('warning');
    await using operator = await createMaintenance({ redis: server.url });
    await operator.unsetMaintenance();
  }, 20_000);

  it('reports a Redis that may drop the state, or is nearly full', async () => {
    await config('maxmemory', '100mb');
    await config('maxmemory-policy', 'allkeys-lru');
    try {
      expect((await doctor()).find('EVICTION')).toMatchObject({
        level: 'problem',
        message: expect.stringContaining('allkeys-lru') as unknown,
      });
      await config('maxmemory-policy', 'volatile-lru');
      expect((await doctor()).codes).not.toContain('EVICTION');
      // beside so much, what connections need counts for nothing
      await server.client().set('ballast', Buffer.alloc(30_000_000));
      const used = await until(
        async () => {
          const bytes = Number(/used_memory:(\d+)/.exec(await server.client().info('memory'))?.[1]);
          // Redis keeps a buffer of that size for the next value of the same connection, for a moment
          return bytes < 50_000_000 ? bytes : undefined;
        },
        { what: 'the buffer to be given back' },
      );
      await config('maxmemory', String(Math.round(used / 0.95)));
      const message = async () => (await doctor()).find('MEMORY')?.message;
      expect(await message()).toMatch(
        /^Redis uses 9[456] % of its memory limit; once it is full, and nothing is left in it that expires, it refuses changes\.$/,
      );
      await config('maxmemory-policy', 'noeviction');
      expect(await message()).toMatch(/once it is full, it refuses changes\.$/);
      // it drops something instead
      await config('maxmemory-policy', 'allkeys-lru');
      expect(await message()).toBeUndefined();
    } finally {
      await config('maxmemory-policy', 'noeviction');
      await config('maxmemory', '0');
    }
  });

  it('reports a slow Redis, but not a single slow answer', async () => {
    await using proxy = await TcpProxy.start(server);
    proxy.latency = 80;
    expect((await doctor(proxy.url)).find('SLOW')?.message).toMatch(
      /^A round trip to Redis takes (1[6-9]|[2-9]\d|\d{3})\d ms\.$/,
    );
    const manager = await replica('web-1');
    const refresh = manager.refresh.bind(manager);
    let looks = 0;
    const busy = async (): Promise<void> => {
      await delay(looks++ === 0 ? 150 : 0);
      await refresh();
    };
    Object.assign(manager, { refresh: busy });
    const findings = await inspectRedis(manager, { redis: server.url, headers: [] }, [], []);
    expect(findings[0]).toMatchObject({ level: 'ok', code: 'REACHED' });
    expect(looks).toBeGreaterThan(1);
  });

  it('does not take a replica for gone while Redis refuses the reports of all', async () => {
    await replica('web-1');
    await server.client().replicaof('127.0.0.1', 1);
    try {
      const silent = await until(async () => (await doctor()).find('SILENT'), { timeout: 15_000 });
      expect(silent.message).toMatch(/^web-1 .*: drains wait for it\. Redis may refuse its reports, too\.$/);
    } finally {
      await server.client().replicaof('NO', 'ONE');
    }
  });

  it('reports a Redis replica, and no problem with a Redis that keeps its data', async () => {
    await config('appendonly', 'yes');
    expect((await doctor()).codes).not.toContain('NO_PERSISTENCE');
    await config('appendonly', 'no');
    await server.client().replicaof('127.0.0.1', 1);
    try {
      const { find } = await doctor();
      expect(find('REPLICA_OF_REDIS')?.level).toBe('problem');
      expect(find('NOT_IN_TOUCH')).toMatchObject({
        level: 'problem',
        message: expect.stringContaining('READONLY') as unknown,
      });
    } finally {
      await server.client().replicaof('NO', 'ONE');
    }
  });

  it.each([
    [
      'to write',
      ['-hset'],
      'NOT_IN_TOUCH',
      /refuses this replica's presence: (NOPERM|.*can't run this command|.*no permissions to run the 'hset' command)/,
    ],
    ['to subscribe', ['resetchannels'], 'SAID', /does not let this user subscribe/],
    ['to ask for information', ['-info'], 'NO_INFO', /NOPERM/],
  ])('reports a user without permission %s', async (_what, less, code, why) => {
    await server.client().acl('SETUSER', 'ops', 'reset', 'on', '>secret', '~*', '&*', '+@all', ...less);
    const { find } = await doctor(server.url.replace('//', '//ops:secret@'));
    expect(find(code)?.message).toMatch(why);
  });

  it('reports overlapping windows, which this version never plans', () => {
    const day = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const one = windowJson('one', `${day}T10:00:00.000Z`, `${day}T12:00:00.000Z`);
    const two = windowJson('two', `${day}T11:30:00.000Z`, `${day}T13:00:00.000Z`);
    expect(findingsOfWindows([one, two])).toEqual([
      {
        level: 'warning',
        code: 'WINDOWS_OVERLAP',
        message: `Windows one and two of key "billing" overlap at ${day} 11:30 UTC: the key stays on until both are over.`,
      },
    ]);
    expect(findingsOfWindows([one, { ...two, key: 'reports' }])).toEqual([]);
    const daily = { cron: '0 13 * * *', timeZone: 'UTC', until: null, count: null };
    const next = windowJson('three', `${day}T13:00:00.000Z`, `${day}T14:00:00.000Z`, { repeat: daily });
    expect(findingsOfWindows([one, next])).toEqual([]);
    expect(findingsOfWindows([{ ...one, repeat: { ...daily, cron: '30 13 * * *' } }, next])).toHaveLength(1);
  });
});

describe('doctor, through the admin API', () => {
  it('reports the same about keys, windows and replicas as with Redis, what it cannot see, and a lost store', async () => {
    await using own = await RedisServer.start();
    await using app = await createFastifyApp({
      imports: [
        MaintenanceModule.forRoot({
          redis: own.url,
          socket: false,
          commandTimeout: 500,
          permissions: () => true,
          keys: [new MaintenanceKey('billing')],
        }),
      ],
    });
    const url = `${app.url}/maintenance`;
    const fine = await diagnose('--url', url);
    expect(fine.codes).toEqual([]);
    expect(fine.find('REPLICAS')?.message).toBe('1 replica is running.');
    expect(fine.find('NOT_SEEN')).toMatchObject({
      level: 'note',
      message: expect.stringMatching(/memory policy.*doctor --redis/) as unknown,
    });

    await replica('web-2', { version: '9.9.9', clockSkew: 60_000, unknownKeys: ['billing'] }, own);
    const late = await replica('web-3', {}, own);
    await planTwice(late);
    await staysBehind(late);
    const holder = await createMaintenance({ redis: own.url });
    await holder.maintain('billing', { drain: false, timeout: 0 });
    await holder.close();
    await until(async () => (await diagnose('--url', url)).find('ABANDONED'), { timeout: 15_000 });
    const seen = await diagnose('--url', url);
    const all = ['ABANDONED', 'NO_END', 'WINDOWS_OVERLAP', 'UNKNOWN_KEYS', 'CLOCK', 'BEHIND', 'VERSIONS'];
    expect(seen.codes.toSorted()).toEqual(all.toSorted());
    const byRedis = await diagnose('--redis', own.url);
    expect(byRedis.codes.toSorted()).toEqual([...all, 'NO_PERSISTENCE'].toSorted());
    for (const code of all) {
      expect(seen.find(code)).toEqual(byRedis.find(code));
    }

    await own.kill();
    await until(async () => (await diagnose('--url', url)).find('NOT_IN_TOUCH'), { timeout: 15_000 });
    const away = await diagnose('--url', url);
    expect(away.find('NOT_IN_TOUCH')).toMatchObject({
      level: 'problem',
      message: expect.stringContaining('lost touch with its store') as unknown,
    });
    expect(away.codes).toEqual(expect.arrayContaining(['ABANDONED', 'WINDOWS_OVERLAP']));

    // so do status and watch
    const { stdout, stderr, code } = await cli(['status', '--json', '--url', url]);
    const { store } = parse<{ store: object }>('status', stdout);
    expect({ code, store }).toEqual({
      code: 0,
      store: { up: false, since: expect.any(String) as unknown, error: expect.any(String) as unknown },
    });
    expect(stderr).toMatch(
      /^warning: The application has lost touch with its store since .*this is the last known state/,
    );
    expect(await cli(['status', 'billing', '--url', url])).toMatchObject({ code: 0, stderr });
    const refused = await cli(['on', 'billing', '1h', '--url', url]);
    expect(refused).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/unreachable at the moment\. Nothing was changed\.$/m) as unknown,
    });
    const watching = new RunningCli(['watch', '--url', url, '--json']);
    await until(() => watching.stdout.includes('"connection","up":false'), { timeout: 15_000 });
    watching.interrupt();
    await watching.result;
  }, 60_000);
});
