import { afterAll, beforeAll, expect, it } from 'vitest';
import { createMaintenance, MaintenanceKey } from 'nestjs-maintenance/standalone';
import { RedisServer } from '../support/redis.js';
import { cli } from './cli.js';

const RECORDS = 'maintenance:{maintenance}:records';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
  const keys = [new MaintenanceKey('billing'), new MaintenanceKey('search')];
  await using maintenance = await createMaintenance({ redis: server.url, keys });
  await maintenance.setMaintenance(true, 'billing');
  await maintenance.setMaintenance(false, 'search');
  await server.client().hset('maintenance:{maintenance}:catalogue', {
    billing: `${Date.now()}|{"label":"Billing"}`,
    search: `${Date.now()}|{"label":"Search"}`,
  });
}, 60_000);
afterAll(() => server.stop());

const run = (...words: string[]) => cli([...words, '--redis', server.url]);

it('a key whose record cannot be read is neither on nor off', async () => {
  expect((await run('status', '--exit-code')).code).toBe(3);
  await server.client().hset(RECORDS, 'billing', 'oops');

  const all = await run('status', '--exit-code');
  expect(all.code).toBe(1);
  expect(all.stdout).toContain('search');
  expect(all.stdout).not.toContain('billing');
  expect(all.stderr).toContain('"billing" cannot be read');

  const json = JSON.parse((await run('status', '--json')).stdout) as { keys: { name: string }[] };
  expect(json.keys.map(({ name }) => name)).toEqual(['general', 'search']);

  for (const words of [['status'], ['status', '--exit-code'], ['quiet']]) {
    const [command = '', ...options] = words;
    const one = await run(command, 'billing', ...options);
    expect([words, one.code]).toEqual([words, 1]);
    expect(one.stderr).toContain('"billing" cannot be read');
  }
  expect((await run('status', 'search', '--exit-code')).code).toBe(0);
  expect((await run('status')).code).toBe(0);
}, 60_000);
