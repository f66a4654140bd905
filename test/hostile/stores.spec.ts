import { createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import { MaintenanceStoreError, type MaintenanceRootOptions } from 'nestjs-maintenance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeRecord, randomId } from '../../lib/core/document/codec.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import {
  decodeDocument,
  EMPTY,
  encodeDocument,
  type CacheDocument,
} from '../../lib/core/store/cache/cache-document.js';
import { adapters, createExpressApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { closeSite, createSite, type Site } from './app.js';
import { PROTECTED, type StoreRow } from './corpus.js';
import { curiosities, strangeDocuments } from './rows/store-curiosities.js';
import { cacheOnly, redisOnly } from './rows/store-kinds.js';
import { documents, longDocuments, longRecords, records, values } from './rows/stores.js';

/** A store that an enemy can write to. */
interface Enemy {
  readonly options: MaintenanceRootOptions;
  /** What rows are about, as it is now: a record, or a document. */
  read(): Promise<unknown>;
  /** The record of `general`, when it can be read. */
  stored(): Promise<KeyRecord>;
  /** @param sound what {@link read} gives of a store in which `general` is on */
  spoil(row: StoreRow, sound: string): Promise<unknown>;
  /** Puts something sound in the place of whatever is there. */
  mend(sound: string): Promise<unknown>;
}

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

/** One record in Redis. */
function inRedis(namespace: string): Enemy {
  const client = server.client();
  const name = (part: string): string => `${namespace}:{${namespace}}:${part}`;
  /** As if somebody had written it. */
  const put = async (text: string | Buffer): Promise<void> => {
    const [, history = 'h', revision = '0'] = ((await client.hget(name('records'), ':head')) ?? '').split(
      ' ',
    );
    const [next, write] = [Number(revision) + 1, randomId()];
    const count = Math.max(1, (await client.hlen(name('records'))) - 1);
    await client
      .multi()
      .hset(name('records'), ':head', `1 ${history} ${next} ${write} ${text.length} ${count}`)
      .hset(name('records'), 'general', text)
      .zadd(name('order'), next, 'general')
      .zadd(name('writes'), next, write)
      .exec();
  };
  const read = () => client.hget(name('records'), 'general');
  const clear = () => client.del(name('records'), name('order'), name('writes'));
  return {
    options: { redis: server.url, namespace },
    read,
    stored: async () => decodeRecord(await read()),
    spoil: async (row, sound) => {
      if (row.text) {
        return put(row.text(sound));
      }
      if (row.means === 'damage') {
        await clear();
      }
      return row.redis?.(client, name);
    },
    mend: async (sound) => {
      await clear();
      await put(sound);
    },
  };
}

const cacheOf = (namespace: string) => {
  const storage = new Map<string, unknown>();
  const cache = createCache({ stores: [new Keyv({ store: storage })] });
  const name = `${namespace}:state`;
  const set = (document: CacheDocument) => cache.set(name, encodeDocument(document), 0);
  const stored = async () => decodeRecord(decodeDocument(await cache.get(name)).records.get('general'));
  return { storage, cache, name, set, stored };
};

/** One record in a cache. */
function inCache(namespace: string): Enemy {
  const { cache, name, set, stored } = cacheOf(namespace);
  const put = async (text: string): Promise<unknown> => {
    const value = await cache.get(name);
    const document = value === undefined ? { ...EMPTY, history: 'h' } : decodeDocument(value);
    const records = new Map(document.records).set('general', text);
    return set({ ...document, revision: document.revision + 1, write: randomId(), records });
  };
  return {
    options: { cache, namespace },
    read: async () => decodeDocument(await cache.get(name)).records.get('general'),
    stored,
    spoil: (row, sound) => put(String(row.text?.(sound))),
    mend: (sound) => put(sound),
  };
}

/** All that a cache has. */
function inDocument(namespace: string): Enemy {
  const { storage, cache, name, set, stored } = cacheOf(namespace);
  const read = () => cache.get(name);
  return {
    options: { cache, namespace },
    read,
    stored,
    spoil: async (row, sound) => {
      const whole = sound.startsWith('{') ? sound : wholeOf(sound);
      return row.text
        ? cache.set(name, row.text(whole), 0)
        : storage.set(`keyv:${name}`, row.cache?.(JSON.stringify({ value: whole })));
    },
    mend: async (sound) => (sound.startsWith('{') ? cache.set(name, sound, 0) : set(documentOf(sound))),
  };
}

const documentOf = (record: string): CacheDocument => ({
  history: 'h',
  revision: 1,
  write: randomId(),
  records: new Map([['general', record]]),
});
const wholeOf = (record: string): string => encodeDocument(documentOf(record));

const groups: [string, StoreRow[], ((namespace: string) => Enemy)[]][] = [
  ['values', values, [inRedis, inCache, inDocument]],
  ['long values', longRecords, [inRedis, inCache]],
  ['long documents', longDocuments, [inDocument]],
  ['documents', documents, [inDocument]],
  ['records', records, [inRedis, inCache]],
  ['curiosities', curiosities, [inRedis, inCache]],
  ['strange documents', strangeDocuments, [inDocument]],
  ['what only Redis can hold', redisOnly, [inRedis]],
  ['what only a cache can hold', cacheOnly, [inDocument]],
];

/** What a store holds does not concern an adapter: they take turns, except in `npm run test:all`. */
const meeting = (index: number): typeof adapters =>
  process.env.LONG ? adapters : adapters.slice(index % adapters.length).slice(0, 1);

describe('a hostile store', () => {
  let sound: string;
  beforeAll(async () => {
    const { options, read } = inRedis('sound');
    const site = await createSite(createExpressApp, false, { socket: false, ...options });
    await closeSite(site);
    sound = (await read()) as string;
    await site.close();
  });

  describe.each(groups)('%s', (group, rows, stores) => {
    describe.each(stores.map((open) => [open.name, open] as const))('%s', (store, open) => {
      const named = rows.flatMap((row, index) =>
        meeting(index).map(([adapter, createApp]) => [row.name, adapter, index, createApp, row] as const),
      );
      it.each(named)('%s, on %s', { timeout: 120_000 }, async (_name, adapter, index, createApp, row) => {
        const enemy = open(`${adapter}-${store}-${group.replaceAll(' ', '-')}-${index}`);
        await enemy.spoil(row, sound);
        // 200 MB take their time on a busy machine
        const options = { socket: false as const, commandTimeout: 30_000, ...enemy.options };
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
        await until(() => enemy.stored(), { what: 'a record that can be read' });

        // and in any case the operator is obeyed
        await reopen(site);
        expect((await request(site.port, '/api/x')).status).toBe(200);
        await closeSite(site, 'Known.');
        expect((await request(site.port, '/api/x')).status).toBe(503);
        expect((await enemy.stored()).switch?.message).toBe('Known.');
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

/** What a visitor gets, and nothing else; an operator gets the pages for operators. */
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
