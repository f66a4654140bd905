import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HEADER_LENGTH, MAX_BYTES } from '../../lib/core/document/codec.js';
import * as scripts from '../../lib/core/store/redis/redis-scripts.generated.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { RedisServer } from '../support/redis.js';

const soon = () => performance.now() + 5_000;
const folder = new URL('../../lib/core/store/redis/scripts/', import.meta.url);

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

it('has a constant for each script, with the parts that it includes', () => {
  const files = readdirSync(folder).map((file) => file.replace('.lua', '').toUpperCase());
  expect(Object.keys(scripts).sort()).toEqual(
    files.filter((file) => !['CLOCK', 'STORED'].includes(file)).sort(),
  );
  for (const script of Object.values(scripts)) {
    expect(script).not.toContain('@include');
  }
  expect(scripts.SYNC).toContain(`local HEADER_LENGTH = ${HEADER_LENGTH}\n`);
  expect(scripts.SYNC).toContain(`local MAX_BYTES = ${MAX_BYTES}\n`);
});

it.each(Object.entries(scripts))('compiles %s', async (_, script) => {
  const client = server.client();
  expect(await client.script('LOAD', script)).toMatch(/^\w{40}$/);
});

describe('a script on its way to Redis', () => {
  it('goes as a digest, once Redis has it, and whole again after Redis forgot it', async () => {
    const store = new RedisStore(server.url, 'digest', { commandTimeout: 1_000, replicaLease: 3_000 });
    const quiet = () => undefined;
    await store.start({ pushed: quiet, reconnected: quiet, woken: quiet, warn: quiet }, soon());
    const admin = server.client();
    const calls = async (): Promise<Record<string, number>> =>
      Object.fromEntries(
        [...(await admin.info('commandstats')).matchAll(/cmdstat_(eval|evalsha):calls=(\d+)/g)].map(
          ([, name, count]) => [name, Number(count)],
        ),
      );
    await store.sync(null, null, soon());
    await admin.config('RESETSTAT');
    await store.sync(null, null, soon());
    await store.sync(null, null, soon());
    expect(await calls()).toEqual({ evalsha: 2 });
    await admin.script('FLUSH');
    await store.sync(null, null, soon());
    expect(await calls()).toEqual({ evalsha: 3, eval: 1 });
    await store.stop();
  });
});
