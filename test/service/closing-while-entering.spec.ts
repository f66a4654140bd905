import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMaintenance, type StandaloneMaintenance } from 'nestjs-maintenance/standalone';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

const KEY = 'general';
const silent = { warn: () => undefined, error: () => undefined };

let server: RedisServer;
let proxy: TcpProxy;
let other: StandaloneMaintenance;

beforeAll(async () => {
  server = await RedisServer.start();
  proxy = await TcpProxy.start(server);
  other = await createMaintenance({ redis: server.url, logger: silent });
});
afterAll(async () => {
  await other?.close();
  await proxy?.stop();
  await server.stop();
});

it('a process that is closed while it enters a key leaves it again, and its work never runs', async () => {
  const service = await createMaintenance({ redis: proxy.url, logger: silent });
  await service.whileOpen(KEY, () => undefined);
  proxy.latencyOfAnswers = 300;
  let ran = false;
  const work = service.maintain(KEY, () => (ran = true)).catch(String);
  // it is written, and the answer is on its way
  await until(() => other.isActive(KEY));
  await service.close();
  proxy.latencyOfAnswers = 0;
  expect(await work).toContain('shutting down');
  expect(ran).toBe(false);
  await until(() => !other.isActive(KEY), { timeout: 2_000 });
  expect((await other.getKeyData())[KEY]).toMatchObject({ value: false });
});
