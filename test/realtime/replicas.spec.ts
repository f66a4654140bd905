import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Child } from '../support/child.js';
import { freePort } from '../support/process.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { TestClient } from './clients.js';

interface Facts {
  port: number;
  url: string;
}

let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis.stop());

const start = (adapter: string, env: NodeJS.ProcessEnv = {}) =>
  Child.start<Facts>('gateway-replica', { env: { REDIS_URL: redis.url, SOCKET_ADAPTER: adapter, ...env } });

describe.each(['memory', 'redis'])('two replicas, Socket.IO adapter in %s', (adapter) => {
  it('notify every client of both once per change, whichever made it, and of an expiry', async () => {
    await redis.client().flushall();
    await using one = await start(adapter);
    await using two = await start(adapter);
    const clients = await Promise.all(
      [one, two, one, two].map(({ facts }, index) =>
        TestClient.connect(facts.url, { transports: [index < 2 ? 'websocket' : 'polling'] }),
      ),
    );
    const heard = (revision: number, maintenanceMode: boolean) =>
      Promise.all(
        clients.map((client) =>
          client.sees((status) => status.revision === revision && status.maintenanceMode === maintenanceMode),
        ),
      );
    await one.send('set', true, { message: 'Back soon', reason: 'disk', actor: 'eve' });
    await heard(1, true);
    await two.send('set', false);
    await heard(2, false);
    await two.send('set', true, { timeout: 2_000 });
    await heard(3, true);
    await heard(3, false);
    await one.send('set', true);
    await heard(4, true);
    await two.send('unset');
    await heard(5, false);
    await Promise.all(clients.map((client) => client.settled()));
    for (const client of clients) {
      expect(client.statuses.map(({ maintenanceMode, revision }) => [maintenanceMode, revision])).toEqual([
        [false, 0],
        [true, 1],
        [false, 2],
        [true, 3],
        [false, 3],
        [true, 4],
        [false, 5],
      ]);
      expect(client.statuses[1]?.maintenance?.['general']).toMatchObject({ reason: 'disk', actor: 'eve' });
      client.close();
    }
  });
});

describe('a replica', () => {
  it('that is replaced sends its clients the state when they reconnect', async () => {
    await redis.client().flushall();
    const port = String(await freePort());
    const first = await start('memory', { PORT: port });
    await using other = await start('memory');
    using client = await TestClient.connect(first.facts.url, {
      reconnectionDelay: 50,
      reconnectionDelayMax: 200,
    });
    await first.kill();
    await until(() => !client.socket.connected);
    await other.send('set', true);
    await using second = await start('memory', { PORT: port });
    expect(second.facts.url).toBe(first.facts.url);
    expect(await client.sees(({ maintenanceMode }) => maintenanceMode)).toMatchObject({ revision: 1 });
  });

  it('that started without Redis sends its clients the state when Redis comes back', async () => {
    await using server = await RedisServer.start({ persist: true });
    const env = { REDIS_URL: server.url };
    const writer = await start('memory', env);
    await writer.send('set', true);
    await writer.kill();
    await server.kill();
    await using replica = await start('memory', env);
    using client = await TestClient.connect(replica.facts.url);
    expect(client.last).toMatchObject({ maintenanceMode: false });
    await server.restart();
    await client.sees(({ maintenanceMode }) => maintenanceMode);
  });
});
