import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import { KeyRegistry } from '../../lib/core/keys/key-registry.js';
import { newReplica } from '../../lib/core/state/replica-lease.js';
import { StateManager } from '../../lib/core/state/state-manager.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { RedisServer } from '../support/redis.js';
import { redisOptions } from './stores.js';

it('a process that was stopped before it had connected does not connect any more, whatever still asks it', async () => {
  await using server = await RedisServer.start();
  const store = new RedisStore(server.url, 'stopped', redisOptions);
  const log = { log: () => undefined, warn: () => undefined };
  const manager = new StateManager(store, new KeyRegistry(), newReplica(), 1_000, log);
  await manager.stop();
  expect(await manager.catchUp()).toBe(false);
  await expect(manager.refresh()).rejects.toThrow('no connection');
  expect(await connections(server)).toBeNull();
});

it('a process that is stopped while the packages for Redis are loaded does not connect when they are there', async () => {
  await using server = await RedisServer.start();
  const store = new RedisStore(server.url, 'stopped', redisOptions);
  const listener = { pushed: vi.fn(), reconnected: vi.fn(), woken: vi.fn(), warn: vi.fn() };
  const starting = store.start(listener, performance.now() + 1_000);
  await store.stop();
  await starting.catch(() => undefined);
  expect(await connections(server)).toBeNull();
});

async function connections(server: RedisServer): Promise<string[] | null> {
  const redis = new Redis(server.url);
  const clients = String(await redis.client('LIST')).match(/name=nestjs-maintenance\S*/g);
  redis.disconnect();
  return clients;
}
