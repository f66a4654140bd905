import { describe, expect, it } from 'vitest';
import { serviceOf, shop } from '../apps/shop.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { TestClient } from './clients.js';
import { Listener } from './listener.js';

/** Short, so that an outage is one soon. */
const TIMES = { lease: 2_000, commandTimeout: 1_000 };

describe.each(adapters)('pages of a replica that is out of touch, on %s', (_name, createApp) => {
  it('learn that it refuses, and that it is open again, without a request', async () => {
    await using server = await RedisServer.start();
    await using proxy = await TcpProxy.start(server);
    await using app = await shop(createApp, { socket: true, redis: proxy.url, onStale: 'block', ...TIMES });
    using client = await TestClient.connect(app.url);
    using listener = await Listener.open(app);
    await listener.told(1);

    proxy.pause();
    await client.sees(({ maintenanceMode }) => maintenanceMode);
    await until(() => listener.last?.maintenanceMode);
    for (const status of [client.last, listener.last]) {
      expect(status).toMatchObject({
        message: 'We are carrying out maintenance and will be back as soon as we can.',
        retryAfter: 60,
        until: null,
        modes: { general: false, billing: false },
        revision: client.statuses[0]?.revision,
      });
    }
    expect(await client.ask({ key: 'general' })).toMatchObject({ maintenanceMode: true, currentMode: false });
    expect(await client.ask(1)).toMatchObject({ error: expect.any(String) as string, maintenanceMode: true });
    using newcomer = await TestClient.connect(app.url);
    expect(newcomer.last).toMatchObject({ maintenanceMode: true });

    const page = await request(app.port, '/shop');
    const ping = await request(app.port, '/maintenance/ping');
    expect([page.status, ping.status]).toEqual([503, 503]);
    expect(ping.headers).toMatchObject({ 'retry-after': '60', 'x-maintenance-mode': '1' });
    const { message, retryAfter } = page.json<{ message: string; retryAfter: number }>();
    expect(ping.json()).toEqual({
      maintenanceMode: true,
      refreshDelay: 60_000,
      error: message,
      retryAfter,
      until: null,
    });

    proxy.resume();
    await client.sees(({ maintenanceMode }) => !maintenanceMode);
    await until(() => listener.last?.maintenanceMode === false);
    await until(async () => (await request(app.port, '/maintenance/ping')).status === 200);
    expect((await request(app.port, '/shop')).status).toBe(200);
    // each of them once
    expect(client.statuses.map(({ maintenanceMode }) => maintenanceMode)).toEqual([false, true, false]);
    expect(listener.statuses.map(({ maintenanceMode }) => maintenanceMode)).toEqual([false, true, false]);
  }, 60_000);

  it('learn nothing if it goes on with its last known state', async () => {
    await using server = await RedisServer.start();
    await using proxy = await TcpProxy.start(server);
    await using app = await shop(createApp, { socket: true, redis: proxy.url, ...TIMES });
    using client = await TestClient.connect(app.url);
    proxy.pause();
    await until(() => serviceOf(app).health().lease === 0, { timeout: 10_000 });
    expect((await request(app.port, '/maintenance/ping')).json()).toMatchObject({ maintenanceMode: false });
    await client.settled();
    proxy.resume();
    await until(() => serviceOf(app).health().up, { timeout: 10_000 });
    await client.settled();
    expect(client.statuses).toHaveLength(1);
  }, 60_000);

  it('learn that a replica refuses that has never read the state', async () => {
    await using server = await RedisServer.start();
    await using proxy = await TcpProxy.start(server);
    proxy.pause();
    const options = { redis: proxy.url, onUnknown: 'block', ...TIMES } as const;
    await using app = await shop(createApp, { socket: true, ...options });
    expect((await request(app.port, '/maintenance/ping')).status).toBe(503);
    using client = await TestClient.connect(app.url);
    await client.sees(({ maintenanceMode }) => maintenanceMode);
    expect((await request(app.port, '/shop')).status).toBe(503);
    proxy.resume();
    await client.sees(({ maintenanceMode }) => !maintenanceMode);
    expect((await request(app.port, '/shop')).status).toBe(200);
    expect((await request(app.port, '/maintenance/ping')).status).toBe(200);
  }, 60_000);
});
