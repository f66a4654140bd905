import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MAX_READ_BYTES } from '../../lib/core/document/codec.js';
import * as scripts from '../../lib/core/store/redis/redis-scripts.generated.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { RedisServer } from '../support/redis.js';
import { notice, presence, writing } from './documents.js';

const soon = () => performance.now() + 5_000;
const folder = new URL('../../lib/core/store/redis/scripts/', import.meta.url);

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

it('there is a constant for each script, with its included parts', () => {
  const files = readdirSync(folder).filter((file) => file.endsWith('.lua'));
  expect(Object.keys(scripts).sort()).toEqual(
    files.map((file) => file.replace('.lua', '').toUpperCase()).sort(),
  );
  for (const script of Object.values(scripts)) {
    expect(script).not.toContain('@include');
  }
  expect(scripts.SYNC).toContain(`local MAX_READ_BYTES = ${MAX_READ_BYTES}\n`);
});

it.each(Object.entries(scripts))('compiles %s', async (_, script) => {
  const client = server.client();
  expect(await client.script('LOAD', script)).toMatch(/^\w{40}$/);
});

describe('a script on its way to Redis', () => {
  it('is sent as a digest once Redis knows it, and in full again after Redis has forgotten it', async () => {
    const store = new RedisStore(server.url, 'digest', {
      commandTimeout: 1_000,
      replicaLease: 3_000,
      lockLease: 6_000,
    });
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

  it('takes at most 350 bytes for a heartbeat, and 150 for its reply', async () => {
    const own = await RedisServer.start();
    const store = new RedisStore(own.url, 'maintenance', {
      commandTimeout: 1_000,
      replicaLease: 3_000,
      lockLease: 6_000,
    });
    const quiet = () => undefined;
    await store.start({ pushed: quiet, reconnected: quiet, woken: quiet, warn: quiet }, soon());
    const { version } = await store.write([writing('general', { switch: notice() })], '', soon());
    const facts = { id: 'AAAAAAAAAAAA', host: 'web-7f9c5d8b6-x2k4q.production.internal', pid: 123_456 };
    const heartbeat = (inFlight: number) =>
      store.sync(version, presence({ ...facts, version, revision: 7, inFlight }), soon());
    const admin = own.client();
    const bytes = async (): Promise<[number, number]> => {
      const stats = await admin.info('stats');
      const of = (name: string) => Number(new RegExp(`total_net_${name}_bytes:(\\d+)`).exec(stats)?.[1]);
      return [of('input'), of('output')];
    };
    // the first tells more, and the script itself
    await heartbeat(0);
    await heartbeat(0);
    const begun = performance.now();
    const [askedBefore, answeredBefore] = await bytes();
    await bytes();
    const [askedOther, answeredOther] = await bytes();
    const COUNT = 50;
    for (let i = 0; i < COUNT; i++) await heartbeat(i);
    const [asked, answered] = await bytes();
    // without the questions for these figures
    const measure = [(askedOther - askedBefore) / 2, (answeredOther - answeredBefore) / 2] as const;
    expect((asked - askedOther - measure[0]) / COUNT).toBeLessThanOrEqual(350);
    expect((answered - answeredOther - measure[1]) / COUNT).toBeLessThanOrEqual(150);
    // the connection for changes is asked only once it has been silent for a lease
    const stats = await admin.info('commandstats');
    const leases = (performance.now() - begun) / 3_000;
    expect(Number(/cmdstat_ping:calls=(\d+)/.exec(stats)?.[1] ?? 0)).toBeLessThanOrEqual(1 + leases);
    await store.stop();
    await own.stop();
  });
});
