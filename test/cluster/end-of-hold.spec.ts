import { once } from 'node:events';
import { MaintenanceKey } from 'nestjs-maintenance';
import { createMaintenance } from 'nestjs-maintenance/standalone';
import { expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';

it('the signal of work aborts before another replica opens the key at its end, however far away Redis is', async () => {
  const server = await RedisServer.start();
  const proxy = await TcpProxy.start(server);
  proxy.latency = 150;
  const options = { logger: { warn: () => undefined, error: () => undefined }, commandTimeout: 5_000 };
  const open = (redis: string) =>
    createMaintenance({ ...options, redis, keys: [new MaintenanceKey('orders')] });
  const near = await open(server.url);
  const far = await open(proxy.url);
  try {
    const wasOn: boolean[] = [];
    const work = far.maintain(
      'orders',
      async ({ signal }) => {
        wasOn.push(near.isActive('orders'));
        await once(signal, 'abort');
        wasOn.push(near.isActive('orders'));
      },
      { timeout: 4_000 },
    );
    await expect(work).rejects.toThrow('its time is over');
    expect(wasOn).toEqual([true, true]);
  } finally {
    await Promise.all([near.close(), far.close()]);
    await proxy.stop();
    await server.stop();
  }
}, 30_000);
