import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { MaintenanceStoreError } from 'nestjs-maintenance';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { startService } from './service.js';

/** A server of this process, by its port, until it is disposed of. */
async function listen(server: Server) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket.on('error', () => undefined)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
      await once(server, 'close');
    },
  };
}

/** Answers each command with the same. */
const always = (answer: string) =>
  createServer((socket) =>
    socket.on('data', (data) => socket.write(answer.repeat(String(data).match(/^\*\d+\r$/gm)?.length ?? 0))),
  );

/** What may answer at the address, and what is said of it. */
const others: [string, () => Server, RegExp][] = [
  ['sends everything back', () => createServer((socket) => socket.pipe(socket)), /is not Redis/],
  ['accepts everything', () => always('+OK\r\n'), /is not Redis/],
  ['speaks HTTP', () => createHttpServer((_, response) => response.end()), /does not speak Redis' protocol/],
  [
    'speaks first',
    () => createServer((socket) => socket.write('220 mail\r\n')),
    /does not speak Redis' protocol/,
  ],
];

describe('a server at the address of Redis', () => {
  it.each(others)('that %s is named in every error, in time', async (_, create, words) => {
    await using server = await listen(create());
    await using app = await startService({ redis: server.url });
    const { service } = app;
    const calls = [
      () => service.setMaintenance(true),
      () => service.maintain('general', () => 'never'),
      () => service.maintain('general', () => 'never', { blocking: 500 }),
      () => service.replicas(),
      () => service.getHistory(),
      () => service.refresh(),
    ];
    for (const call of calls) {
      const error = await call().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(MaintenanceStoreError);
      expect((error as Error).message).toMatch(words);
    }
    expect(service.health()).toMatchObject({ up: false, error: expect.stringMatching(words) as string });
    expect(app.isOn()).toBe(false);
  });

  it('is used as soon as it is Redis again', async () => {
    await using redis = await RedisServer.start();
    await redis.kill();
    const echo = createServer(
      (socket) => void sockets.push(socket.on('error', () => undefined).pipe(socket)),
    );
    const sockets: Socket[] = [];
    await once(echo.listen(redis.port, redis.host), 'listening');
    await using app = await startService({ redis: redis.url });
    await until(() => app.service.health().error?.includes('is not Redis'));
    echo.close();
    sockets.forEach((socket) => socket.destroy());
    await redis.restart();
    await until(() => app.service.setMaintenance(true).then(() => true), { timeout: 15_000 });
    expect(app.service.health()).toMatchObject({ up: true, error: null });
  });
});

describe('a connection that only listens to MONITOR', () => {
  it.each([
    ['options', (server: RedisServer) => ({ host: server.host, port: server.port, monitor: true })],
    ['a URL', (server: RedisServer) => `${server.url}?monitor=true`],
    ['a client', (server: RedisServer) => new Redis(server.url, { monitor: true, lazyConnect: true })],
  ])('is not made for the state, whatever %s say', async (_, input) => {
    await using server = await RedisServer.start();
    await using app = await startService({ redis: input(server) });
    expect(app.service.health()).toMatchObject({ up: true, error: null });
    expect(await app.service.setMaintenance(true)).toMatchObject({ to: true });
  });
});
