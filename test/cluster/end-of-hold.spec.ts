import { once } from 'node:events';
import { MaintenanceKey } from 'nestjs-maintenance';
import { createMaintenance } from 'nestjs-maintenance/standalone';
import { expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

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
    // as they come, not as somebody sees them later: a process that stood still has both behind it
    const turns: string[] = [];
    near.changes.subscribe(({ to }) => turns.push(to ? 'closed' : 'open'));
    const work = far.maintain(
      'orders',
      async ({ signal }) => {
        turns.push('begun');
        signal.addEventListener('abort', () => turns.push('aborted'));
        await once(signal, 'abort');
      },
      { timeout: 6_000 },
    );
    await expect(work).rejects.toThrow('its time is over');
    await until(() => turns.includes('open'));
    expect(turns).toEqual(['closed', 'begun', 'aborted', 'open']);
  } finally {
    await Promise.all([near.close(), far.close()]);
    await proxy.stop();
    await server.stop();
  }
}, 30_000);
