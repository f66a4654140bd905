import { createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { MaintenanceStoreError, type MaintenanceRootOptions } from 'nestjs-maintenance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decode } from '../../lib/core/document/codec.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { closeSite, createSite, type Site } from './app.js';
import { PROTECTED, type StoreRow } from './corpus.js';
import { curiosities } from './rows/store-curiosities.js';
import { cacheOnly, redisOnly } from './rows/store-kinds.js';
import { documents, values } from './rows/stores.js';

/** A store that an enemy can write to. */
interface Enemy {
  readonly options: MaintenanceRootOptions;
  /** The stored document as it is now. */
  read(): Promise<unknown>;
  spoil(row: StoreRow, sound: string): Promise<unknown>;
  /** Puts a document in the place of whatever is there. */
  mend(text: string): Promise<unknown>;
}

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

function inRedis(namespace: string): Enemy {
  const client = server.client();
  const name = (part: string): string => `${namespace}:{${namespace}}:${part}`;
  return {
    options: { redis: server.url, namespace },
    read: () => client.get(name('state')),
    spoil: async (row, sound) => {
      if (row.text) {
        return client.set(name('state'), row.text(sound));
      }
      if (row.means === 'damage') {
        await client.del(name('state'));
      }
      return row.redis?.(client, name);
    },
    mend: async (text) => {
      await client.del(name('state'));
      await client.set(name('state'), text);
    },
  };
}

function inCache(namespace: string): Enemy {
  const storage = new Map<string, unknown>();
  const cache = createCache({ stores: [new Keyv({ store: storage })] });
  const entry = `keyv:${namespace}:state`;
  return {
    options: { cache, namespace },
    read: () => cache.get(`${namespace}:state`),
    spoil: async (row, sound) => {
      if (row.text) {
        return cache.set(`${namespace}:state`, row.text(sound), 0);
      }
      return storage.set(entry, row.cache?.(JSON.stringify({ value: sound })));
    },
    mend: (text) => cache.set(`${namespace}:state`, text, 0),
  };
}

const groups: [string, StoreRow[], ((namespace: string) => Enemy)[]][] = [
  ['values', values, [inRedis, inCache]],
  ['documents', documents, [inRedis, inCache]],
  ['curiosities', curiosities, [inRedis, inCache]],
  ['what only Redis can hold', redisOnly, [inRedis]],
  ['what only a cache can hold', cacheOnly, [inCache]],
];

describe.each(adapters)('a hostile store on %s', (adapter, createApp) => {
  let sound: string;
  beforeAll(async () => {
    const { options, read } = inRedis(`sound-${adapter}`);
    const site = await createSite(createApp, false, { socket: false, ...options });
    await closeSite(site);
    sound = (await read()) as string;
    await site.close();
  });

  describe.each(groups)('%s', (group, rows, stores) => {
    describe.each(stores.map((open) => [open.name, open] as const))('%s', (store, open) => {
      it.each(rows.map((row, index) => [row.name, index, row] as const))('%s', async (_name, index, row) => {
        const enemy = open(`${adapter}-${store}-${group.replaceAll(' ', '-')}-${index}`);
        await enemy.spoil(row, sound);
        // 50 MB take their time on a busy machine
        const options = { socket: false as const, commandTimeout: 10_000, ...enemy.options };
        await using site = await createSite(createApp, false, options);
        const damaged = row.means === 'damage';

        // at the start: what cannot be read is unknown; it is reported, nobody writes over it, and it is no reason to stop
        expect(site.service.health(), row.why).toMatchObject({ up: !damaged });
        await visit(site, typeof row.means === 'number' ? row.means : 200);
        await (damaged && isKept(site, enemy, sound, MaintenanceStoreError));
        await reopen(site);
        await closeSite(site, 'Known.');
        await site.service.refresh();
        expect(site.service.health()).toMatchObject({ up: true });

        // later: what was known is kept, and put back, unless a newer version has written
        const before = await site.service.getKeyData();
        const known = (await enemy.read()) as string;
        await enemy.spoil(row, known);
        await site.service.refresh().catch(() => undefined);
        await visit(site, typeof row.means === 'number' ? row.means : 503);
        const after = await site.service.getKeyData();
        expect(typeof row.means === 'number' ? before : after, 'no state changed').toEqual(before);
        await (row.newer && isKept(site, enemy, known, /version 2/));
        await until(async () => decode(await enemy.read()), { what: 'a document that can be read' });

        // and in any case the operator is obeyed
        await reopen(site);
        expect((await request(site.port, '/api/x')).status).toBe(200);
        await closeSite(site, 'Known.');
        expect((await request(site.port, '/api/x')).status).toBe(503);
        expect(decode(await enemy.read()).keys.get('general')?.switch?.message).toBe('Known.');
        expect(Array.isArray(await site.service.replicas())).toBe(true);
        const work = site.service.maintain('billing', () => Promise.resolve('done'), { drain: false });
        const outcome = await work.catch((error: unknown) => error);
        expect(row.locks === false ? outcome instanceof MaintenanceStoreError : outcome === 'done').toBe(
          true,
        );
        expect(Object.prototype, 'nothing polluted').not.toHaveProperty('operator');
      });
    });
  });
});

/** Nobody writes over what is there, until somebody mends it. */
async function isKept(
  { service }: Site,
  enemy: Enemy,
  sound: string,
  error: RegExp | typeof MaintenanceStoreError,
): Promise<void> {
  expect(service.health()).toMatchObject({ up: false });
  const there = await enemy.read().catch(() => undefined);
  await expect(service.setMaintenance(true)).rejects.toThrow(error);
  expect(await enemy.read().catch(() => undefined)).toEqual(there);
  await enemy.mend(sound);
  await service.refresh();
}

async function reopen({ service }: Site): Promise<void> {
  await service.unsetMaintenance('general');
  await service.unsetMaintenance('hidden-key');
}

/** What a visitor gets, and nothing that is not for him; an operator gets his pages. */
async function visit({ port }: Site, status: number): Promise<void> {
  const html = { accept: 'text/html' };
  const cookie = { cookie: 'operator=yes' };
  const visits: [string, Record<string, string>, number][] = [
    ['/api/x', {}, status],
    ['/api/x', html, status],
    ['/maintenance/ping', {}, status],
    ['/maintenance/keys', {}, 403],
    ['/maintenance/keys', cookie, 200],
    ['/maintenance/admin', { ...cookie, ...html }, 200],
    ['/health', {}, 200],
  ];
  const answers = await Promise.all(visits.map(([path, headers]) => request(port, path, { headers })));
  expect(answers.map((answer) => answer.status)).toEqual(visits.map(([, , expected]) => expected));
  const told = answers.filter((_, index) => visits[index]?.[1]['cookie'] === undefined);
  for (const text of [...PROTECTED, 'HOSTILE']) {
    expect(told.filter((answer) => answer.text.includes(text))).toEqual([]);
  }
  expect(answers.filter(({ text }) => !text.startsWith('{') && text.includes('<script>alert'))).toEqual([]);
}
