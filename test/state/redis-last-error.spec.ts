import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { Cluster } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { freePort } from '../support/process.js';
import { RedisCluster } from '../support/redis-cluster.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { startService } from './service.js';

describe('the last error of a connection', () => {
  const closings: [how: string, close: (socket: Socket) => unknown][] = [
    ['closes', (socket) => socket.end()],
    ['resets', (socket) => socket.once('data', () => socket.resetAndDestroy())],
  ];
  it.each(closings)('is that the server %s it at once, if it says nothing else', async (_, close) => {
    // before that, nobody listens there
    const port = await freePort();
    await using app = await startService({ redis: `redis://127.0.0.1:${port}` });
    expect(app.service.health().error).toContain('ECONNREFUSED');
    const closing = createTcpServer(close).listen(port, '127.0.0.1');
    await once(closing, 'listening');
    try {
      const reason = async () =>
        String(await app.service.refresh().catch((error: unknown) => (error as Error).message));
      await until(
        async () => /^Redis cannot be reached .*: it closes the connection at once;/.test(await reason()),
        { timeout: 10_000, what: 'the reason' },
      );
      expect(await reason()).toContain('it closes the connection at once');
    } finally {
      closing.close();
    }
  });

  it('is that the server loads its data, not that it was away before', async () => {
    await using own = await RedisServer.start({
      // so many keys take it some ten seconds
      config: ['save 3600 1', 'key-load-delay 1000', 'loading-process-events-interval-bytes 1024'],
    });
    const admin = own.client();
    await admin.eval(`for i = 1, 10000 do redis.call('SET', 'entry ' .. i, i) end`, 0);
    await using app = await startService({ redis: own.url });
    await app.service.setMaintenance(true);
    await admin.save();
    await own.kill();
    await until(() => app.service.health().error?.includes('ECONNREFUSED'));
    await own.restart();
    await until(() => app.service.health().error?.includes('it is still loading its data, or hangs'), {
      timeout: 15_000,
      what: 'the reason',
    });
    expect(app.isOn()).toBe(true);
    await until(() => app.service.health().up, { timeout: 30_000 });
    await app.service.setMaintenance(false);
  }, 90_000);

  it('is that a cluster is not ready', async () => {
    await using cluster = await RedisCluster.start();
    // a slot that nobody serves
    await Promise.all(cluster.nodes.map((node) => node.client().call('CLUSTER', 'DELSLOTS', 0)));
    await until(
      async () =>
        String(await cluster.nodes[0]?.client().call('CLUSTER', 'INFO')).includes('cluster_state:fail'),
      { timeout: 15_000, what: 'the cluster to be down' },
    );
    const client = cluster.client({ lazyConnect: true });
    await using app = await startService({ redis: client });
    expect(app.service.health().error).toContain('the cluster is not ready; CLUSTER INFO says why');
    const [first] = cluster.nodes;
    await first?.client().call('CLUSTER', 'ADDSLOTS', 0);
    await until(() => app.service.health().up, { timeout: 15_000 });
  });

  it('is told, not that the client had no connection for a command of its own', async () => {
    await using own = await RedisServer.start();
    const admin = own.client();
    await admin.config('SET', 'maxclients', '1');
    await using app = await startService({ redis: own.url });
    const errors = new Set<string | null>();
    await until(() => errors.add(app.service.health().error) && app.logged('contact') > 0);
    for (let i = 0; i < 3; i++) {
      const failed = app.service.refresh().catch((error: unknown) => (error as Error).message);
      errors.add((await failed) ?? null).add(app.service.health().error);
    }
    expect([...errors].join('\n')).toMatch(/^Redis cannot be reached/m);
    expect([...errors, ...app.log].join('\n')).not.toMatch(/enableOfflineQueue|max retries/);
    await admin.config('SET', 'maxclients', '100');
    await until(() => app.service.health().up, { timeout: 15_000 });
  });

  it('reports a changed password in health, errors and once in the log, and retries slowly', async () => {
    await using own = await RedisServer.start();
    const admin = own.client();
    await admin.acl('SETUSER', 'app', 'on', '>first', '~*', '&*', '+@all');
    await using app = await startService({ redis: `redis://app:first@${own.host}:${own.port}` });
    expect(app.service.health().up).toBe(true);
    await admin.acl('SETUSER', 'app', 'resetpass', '>second');
    await admin.client('KILL', 'USER', 'app');
    await until(() => app.service.health().error?.includes('WRONGPASS'), { timeout: 15_000 });
    await expect(app.service.setMaintenance(true)).rejects.toMatchObject({
      name: 'MaintenanceStoreError',
      message: expect.stringContaining('WRONGPASS') as string,
    });
    const connections = async (): Promise<number> =>
      Number(/total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1]);
    const before = await connections();
    await until(() => app.service.health().lease === 0, { timeout: 10_000 });
    expect((await connections()) - before).toBeLessThanOrEqual(6);
    expect(app.logged('WRONGPASS')).toBe(1);
    expect(app.log.join('\n')).not.toContain('first');

    await admin.acl('SETUSER', 'app', '>first');
    await until(() => app.service.health().up, { timeout: 40_000, interval: 100 });
    await app.service.setMaintenance(true);
  }, 90_000);

  it('explains why no secure connection was made', async () => {
    // without a certificate there is no handshake
    const secure = createServer({}).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const { port } = secure.address() as AddressInfo;
    try {
      await using app = await startService({ redis: `rediss://127.0.0.1:${port}` });
      const seen = (): string => app.service.health().error ?? '';
      await until(() => seen().includes('handshake'));
      expect(seen()).toMatch(/handshake failure/);
    } finally {
      secure.close();
    }
  });

  it('explains why no node of a cluster, and no sentinel, can be reached', async () => {
    const port = await freePort();
    const node = { host: '127.0.0.1', port };
    const secure = createServer({}).listen(0, '127.0.0.1');
    await once(secure, 'listening');
    const tlsPort = (secure.address() as AddressInfo).port;
    const tls = { ...node, port: tlsPort };
    try {
      for (const [redis, why] of [
        [new Cluster([node], { lazyConnect: true }), `connect ECONNREFUSED 127.0.0.1:${port}`],
        [{ sentinels: [node], name: 'shop' }, `connect ECONNREFUSED 127.0.0.1:${port}`],
        [new Cluster([tls], { lazyConnect: true, redisOptions: { tls: {} } }), 'handshake failure'],
        [
          { sentinels: [tls], name: 'shop', enableTLSForSentinelMode: true, sentinelTLS: {} },
          'handshake failure',
        ],
      ] as const) {
        await using app = await startService({ redis });
        await until(() => app.service.health().error?.includes(why), { what: why, timeout: 10_000 });
        await expect(app.service.setMaintenance(true)).rejects.toThrow(why);
      }
    } finally {
      secure.close();
    }
  }, 30_000);
});
