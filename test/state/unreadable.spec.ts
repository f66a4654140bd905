import { createCache, type Cache } from 'cache-manager';
import { Keyv } from 'keyv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MaintenanceRootOptions } from 'nestjs-maintenance';
import { decodeRecord, encodeBody, randomId, stampBody } from '../../lib/core/document/codec.js';
import { decodeDocument, encodeDocument } from '../../lib/core/store/cache/cache-document.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { notice, record } from './documents.js';
import { startService, type Running } from './service.js';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

/** A kind of store, with what stands in its entry. */
interface Ground {
  readonly options: MaintenanceRootOptions;
  readonly entry: string;
  put(value: string): Promise<unknown>;
  /** Puts all that is needed there, with this text as the record of `general`. */
  putRecord(text: string): Promise<unknown>;
  /** The same, written by a version that stores it all in another way. */
  putNewer(): Promise<unknown>;
  getRecord(): Promise<unknown>;
  get(): Promise<unknown>;
  remove(): Promise<unknown>;
}

let count = 0;
const grounds: [string, () => Ground][] = [
  [
    'Redis',
    () => {
      const namespace = `unreadable-${++count}`;
      const entry = `${namespace}:{${namespace}}:records`;
      const client = server.client();
      return {
        options: { redis: server.url, namespace },
        entry,
        put: (value) => client.set(entry, value),
        putRecord: async (value) => {
          await client.del(entry);
          await client.hset(entry, { ':head': `1 ${randomId()} 1 ${randomId()} 1 1`, general: value });
        },
        putNewer: async () => {
          await client.del(entry);
          await client.hset(entry, { ':head': `3 ${randomId()} 1 ${randomId()} 1 1`, general: 'x' });
        },
        getRecord: () => client.hget(entry, 'general'),
        get: () => client.get(entry),
        remove: () => client.del(entry),
      };
    },
  ],
  [
    'a shared cache',
    () => {
      const cache: Cache = createCache({ stores: [new Keyv({ store: new Map() })] });
      return {
        options: { cache },
        entry: 'maintenance:state',
        put: (value) => cache.set('maintenance:state', value, 0),
        putRecord: (value) => {
          const records = new Map([['general', value]]);
          const document = { history: randomId(), revision: 1, write: randomId(), records };
          return cache.set('maintenance:state', encodeDocument(document), 0);
        },
        putNewer: () => cache.set('maintenance:state', '{"v":3,"w":"AAAAAA"}', 0),
        getRecord: async () => decodeDocument(await cache.get('maintenance:state')).records.get('general'),
        get: () => cache.get('maintenance:state'),
        remove: () => cache.del('maintenance:state'),
      };
    },
  ],
];

/** A document of a cache, and what Redis has in its place, in which `general` is on. */
const on = record({ switch: notice() });
const text = stampBody(encodeBody(on), on.write, on.change);
const values: [string, string][] = [
  ['garbage', 'oops'],
  ['empty', ''],
  ['truncated', '{"v":1,"w":"AAAAAA'],
  ['foreign JSON', '{"user":1}'],
  ['16 MB long', 'x'.repeat(16 * 1024 * 1024)],
];

const status = async (app: Running, path: string) => (await request(app.port, path)).status;

describe.each(grounds)('a value in %s that cannot be read', (_, makeGround) => {
  it.each(values)(
    '(%s) is unknown to a process that starts, never off: changes reject and write nothing',
    async (_, value) => {
      const ground = makeGround();
      await ground.put(value);
      // the first look has as long as a busy machine may take
      await using app = await startService({
        ...ground.options,
        onUnknown: 'block',
        commandTimeout: 5_000,
      });
      expect(app.service.health()).toMatchObject({
        up: false,
        lease: 0,
        error: expect.stringContaining('cannot be read') as string,
      });
      expect(await status(app, '/page')).toBe(503);
      expect(await status(app, '/exempt')).toBe(200);
      expect(app.logged('cannot be read')).toBe(1);
      for (const change of [
        () => app.service.setMaintenance(false),
        () => app.service.setMaintenance(true, 'import-export'),
        () => app.service.unsetMaintenance(),
        () => app.service.maintain('general', () => 'never'),
        () => app.service.refresh(),
      ]) {
        await expect(change()).rejects.toMatchObject({
          name: 'MaintenanceStoreError',
          outcome: 'refused',
          message: expect.stringContaining('cannot be read') as string,
        });
      }
      expect(await ground.get()).toBe(value);

      await ground.remove();
      await until(() => app.service.health().up, { timeout: 10_000 });
      expect(await status(app, '/page')).toBe(200);
      await app.service.setMaintenance(true);
      expect(await status(app, '/page')).toBe(503);
    },
  );

  it.each(adapters)('lets `onUnknown` decide on requests on %s', async (_, createApp) => {
    for (const [options, answer] of [
      [{}, 200],
      [{ onStale: 'block' }, 503],
      [{ onStale: 'block', onUnknown: 'serve' }, 200],
      [{ onUnknown: 'block' }, 503],
      [{ onUnknown: 'block', coverage: 'site' }, 503],
    ] as const) {
      const ground = makeGround();
      await ground.put('oops');
      await using app = await startService({ ...ground.options, ...options }, createApp);
      const answers = await Promise.all([status(app, '/page'), status(app, '/page'), status(app, '/exempt')]);
      expect([options, ...answers]).toEqual([options, answer, answer, 200]);
      await ground.putRecord(text);
      await until(() => app.isOn(), { timeout: 10_000 });
      expect(await status(app, '/page')).toBe(503);
    }
  });

  it('names the entry to remove, except one of a newer version', async () => {
    const ground = makeGround();
    await ground.put('oops');
    await using app = await startService(ground.options);
    expect(app.service.health().error).toContain(`Delete the entry "${ground.entry}"`);
    await ground.putNewer();
    await expect(app.service.refresh()).rejects.toThrow(
      /a nestjs-maintenance that knows version 3 is needed/,
    );
    expect(app.service.health().error).not.toContain('Delete');
  });
});

describe.each(grounds)('a record in %s that cannot be read', (_, makeGround) => {
  it.each(adapters)(
    'lets `onUnknown` decide on %s, and affects no change of another key',
    async (_name, createApp) => {
      for (const [options, answer] of [
        [{}, 200],
        [{ onUnknown: 'block' }, 503],
        [{ onStale: 'block', onUnknown: 'serve' }, 200],
      ] as const) {
        const ground = makeGround();
        await ground.putRecord('oops');
        await using app = await startService({ ...ground.options, ...options }, createApp);
        const answers = await Promise.all([status(app, '/page'), status(app, '/exempt')]);
        expect([options, ...answers]).toEqual([options, answer, 200]);
        expect(app.service.health()).toMatchObject({
          up: false,
          error: expect.stringContaining('"general" cannot be read') as string,
        });
        await expect(app.service.setMaintenance(true)).rejects.toThrow('"general" cannot be read');
        const [general, other] = app.service.getKeys();
        await expect(general?.isMaintenance()).rejects.toMatchObject({
          name: 'MaintenanceStoreError',
          message: expect.stringContaining('"general" cannot be read') as string,
        });
        expect(await other?.isMaintenance()).toBe(false);
        await app.service.setMaintenance(true, 'import-export');
        await app.service.setMaintenance(false, 'import-export');
        expect(await ground.getRecord()).toBe('oops');
        await ground.putRecord(text);
        await until(() => app.isOn(), { timeout: 10_000 });
        expect(await status(app, '/page')).toBe(503);
      }
    },
    60_000,
  );
});

describe.each(grounds)('what a newer version has written to %s', (_, makeGround) => {
  it('stays unchanged: the last known state applies, and changes of that key reject with the version needed', async () => {
    const ground = makeGround();
    await using app = await startService({ ...ground.options, onStale: 'serve' });
    await app.service.setMaintenance(true, 'general', { message: 'known' });
    const before = String(await ground.getRecord());
    const newer = `2 ${randomId()} 9 9000\nanother shape`;
    await ground.putRecord(newer);
    await until(() => !app.service.health().up, { timeout: 10_000 });
    const message = expect.stringMatching(
      /format is version 2.*reads version 1.*knows version 2 is needed/,
    ) as string;
    expect(app.service.health()).toMatchObject({ error: message });
    expect(app.logged('format is version 2')).toBe(1);
    for (const change of [
      () => app.service.setMaintenance(false),
      () => app.service.unsetMaintenance(),
      () => app.service.maintain('general', () => 'never'),
    ]) {
      await expect(change()).rejects.toMatchObject({ name: 'MaintenanceStoreError', message });
    }
    // other keys are not concerned
    expect(await app.service.maintain('import-export', () => 'done')).toBe('done');
    expect(await ground.getRecord()).toBe(newer);
    expect(app.isOn()).toBe(true);

    await ground.putRecord(before);
    await until(() => app.service.health().up, { timeout: 10_000 });
    await app.service.setMaintenance(false);
    expect(decodeRecord(await ground.getRecord()).switch).toBeNull();
  });
});

describe('a process that starts while Redis is away', () => {
  it.each(adapters)(
    'follows `onUnknown` on %s, and asks Redis at most once a second',
    async (_, createApp) => {
      const own = await RedisServer.start();
      await own.kill();
      try {
        await using serving = await startService(
          { redis: own.url, onUnknown: 'serve', onStale: 'block' },
          createApp,
        );
        await using blocking = await startService({ redis: own.url, onUnknown: 'block' }, createApp);
        expect([await status(serving, '/page'), await status(blocking, '/page')]).toEqual([200, 503]);
        const begun = performance.now();
        for (let i = 0; i < 20; i++) {
          expect(await status(blocking, '/page')).toBe(503);
        }
        expect(performance.now() - begun).toBeLessThan(5_000);
        await own.restart();
        await until(async () => (await status(blocking, '/page')) === 200, { timeout: 10_000 });
        await until(() => serving.service.health().up, { timeout: 10_000 });
        // from now on something is known
        await own.kill();
        await until(() => [serving, blocking].every(({ service }) => service.health().lease === 0), {
          timeout: 10_000,
        });
        expect([await status(serving, '/page'), await status(blocking, '/page')]).toEqual([503, 200]);
      } finally {
        await own.stop();
      }
    },
    60_000,
  );
});

it('a record of a newer version is reported as not known, even if all keys that are not known are foreign', async () => {
  const [, createGround] = grounds[0]!;
  const ground = createGround();
  await ground.putRecord(`2 ${on.write} 1 1\n{}`);
  await using app = await startService({ ...ground.options, foreignKeys: true });
  const [own] = await app.service.replicas();
  expect(own).toMatchObject({ unknownKeys: ['general'] });
});
