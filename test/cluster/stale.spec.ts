import { describe, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { Replica } from './replicas.js';

/** A replica that has lost touch with Redis for longer than its lease. */
async function cutOff(replica: Replica, proxy: TcpProxy): Promise<void> {
  proxy.pause();
  await until(async () => (await replica.health()).lease === 0, { timeout: 20_000, interval: 50 });
}

describe.each([
  ['serve', 200, 503],
  ['block', 503, 503],
] as const)('onStale: %s', (onStale, whenOff, whenOn) => {
  it('decides what happens without Redis, and ends with the outage', async () => {
    await using server = await RedisServer.start();
    await using proxy = await TcpProxy.start(server);
    await using replica = await Replica.start(proxy.url, { ON_STALE: onStale });
    await using other = await Replica.start(server.url);
    expect((await replica.get('/orders')).status).toBe(200);

    await cutOff(replica, proxy);
    expect((await replica.get('/orders')).status).toBe(whenOff);
    expect(await replica.health()).toMatchObject({
      up: false,
      stale: expect.any(String) as string,
      lease: 0,
    });
    await replica.open('probe');
    expect((await replica.get('/health/probe')).status).toBe(200);
    await other.set(true, 'general');

    proxy.resume();
    await until(async () => (await replica.health()).up, { timeout: 20_000 });
    expect((await replica.get('/orders')).status).toBe(503);
    const { health, changes } = await replica.heard();
    expect(health.map(({ up }) => up)).toEqual([false, true]);
    expect(changes).toMatchObject([{ key: 'general', from: false, to: true }]);
    expect(replica.child.output.split('Lost contact with the maintenance store')).toHaveLength(2);

    await cutOff(replica, proxy);
    expect((await replica.get('/orders')).status).toBe(whenOn);
    proxy.resume();
    await other.set(false, 'general');
    await until(async () => (await replica.get('/orders')).status === 200, { timeout: 20_000 });
  }, 90_000);
});
