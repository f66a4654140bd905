import { createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import type { MaintenanceRootOptions } from 'nestjs-maintenance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomId } from '../../lib/core/document/codec.js';
import { decodeDocument, encodeDocument } from '../../lib/core/store/cache/cache-document.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { startService } from './service.js';

// Three versions side by side: one that knows a field less, this one, and one that knows a field and a cause more; and one that
// stores records in another way. Nothing that one of them has written is erased or overwritten by another.

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

type Json = Record<string, unknown>;

/** What other versions read and write, by hand. */
interface Ground {
  readonly options: MaintenanceRootOptions;
  read(key: string): Promise<string | undefined>;
  /** As a write: with a version of its own. */
  write(key: string, text: string): Promise<unknown>;
}

function inRedis(): Ground {
  const namespace = `versions-${randomId()}`;
  const client = server.client();
  const name = (part: string): string => `${namespace}:{${namespace}}:${part}`;
  return {
    options: { redis: server.url, namespace },
    read: async (key) => (await client.hget(name('records'), key)) ?? undefined,
    write: async (key, text) => {
      const [, history, last, , bytes, count] = (
        (await client.hget(name('records'), ':head')) ?? `1 ${randomId()} 0 - 0 0`
      ).split(' ');
      const [revision, write] = [Number(last) + 1, randomId()];
      const many = Number(count) + 1 - (await client.hexists(name('records'), key));
      await client
        .multi()
        .hset(name('records'), {
          ':head': `1 ${history} ${revision} ${write} ${Number(bytes) + text.length} ${many}`,
          [key]: text,
        })
        .zadd(name('order'), revision, key)
        .zadd(name('writes'), revision, write)
        .exec();
    },
  };
}

function inCache(): Ground {
  const cache = createCache({ stores: [new Keyv({ store: new Map() })] });
  const entry = 'maintenance:state';
  const whole = async () => {
    const value = await cache.get(entry);
    return value === undefined
      ? { history: randomId(), revision: 0, write: '', records: new Map<string, string>() }
      : decodeDocument(value);
  };
  return {
    options: { cache },
    read: async (key) => (await whole()).records.get(key),
    write: async (key, text) => {
      const document = await whole();
      const records = new Map(document.records).set(key, text);
      const next = { ...document, revision: document.revision + 1, write: randomId(), records };
      await cache.set(entry, encodeDocument(next), 0);
    },
  };
}

const bodyOf = (text = ''): Json => JSON.parse(text.slice(text.indexOf('\n') + 1)) as Json;
const writeOf = (text = ''): string => text.split(' ')[1] ?? '';
const record = (body: Json, format = 1): string =>
  `${format} ${randomId()} 1 ${Date.now()}\n${JSON.stringify(body)}`;

describe.each([
  ['Redis', inRedis],
  ['a cache', inCache],
])('versions side by side over %s', (_, open) => {
  it('a field that an older version leaves out keeps its meaning, and can be changed', async () => {
    const ground = open();
    await ground.write(
      'general',
      record({ change: { cause: 'set', from: false, to: true }, switch: { since: 1 } }),
    );
    await using app = await startService(ground.options);
    expect(app.isOn()).toBe(true);
    await app.service.setMaintenance(true, 'general', { message: 'more' });
    expect(bodyOf(await ground.read('general'))).toMatchObject({ switch: { since: 1, message: 'more' } });
    await app.service.setMaintenance(false);
    expect(app.isOn()).toBe(false);
  });

  it('fields and causes of a newer version survive whatever this one changes', async () => {
    const ground = open();
    const future = { colour: 'red', parts: [1, { a: null }] };
    await ground.write(
      'general',
      record({
        future,
        switch: { since: 1, until: null, ticket: 'OPS-1' },
        holds: [],
        change: { cause: 'tide', from: false, to: true, by: 'moon', hooks: true },
        windows: [{ id: 'w', tides: true }],
      }),
    );
    await using app = await startService(ground.options);
    await using other = await startService(ground.options);
    expect([app.isOn(), other.isOn()]).toEqual([true, true]);
    const kept = async () => bodyOf(await ground.read('general'));
    await app.service.setMaintenance(true, 'general', { message: 'ours' });
    expect(await kept()).toMatchObject({ future, switch: { ticket: 'OPS-1', message: 'ours' } });
    await other.service.maintain(
      'general',
      async () => {
        expect(await kept()).toMatchObject({
          future,
          switch: { ticket: 'OPS-1' },
          windows: [{ tides: true }],
        });
      },
      { drain: false },
    );
    await app.service.setMaintenance(false);
    await app.service.unsetMaintenance();
    expect(await kept()).toMatchObject({ future, switch: null, windows: [{ id: 'w', tides: true }] });
    // the newer one goes on from there
    const before = (await ground.read('general')) ?? '';
    const again = { ...(await kept()), switch: { since: 2 }, past: [writeOf(before)] };
    await ground.write('general', record(again).replace(/ 1 \d+\n/, ` 99 ${Date.now() + 1_000}\n`));
    await until(() => app.isOn() && other.isOn(), { timeout: 10_000 });
  });

  it.each([
    { ended: [1] },
    { ended: [{ start: 1, end: 2 }] },
    { ended: [null] },
    { start: 9e15 },
    { start: 1, duration: 9e15 },
    { duration: 'an hour' },
  ])('a window that says something else with %j never comes, and stops nothing', async (other) => {
    const ground = open();
    const change = { cause: 'window', from: false, to: false };
    const shape = { id: 'w', revision: 1, start: Date.now() - 1_000, duration: 60_000, ended: [], ...other };
    await ground.write('general', record({ change, switch: null, holds: [], windows: [shape] }));
    await using app = await startService(ground.options);
    expect(app.service.health()).toMatchObject({ up: true });
    expect(app.isOn()).toBe(false);
    expect(await app.service.getWindows()).toEqual([]);
    await app.service.setMaintenance(true, 'general', { message: 'ours' });
    expect(app.isOn()).toBe(true);
    const start = new Date(Date.now() + 60_000);
    await app.service.scheduleWindow('general', { start, duration: 60_000 });
    await app.service.setMaintenance(false);
    expect(app.isOn()).toBe(false);
    expect(bodyOf(await ground.read('general'))).toMatchObject({ windows: [shape, { duration: 60_000 }] });
  });

  it('a field without a value is as good as none', async () => {
    const ground = open();
    const change = { cause: 'set', from: false, to: false };
    const nothing = {
      switch: null,
      holds: null,
      windows: null,
      reopening: null,
      reopenOver: null,
      past: null,
    };
    await ground.write('general', record({ change, ...nothing }));
    await using app = await startService(ground.options);
    expect(app.service.health()).toMatchObject({ up: true });
    await app.service.setMaintenance(true);
    expect(app.isOn()).toBe(true);
    expect((await app.service.getKeyData())['general']).toMatchObject({ value: true });
    await app.service.setMaintenance(false);
    expect(app.isOn()).toBe(false);
  });

  it('records of a higher format stay byte for byte, whatever happens to them and to others', async () => {
    const ground = open();
    await using app = await startService({ ...ground.options, onStale: 'serve' });
    await app.service.setMaintenance(true, 'general', { message: 'known' });
    const higher = `2 ${randomId()} 7 ${Date.now() + 1_000}\nanother shape`;
    await ground.write('general', higher);
    await until(() => !app.service.health().up, { timeout: 10_000 });
    await using late = await startService({ ...ground.options, onStale: 'serve' });
    for (const { service } of [app, late]) {
      const refused = expect.stringMatching(/version 2/) as string;
      for (const change of [
        () => service.setMaintenance(true),
        () => service.setMaintenance(false),
        () => service.unsetMaintenance(),
        () => service.maintain('general', () => 'never'),
        () => service.scheduleWindow('general', { start: new Date(Date.now() + 60_000), duration: 60_000 }),
      ]) {
        await expect(change()).rejects.toMatchObject({ name: 'MaintenanceStoreError', message: refused });
      }
      expect(await service.maintain('import-export', () => 'done', { drain: false })).toBe('done');
      expect(service.health()).toMatchObject({ up: false, error: refused });
      expect(await ground.read('general')).toBe(higher);
    }
    // what was known of it still holds
    expect([app.isOn(), late.isOn()]).toEqual([true, false]);
  });
});
