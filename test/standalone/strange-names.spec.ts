import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMaintenance } from 'nestjs-maintenance/standalone';
import { cli } from '../cli/cli.js';
import { RedisServer } from '../support/redis.js';

const logger = { warn: () => undefined, error: () => undefined };
const records = 'maintenance:{maintenance}:records';
let server: RedisServer;

beforeAll(async () => {
  server = await RedisServer.start();
  const service = await createMaintenance({ redis: server.url, logger });
  await service.setMaintenance(true);
  await service.close();
  // the record of a key that only another version can have
  const client = server.client();
  const text = (await client.hget(records, 'general')) ?? '';
  const [format, history, revision, write, bytes, count] = (
    (await client.hget(records, ':head')) ?? ''
  ).split(' ');
  const next = Number(revision) + 1;
  const head = [format, history, next, write, Number(bytes) + text.length, Number(count) + 1].join(' ');
  await client
    .multi()
    .hset(records, { ':head': head, 'my key': text.replace(/^1 (\S+) \d+/, `1 $1 ${next}`) })
    .zadd('maintenance:{maintenance}:order', next, 'my key')
    .exec();
});
afterAll(() => server.stop());

it('a script knows the other keys when the state names one that cannot be a key here', async () => {
  await using service = await createMaintenance({ redis: server.url, logger });
  expect(service.health()).toMatchObject({ up: true });
  expect(service.getKeys().map(String)).toEqual(['general']);
  expect(service.isActive()).toBe(true);
});

it('so does the command line', async () => {
  const { code, stdout, stderr } = await cli(['status', '--json'], {
    env: { MAINTENANCE_REDIS_URL: server.url },
  });
  expect([code, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({ keys: [{ name: 'general', value: true }] });
});
