import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { RedisCluster } from './redis-cluster.js';
import { RedisSentinel } from './redis-sentinel.js';
import { RedisServer } from './redis.js';
import { until } from './until.js';

describe('RedisServer', () => {
  it('forgets its data on a restart, and keeps its port', async () => {
    await using server = await RedisServer.start();
    const { port } = server;
    await server.client().set('a', '1');
    await server.restart();
    expect(server.port).toBe(port);
    expect(await server.client().get('a')).toBeNull();
  });

  it('keeps its data with `persist`, also after a kill, unless it is restarted empty', async () => {
    await using server = await RedisServer.start({ persist: true });
    const client = server.client();
    await client.set('a', '1');
    await server.restart();
    expect(await client.get('a')).toBe('1');
    await server.kill();
    await server.restart();
    expect(await client.get('a')).toBe('1');
    await server.restart({ empty: true });
    expect(await client.get('a')).toBeNull();
  });

  it('can be paused and resumed', async () => {
    await using server = await RedisServer.start();
    const client = server.client({ commandTimeout: 300 });
    await once(client, 'ready');
    server.pause();
    await expect(client.ping()).rejects.toThrow(/timed out/);
    server.resume();
    await until(() => client.ping(), { what: 'Redis to answer again' });
  });

  it('can be stopped while it is paused', async () => {
    const server = await RedisServer.start();
    server.pause();
    await server.stop();
    const client = server.client({ retryStrategy: null, lazyConnect: true });
    await expect(client.connect()).rejects.toThrow('Connection is closed');
  });
});

describe('RedisCluster', () => {
  it('spreads its keys over three masters', async () => {
    await using cluster = await RedisCluster.start();
    const client = cluster.client();
    for (let i = 0; i < 30; i++) await client.set(`key${i}`, i);
    const sizes = await Promise.all(cluster.nodes.map((node) => node.client().dbsize()));
    expect(sizes.reduce((sum, size) => sum + size)).toBe(30);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
  }, 60_000);
});

describe('RedisSentinel', () => {
  it('promotes the replica when the master dies', async () => {
    await using group = await RedisSentinel.start();
    const client = group.client();
    await client.set('a', '1');
    await client.wait(1, 2_000);
    await group.master.kill();
    await until(() => client.set('b', '2'), { timeout: 20_000, what: 'the replica to be promoted' });
    expect(await group.replica.client().mget('a', 'b')).toEqual(['1', '2']);
  }, 60_000);
});
