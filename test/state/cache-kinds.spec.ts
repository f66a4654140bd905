import { EventEmitter } from 'node:events';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Cache } from 'cache-manager';
import { createCache } from 'cache-manager';
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { describe, expect, it } from 'vitest';
import { until } from '../support/until.js';
import { isLocalCache } from '../../lib/core/store/cache/shared-store.js';
import { startService } from './service.js';

const LOST = 'The store has lost changes';

/** A store in memory that ends what is given no end, as `CacheableMemory` does. */
class EndingStore {
  readonly opts = {};
  private readonly entries = new Map<string, { value: unknown; until: number }>();

  constructor(readonly ttl: number) {}

  async get(key: string): Promise<unknown> {
    const entry = this.entries.get(key);
    return entry && entry.until > Date.now() ? entry.value : undefined;
  }

  async set(key: string, value: unknown, ttl?: number): Promise<boolean> {
    this.entries.set(key, { value, until: Date.now() + (ttl ?? this.ttl) });
    return true;
  }

  async delete(key: string): Promise<boolean> {
    return this.entries.delete(key);
  }

  async clear(): Promise<void> {
    this.entries.clear();
  }
}

/** The adapter of a server without a Keyv around it; a Keyv before `getRaw()` is asked and fails in the same way. */
class Plain extends EventEmitter {
  readonly opts = {};
  fails = false;

  constructor(private readonly entries: Map<string, unknown>) {
    super();
  }

  async get(key: string): Promise<unknown> {
    return this.fails ? void this.emit('error', new Error('read ECONNRESET')) : this.entries.get(key);
  }

  async set(key: string, value: unknown): Promise<void> {
    this.entries.set(key, value);
  }

  async delete(key: string): Promise<boolean> {
    return this.entries.delete(key);
  }

  async clear(): Promise<void> {
    this.entries.clear();
  }
}

describe('a cache', () => {
  it('that ends entries by itself does not lose the state', async () => {
    const store = new EndingStore(700);
    const cache = createCache({ stores: [new Keyv({ store: store as unknown as KeyvStoreAdapter })] });
    await using app = await startService({ cache });
    await app.service.setMaintenance(true);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    expect(await store.get('keyv:maintenance:state')).toBeDefined();
    expect(app.logged(LOST)).toBe(0);
    expect(await app.service.maintain('import-export', () => 'worked', { drain: 1_000 })).toBe('worked');
  });

  it('whose store has no `getRaw()` keeps the state and shares it, and a failure is no absence', async () => {
    const entries = new Map<string, unknown>();
    const [mine, other] = [new Plain(entries), new Plain(entries)];
    const over = (store: Plain) => ({ stores: [store] }) as unknown as Cache;
    await using one = await startService({ cache: over(mine) });
    await using two = await startService({ cache: over(other) });
    await one.service.setMaintenance(true);
    await until(() => two.isOn());
    other.fails = true;
    await until(() => !two.service.health().up, { what: 'the failure to be noticed' });
    expect(two.service.health().error).toContain('read ECONNRESET');
    expect([two.isOn(), two.logged(LOST)]).toEqual([true, 0]);
    other.fails = false;
    await two.service.setMaintenance(false);
    await until(() => !one.isOn());
  });

  it('in memory that is told when entries end only by its options does not lose the state', async () => {
    const ending = new EndingStore(700);
    // as the package cacheable has it: an adapter around a store in maps
    const store = {
      opts: { ttl: 700 },
      store: { store: [new Map(), new Map()] },
      get: (key: string) => ending.get(key),
      set: (key: string, value: unknown, ttl?: number) => ending.set(key, value, ttl),
      delete: (key: string) => ending.delete(key),
      clear: () => ending.clear(),
    };
    const cache = createCache({ stores: [new Keyv({ store: store as unknown as KeyvStoreAdapter })] });
    await using app = await startService({ cache });
    await app.service.setMaintenance(true);
    // it would have ended by now
    await new Promise((resolve) => setTimeout(resolve, ending.ttl + 100));
    await app.service.refresh();
    expect([app.logged(LOST), app.logged('the last writer wins')]).toEqual([0, 0]);
    expect(app.logged('in the memory of this process only')).toBe(1);
    expect(isLocalCache(cache)).toBe(true);
  });

  it('with tiers inside one of its stores is read where processes share it', async () => {
    const entries = new Map<string, unknown>();
    const cache = () => {
      const primary = new Keyv();
      const secondary = new Keyv({ store: new Plain(entries) as unknown as KeyvStoreAdapter });
      // a Cacheable, as CacheModule of Nest takes it: it answers from the first tier, and keeps there what it has found
      const cacheable = {
        primary,
        secondary,
        getRaw: async (key: string) => (await primary.getRaw(key)) ?? (await secondary.getRaw(key)),
        set: async (key: string, value: unknown) =>
          (await primary.set(key, value)) && (await secondary.set(key, value)),
      };
      return { stores: [cacheable] } as unknown as Cache;
    };
    await using one = await startService({ cache: cache() });
    await using two = await startService({ cache: cache() });
    await one.service.setMaintenance(true);
    await until(() => two.isOn());
    await two.service.setMaintenance(false);
    await until(() => !one.isOn());
    await one.service.setMaintenance(true);
    await until(() => two.isOn());
    expect(one.logged('the last writer wins') + two.logged('the last writer wins')).toBeGreaterThan(0);
  });

  it('that cannot decompress what is stored is damaged, not away, and is put right by who knows the state', async () => {
    const entries = new Map<string, unknown>();
    const compression = {
      compress: async (value: unknown) => gzipSync(String(value)).toString('base64'),
      decompress: async (value: unknown) => gunzipSync(Buffer.from(String(value), 'base64')).toString(),
    };
    const cache = () =>
      createCache({
        stores: [
          new Keyv({
            store: new Plain(entries) as unknown as KeyvStoreAdapter,
            compression: compression as never,
          }),
        ],
      });
    const name = 'keyv:maintenance:state';
    // written before compression was switched on
    entries.set(name, '{"value":"x"}');
    await using fresh = await startService({ cache: cache() });
    expect(fresh.service.health()).toMatchObject({
      up: false,
      error: expect.stringContaining('maintenance:state') as string,
    });
    await expect(fresh.service.setMaintenance(true)).rejects.toMatchObject({ outcome: 'refused' });
    entries.delete(name);
    await until(() => fresh.service.health().up);
    await fresh.service.setMaintenance(true);
    entries.set(name, '{"value":"x"}');
    await until(() => entries.get(name) !== '{"value":"x"}', { what: 'the state to be put back' });
    await using later = await startService({ cache: cache() });
    expect([fresh.isOn(), later.isOn()]).toEqual([true, true]);
  });
});
