import { afterAll, beforeAll, expect, it } from 'vitest';
import { Redis } from 'ioredis';
import { RedisServer } from './redis.js';
import { TcpProxy } from './tcp-proxy.js';
import { until } from './until.js';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

const client = (proxy: TcpProxy) => {
  const redis = new Redis(proxy.url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
  redis.on('error', () => undefined);
  return redis;
};

/** Does a command stay unanswered, while the server itself answers a later one. */
async function isSilent(redis: Redis): Promise<boolean> {
  let answered = false;
  redis.ping().then(
    () => (answered = true),
    () => (answered = true),
  );
  for (let i = 0; i < 20; i++) await server.client().ping();
  return !answered;
}

it('passes everything on, delayed if configured', async () => {
  await using proxy = await TcpProxy.start(server);
  const redis = client(proxy);
  expect(await redis.echo('hello')).toBe('hello');
  proxy.latency = 60;
  const begun = performance.now();
  await redis.ping();
  expect(performance.now() - begun).toBeGreaterThanOrEqual(115);
  proxy.latency = 0;
  proxy.latencyOfAnswers = 60;
  const asked = performance.now();
  await redis.ping();
  expect(performance.now() - asked).toBeGreaterThanOrEqual(55);
  redis.disconnect();
});

it('holds everything back until it goes on', async () => {
  await using proxy = await TcpProxy.start(server);
  const redis = client(proxy);
  await redis.ping();
  proxy.pause();
  expect(await isSilent(redis)).toBe(true);
  proxy.resume();
  expect(await redis.ping()).toBe('PONG');
  redis.disconnect();
});

it('leaves present connections half open and lets new ones through', async () => {
  await using proxy = await TcpProxy.start(server);
  const [old, fresh] = [client(proxy), client(proxy)];
  await old.ping();
  fresh.disconnect();
  await until(() => proxy.size === 1);
  proxy.freeze();
  expect(await isSilent(old)).toBe(true);
  await fresh.connect();
  expect(await fresh.ping()).toBe('PONG');
  old.disconnect();
  fresh.disconnect();
});

it('cuts connections, which can be opened again', async () => {
  await using proxy = await TcpProxy.start(server);
  const redis = client(proxy);
  await redis.ping();
  let closed = 0;
  redis.on('close', () => closed++);
  proxy.cut();
  await until(() => closed === 1);
  expect(await redis.ping()).toBe('PONG');
  redis.disconnect();
});
