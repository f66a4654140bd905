import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { MaintenanceKey } from 'nestjs-maintenance';
import { createMaintenance } from 'nestjs-maintenance/standalone';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
});

afterAll(() => server.stop());

const join = () =>
  createMaintenance({ redis: server.url, keys: keys.map((name) => new MaintenanceKey(name)) });

it('many concurrent maintain() calls release each lock once, whatever happens meanwhile', async () => {
  await using one = await join();
  await using two = await join();
  const services = [one, two];
  // Redis has all scripts after that
  for (const service of services) await service.maintain('key-0', () => Promise.resolve());
  // not by the client's own monitor(), which breaks when a command follows the answer at once
  const monitor = connect(server.port, server.host);
  const lines = createInterface(monitor);
  monitor.write('MONITOR\r\n');
  await once(lines, 'line');
  const released: unknown[] = [];
  lines.on('line', (line) => {
    const [command, , count, , second, , token] = Array.from(
      line.matchAll(/"(.*?)"/g),
      ([, argument]) => argument,
    );
    const isRelease = command?.toLowerCase() === 'evalsha' && count === '3' && second?.endsWith(':waiters');
    if (isRelease) released.push(token);
  });
  await Promise.all(keys.map((key, i) => services[i % 2]?.maintain(key, () => Promise.resolve())));
  await until(() => new Set(released).size === keys.length, { what: 'all locks to be given back' });
  monitor.destroy();
  expect(released.length).toBe(keys.length);
});

it('a drain ends although more is written meanwhile than Redis remembers', async () => {
  await using one = await join();
  await using two = await join();
  const client = server.client();
  const forget = () => client.zremrangebyrank('maintenance:{maintenance}:writes', 0, -3);
  let finish = (): void => undefined;
  const begun = new Promise<void>((resolve, reject) => {
    const work = (): Promise<void> => {
      resolve();
      return new Promise((end) => (finish = end));
    };
    two.whileOpen('key-0', work).catch(reject);
  });
  await begun;
  const drained = one.maintain('key-0', () => 'drained', { drain: 10_000 });
  await until(() => two.isActive('key-0'));
  for (let i = 0; i < 6; i++) {
    await two.setMaintenance(i % 2 === 0, 'key-1');
    await forget();
    // longer than from one look at the others to the next
    await delay(150);
  }
  finish();
  expect(await drained).toBe('drained');
});
