import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisSentinel } from '../support/redis-sentinel.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { cli, cliProcess } from './cli.js';

const execute = promisify(execFile);
const PASSWORD = 'p%40ss:w/rd';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'maintenance-targets-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** It has run for longer than a replica's lease: who had a lock before it started would be back, so that locks are given at once. */
const isSettled = (...servers: readonly RedisServer[]) =>
  until(
    async () => {
      const infos = await Promise.all(servers.map((server) => server.client().info('server')));
      return infos.every((info) => Number(/uptime_in_seconds:(\d+)/.exec(info)?.[1]) > 3);
    },
    { timeout: 15_000 },
  );

/** Of the servers of these specs. */
const installedVersion = async (): Promise<string> => {
  await using server = await RedisServer.start();
  return String(/redis_version:(\S+)/.exec(await server.client().info('server'))?.[1]);
};

/** Switches, looks, asks what is wrong, and runs something, all by that address; what came of it. */
async function use(redis: string, ...options: string[]): Promise<object> {
  const call = (...args: string[]) => cli([...args, '--redis', redis, ...options]);
  const on = await call('on', 'general', '1h');
  const status = await call('status', '--json', '--exit-code');
  const off = await call('off');
  const doctor = await call('doctor');
  const script = 'test "$MAINTENANCE_FENCE" -gt 0 && echo "$MAINTENANCE_KEY"';
  const run = await cliProcess(['run', 'general', '--redis', redis, ...options, '--', 'sh', '-c', script]);
  const { place = on.stderr } = JSON.parse(status.stdout) as { place?: string };
  const codes = Object.entries({ on, status, off, doctor, run }).map(([name, { code }]) => [name, code]);
  return {
    ...Object.fromEntries(codes),
    place,
    version: doctor.stdout.includes(`Redis is version ${await installedVersion()}`),
    ran: run.stdout,
    said: run.stderr,
  };
}

/** What stored names begin with. */
async function prefixes(client: Pick<Redis, 'keys'>): Promise<string[]> {
  const names = await client.keys('*');
  return [...new Set(names.map((name) => /^(\w+:)?maintenance:/.exec(name)?.[1] ?? name))];
}

/** All of it works. */
const fine = (place: string): object => ({
  on: 0,
  status: 3,
  off: 0,
  doctor: 0,
  run: 0,
  place: `Redis at ${place}, namespace "maintenance"`,
  version: true,
  ran: 'general\n',
  said: '',
});

// most of the time is that which Sentinel and Cluster take to agree
describe.concurrent('--redis', () => {
  it('a server with a user, a password, a database and a key prefix', async () => {
    await using server = await RedisServer.start();
    await server
      .client()
      .acl('SETUSER', 'ops', 'on', `>${decodeURIComponent(PASSWORD)}`, '~*', '&*', '+@all');
    const redis = server.url.replace('//', `//ops:${encodeURIComponent(decodeURIComponent(PASSWORD))}@`);
    await isSettled(server);
    expect(await use(`${redis}/3?keyPrefix=shop:`)).toEqual(fine(`${server.url}/3`));
    expect(await prefixes(server.client({ db: 3 }))).toEqual(['shop:']);
    expect(await server.client().dbsize()).toBe(0);
  }, 60_000);

  it('a socket', async () => {
    const socket = join(folder, 'redis.sock');
    await using server = await RedisServer.start({ config: [`unixsocket ${socket}`] });
    await isSettled(server);
    expect(await use(`unix://${socket}`)).toEqual(fine(`unix://${socket}`));
    expect(await server.client().dbsize()).toBeGreaterThan(0);
  }, 60_000);

  it('a server with TLS and a private certificate authority', async () => {
    const { ca, lines } = await certificates();
    // if that is taken by now, it starts on other ports
    await using server = await RedisServer.start({ config: (port) => [`tls-port ${port - 1}`, ...lines] });
    const redis = `rediss://127.0.0.1:${server.port - 1}`;
    await isSettled(server);
    expect(await use(`${redis}?keyPrefix=shop:`, '--ca', ca)).toEqual(fine(redis));
    expect(await prefixes(server.client())).toEqual(['shop:']);
    const stranger = await cli(['status', '--redis', redis, '--command-timeout', '2s']);
    expect(stranger).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/certificate/i) as unknown,
    });
  }, 60_000);

  it('a group with Sentinel, also after a failover', async () => {
    await using group = await RedisSentinel.start();
    const { host, port } = group.sentinel;
    const redis = `redis+sentinel://${host}:${port}/${group.name}`;
    await isSettled(group.master);
    expect(await use(`${redis}?keyPrefix=shop:`)).toEqual(fine(redis));
    expect(await prefixes(group.master.client())).toEqual(['shop:']);
    await group.master.kill();
    const on = () => cli(['on', 'general', '1h', '--redis', redis, '--command-timeout', '1s']);
    await until(async () => (await on()).code === 0, { timeout: 25_000, what: 'the failover' });
    expect(await group.replica.client().dbsize()).toBeGreaterThan(0);
  }, 90_000);

  it('a Cluster, given one of its nodes', async () => {
    await using cluster = await RedisCluster.start();
    const [first] = cluster.nodes;
    const redis = `redis+cluster://${first!.host}:${first!.port}`;
    await isSettled(...cluster.nodes);
    expect(await use(`${redis}?keyPrefix=shop:`)).toEqual(fine(redis));
    const found = await Promise.all(cluster.nodes.map((node) => prefixes(node.client())));
    expect(new Set(found.flat())).toEqual(new Set(['shop:']));
  }, 60_000);
});

/** An authority, and a certificate of a server at 127.0.0.1 that it has signed. */
async function certificates(): Promise<{ ca: string; lines: string[] }> {
  const file = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execute('openssl', args, { cwd: folder });
  const made = ['-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  await openssl('req', '-x509', ...made, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=authority');
  await openssl(
    'req',
    ...made.slice(0, 3),
    '-keyout',
    'server.key',
    '-out',
    'server.csr',
    '-subj',
    '/CN=redis',
  );
  await execute(
    'sh',
    [
      '-c',
      'echo subjectAltName=IP:127.0.0.1 > names; ' +
        'openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.crt',
    ],
    { cwd: folder },
  );
  return {
    ca: file('ca.crt'),
    lines: [
      `tls-cert-file ${file('server.crt')}`,
      `tls-key-file ${file('server.key')}`,
      `tls-ca-cert-file ${file('ca.crt')}`,
      'tls-auth-clients no',
    ],
  };
}
