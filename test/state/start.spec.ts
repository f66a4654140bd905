import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { KeyRegistry } from '../../lib/core/keys/key-registry.js';
import { newReplica } from '../../lib/core/state/replica-lease.js';
import { StateManager } from '../../lib/core/state/state-manager.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { Child } from '../support/child.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { redisOptions } from './stores.js';

function open({ url }: RedisServer): StateManager {
  const store = new RedisStore(url, 'stopped', redisOptions);
  const log = { log: () => undefined, warn: () => undefined };
  return new StateManager(store, new KeyRegistry(), newReplica(), 1_000, log);
}

it('a process that was stopped before it had connected does not connect any more, whatever still asks it', async () => {
  await using server = await RedisServer.start();
  const manager = open(server);
  await manager.stop();
  expect(await manager.catchUp()).toBe(false);
  await expect(manager.refresh()).rejects.toThrow('no connection');
  expect(await connections(server)).toBeNull();
});

it('a process that is stopped while the packages for Redis are loaded does not connect when they are there', async () => {
  await using server = await RedisServer.start();
  const manager = open(server);
  const admin = server.client();
  const received = async () => /total_connections_received:(\d+)/.exec(await admin.info('stats'))?.[1];
  const before = await received();
  const starting = manager.start();
  await manager.stop();
  await starting;
  expect(await received()).toBe(before);
  expect(await connections(server)).toBeNull();
});

async function connections(server: RedisServer): Promise<string[] | null> {
  const redis = new Redis(server.url);
  const clients = String(await redis.client('LIST')).match(/name=nestjs-maintenance\S*/g);
  redis.disconnect();
  return clients;
}

/** Delays the loading of a package, as a slow disk, a busy processor or a compiler in between do. */
const slowly = (name: string, ms: number): string => {
  const load = `async (url, context, next) => {
    if (url.includes('/node_modules/${name}/')) await new Promise((resolve) => setTimeout(resolve, ${ms}));
    return next(url, context);
  }`;
  const inline = (code: string): string => `data:text/javascript,${encodeURIComponent(code)}`;
  const hooks = inline(`export const load = ${load};`);
  return inline(`import { register } from 'node:module'; register(${JSON.stringify(hooks)});`);
};

it.each(['ioredis', 'cache-manager-ioredis-yet'])(
  'an application that takes long to load %s has read the state when it has started',
  async (name) => {
    await using server = await RedisServer.start();
    await using first = await Child.start('replica', { env: { REDIS_URL: server.url } });
    await first.send('set', true, 'general');
    await using second = await Child.start<{ port: number }>('replica', {
      env: { REDIS_URL: server.url },
      flags: ['--import', slowly(name, 1_500)],
    });
    expect(second.output).not.toContain('Lost contact');
    expect(await second.send('heard')).toMatchObject({ health: [] });
    expect(await request(second.facts.port, '/orders')).toMatchObject({ status: 503 });
  },
);
