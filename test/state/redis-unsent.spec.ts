import { Redis } from 'ioredis';
import { expect, it, vi } from 'vitest';
import type { RedisClient } from '../../lib/core/store/redis/redis-client.js';
import { RedisCommands } from '../../lib/core/store/redis/redis-commands.js';
import { RedisConnection } from '../../lib/core/store/redis/redis-connection.js';
import { RedisServer } from '../support/redis.js';

it('a call that finds the connection ended, before anybody was told, is made on the next one', async () => {
  await using server = await RedisServer.start();
  const client = new Redis(server.url, { lazyConnect: true, enableOfflineQueue: false });
  const commands = new RedisCommands('unsent', 5_000);
  const deadline = performance.now() + 10_000;
  const closed = vi.fn();
  try {
    const connection = new RedisConnection(client as unknown as RedisClient, () => undefined);
    commands.use(connection);
    await connection.open(deadline);
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
