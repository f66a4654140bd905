import { Cluster, Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';
import type { RedisClient } from '../../lib/core/store/redis/redis-client.js';
import { RedisCommands } from '../../lib/core/store/redis/redis-commands.js';
import { RedisConnection } from '../../lib/core/store/redis/redis-connection.js';
import { RedisLooks } from '../../lib/core/store/redis/redis-looks.js';
import { RedisReport } from '../../lib/core/store/redis/redis-report.js';
import { freePort } from '../support/process.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { presence } from './documents.js';

const TIMEOUT = 5_000;

async function open(client: Redis | Cluster) {
  const commands = new RedisCommands('unsent', TIMEOUT);
  const connection = new RedisConnection(client as unknown as RedisClient, () => undefined);
  commands.use(connection);
  await connection.open(performance.now() + TIMEOUT);
  return { commands, connection };
}

it('a call that finds the connection ended, before anybody was told, is made on the next one', async () => {
  await using server = await RedisServer.start();
  const client = new Redis(server.url, { lazyConnect: true, enableOfflineQueue: false });
  const deadline = performance.now() + 2 * TIMEOUT;
  const closed = vi.fn();
  try {
    const { commands } = await open(client);
    client.on('close', closed);
    for (let i = 0; i < 5; i++) {
      client.stream.end();
      expect([client.status, client.stream.writable, closed.mock.calls.length]).toEqual(['ready', false, i]);
      expect(await commands.run('clock', 'NOW', ['records'], deadline, [])).toBeTypeOf('number');
    }
  } finally {
    client.disconnect();
  }
});

describe('the next connection may lead to another server', () => {
  const watch = async (script: string) => {
    const server = await RedisServer.start();
    const client = new Redis(server.url, { lazyConnect: true, enableOfflineQueue: false });
    const { commands, connection } = await open(client);
    const calls = vi.spyOn(client as unknown as Record<string, () => unknown>, `maintenance:${script}`);
    commands.since = '1700000000000';
    connection.acquaintance.asking()();
    return {
      commands,
      calls: () => calls.mock.calls as readonly unknown[][],
      end: () => client.stream.end(),
      async [Symbol.asyncDispose]() {
        client.disconnect();
        await server.stop();
      },
    };
  };

  it('which a script must check there', async () => {
    await using wire = await watch('replicas');
    const looks = new RedisLooks(wire.commands, 3_000, () => undefined);
    wire.end();
    await looks.all(performance.now() + TIMEOUT);
    expect(wire.calls().map((args) => args[3])).toEqual(['1700000000000', '?1700000000000']);
  });

  it('to which nothing is acknowledged before an exchange', async () => {
    await using wire = await watch('acknowledge');
    const report = new RedisReport(wire.commands, 3_000);
    const told = presence();
    report.prepare(told);
    report.taken(told);
    const acknowledge = () => report.acknowledge('', told, performance.now() + TIMEOUT);
    // nothing is stored
    expect(await acknowledge()).toBe(false);
    wire.end();
    await expect(acknowledge()).rejects.toMatchObject({ outcome: 'refused' });
    // the second one was not sent
    expect(wire.calls()).toHaveLength(2);
  });
});

it('a call that a cluster may have made already is not made again', async () => {
  const bus = await freePort();
  const config = ['cluster-enabled yes', 'cluster-config-file nodes.conf', `cluster-port ${bus}`];
  await using server = await RedisServer.start({ config });
  await using proxy = await TcpProxy.start(server);
  const admin = server.client();
  await admin.config('SET', 'cluster-announce-ip', '127.0.0.1');
  await admin.config('SET', 'cluster-announce-port', String(proxy.port));
  await admin.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
  await until(async () => String(await admin.call('CLUSTER', 'INFO')).includes('cluster_state:ok'));
  const client = new Cluster([{ host: '127.0.0.1', port: proxy.port }], {
    lazyConnect: true,
    enableOfflineQueue: false,
  });
  const calls = async () =>
    [...(await admin.info('commandstats')).matchAll(/cmdstat_eval(?:sha)?:calls=(\d+)/g)].reduce(
      (sum, [, count]) => sum + Number(count),
      0,
    );
  try {
    const { commands } = await open(client);
    proxy.latencyOfAnswers = TIMEOUT;
    const deadline = performance.now() + TIMEOUT;
    const answer = commands.run('clock', 'NOW', ['records'], deadline, []).catch((error: unknown) => error);
    await until(async () => (await calls()) === 1);
    proxy.latencyOfAnswers = 0;
    proxy.cut();
    expect(await answer).toMatchObject({ outcome: 'unknown' });
    expect(await calls()).toBe(1);
  } finally {
    client.disconnect();
  }
});
