import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isReply, refusalCode, storeError } from '../../lib/core/store/redis/redis-errors.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { startService, type Running } from './service.js';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

const status = async (app: Running, path = '/page') => (await request(app.port, path)).status;
const replicasKey = (namespace: string): string => `${namespace}:{${namespace}}:replicas`;

/** Ways in which Redis answers and does not take a presence. */
const refusals: [
  code: string,
  refuse: (key: string) => Promise<unknown>,
  accept: (key: string) => Promise<unknown>,
][] = [
  ['READONLY', () => server.client().replicaof('127.0.0.1', 1), () => server.client().replicaof('NO', 'ONE')],
  [
    'OOM',
    () => server.client().config('SET', 'maxmemory', '1mb'),
    () => server.client().config('SET', 'maxmemory', '0'),
  ],
  [
    'NOREPLICAS',
    () => server.client().config('SET', 'min-replicas-to-write', '1'),
    () => server.client().config('SET', 'min-replicas-to-write', '0'),
  ],
  [
    'WRONGTYPE',
    (key) => server.client().multi().del(key).set(key, 'something else').exec(),
    (key) => server.client().del(key),
  ],
];

describe.each(refusals)('a Redis that answers %s to the presence of a replica', (code, refuse, accept) => {
  it.each(adapters)(
    'is out of touch, is polled rarely, and is used again afterwards: %s',
    async (name, createApp) => {
      const namespace = `touch-${code}-${name}`;
      const key = replicasKey(namespace);
      const options = { redis: server.url, namespace };
      await using serving = await startService({ ...options, onStale: 'serve' }, createApp);
      await using blocking = await startService({ ...options, onStale: 'block' }, createApp);
      try {
        await refuse(key);
        await until(() => [serving, blocking].every(({ service }) => service.health().lease === 0), {
          timeout: 15_000,
        });
        for (const { service } of [serving, blocking]) {
          expect(service.health()).toMatchObject({
            up: false,
            stale: expect.any(Date) as Date,
            error: expect.stringContaining(code) as string,
          });
        }
        expect([await status(serving), await status(blocking), await status(blocking, '/exempt')]).toEqual([
          200, 503, 200,
        ]);
        // what is asked of Redis while requests keep coming
        const admin = server.client();
        const begun = performance.now();
        await admin.config('RESETSTAT');
        while (performance.now() - begun < 3_000) {
          expect(await status(blocking)).toBe(503);
        }
        const stats = await admin.info('commandstats');
        const seconds = Math.ceil((performance.now() - begun) / 1_000);
        const asked = [...stats.matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce(
          (sum, [, calls]) => sum + Number(calls),
          0,
        );
        expect(asked, 'of two replicas, with what belongs to an exchange').toBeLessThanOrEqual(
          2 * 4 * seconds,
        );
        // Nest has one logger for the whole process: that of the application made last
        expect(blocking.logged(`: ${code} `), 'once for each of both').toBe(2);
      } finally {
        await accept(key);
      }
      await until(async () => (await status(blocking)) === 200, { timeout: 15_000, interval: 100 });
      await until(() => blocking.service.health().up, { timeout: 40_000 });
      expect(blocking.service.health().lease).toBeGreaterThan(0);
      await until(() => blocking.service.setMaintenance(true).then(() => true), { timeout: 10_000 });
      await blocking.service.setMaintenance(false);
    },
    90_000,
  );
});

describe('a replica that cannot record its presence', () => {
  it('still reads the state, and writes nothing back', async () => {
    await using own = await RedisServer.start();
    await using one = await startService({ redis: own.url, onStale: 'serve' });
    await one.service.setMaintenance(true);
    const stored = await own.client().hgetall('maintenance:{maintenance}:records');
    await own.client().config('SET', 'min-replicas-to-write', '1');
    await using late = await startService({ redis: own.url, onStale: 'serve' });
    expect(late.isOn()).toBe(true);
    expect(late.service.health()).toMatchObject({ up: false, lease: 0 });
    await late.service.refresh();
    expect(await own.client().hgetall('maintenance:{maintenance}:records')).toEqual(stored);
  });
});

describe('error replies of Redis', () => {
  const before7 = (code: string) =>
    `ERR Error running script (call to f_8e3e34c): @user_script:12: @user_script: 12: -${code} some reason. `;

  it.each([
    ["READONLY You can't write against a read only replica.", 'READONLY'],
    [before7('READONLY'), 'READONLY'],
    ["@user_script: 3: -OOM command not allowed when used memory > 'maxmemory'.", 'OOM'],
    [before7('MISCONF'), 'MISCONF'],
    ["NOPERM User app has no permissions to run the 'hset' command", 'NOPERM'],
    [
      "ERR Error running script: @user_script:1: @user_script: 1: The user executing the script can't run this command or subcommand",
      'NOPERM',
    ],
    [
      "ERR ACL failure in script: User app has no permissions to run the 'hget' command script: on @user_script:72.",
      'NOPERM',
    ],
    ['Ready check failed: NOAUTH Authentication required.', 'NOAUTH'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'WRONGPASS'],
    ['connect ECONNREFUSED 127.0.0.1:6379', undefined],
    ['the room of READONLYS', undefined],
  ])('%s is recognised', (message, code) => {
    expect(refusalCode(new Error(message))).toBe(code);
  });

  it('are certain; an error of the connection is not', () => {
    const reply = Object.assign(new Error('ERR something new'), { name: 'ReplyError' });
    expect(isReply(reply)).toBe(true);
    expect(storeError('write', reply)).toMatchObject({ outcome: 'refused' });
    expect(storeError('write', new Error(before7('OOM')))).toMatchObject({ outcome: 'refused' });
    expect(storeError('write', new Error('Connection is closed.'))).toMatchObject({ outcome: 'unknown' });
    const moved = Object.assign(new Error('MOVED 2705 127.0.0.1:7001'), { name: 'ReplyError' });
    expect(storeError('write', moved)).toMatchObject({
      outcome: 'refused',
      message: expect.stringContaining('pass a Cluster instance') as unknown,
    });
  });

  it('are explained if a connection ends under a command, not by a setting of the client', async () => {
    await using own = await RedisServer.start();
    const client = own.client({ maxRetriesPerRequest: 0 });
    await client.ping();
    own.pause();
    const call = client.get('a').catch((error: unknown) => storeError('sync', error).message);
    client.disconnect(true);
    expect(await call).toBe(
      'Redis did not answer (sync): the connection ended before it did; the outcome is unknown.',
    );
  });
});
