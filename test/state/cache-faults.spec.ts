import { EventEmitter } from 'node:events';
import { createCache } from 'cache-manager';
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { describe, expect, it, vi } from 'vitest';
import { MaintenanceStoreError } from 'nestjs-maintenance';
import { decodeRecord } from '../../lib/core/document/codec.js';
import { CacheEntry } from '../../lib/core/store/cache/cache-entry.js';
import { decodeDocument } from '../../lib/core/store/cache/cache-document.js';
import { until } from '../support/until.js';
import { COMMAND_TIMEOUT, startService } from './service.js';

type Fault = 'none' | 'late' | 'response lost' | 'refused' | 'away' | 'silent' | 'hidden' | 'forgetful';

/** What is recorded in a document. */
const recordsIn = (value: unknown) => ({
  keys: new Map([...decodeDocument(value).records].map(([name, text]) => [name, decodeRecord(text)])),
});

/** A server as a store of Keyv reaches it, over a line that can fail. */
class FarStore extends EventEmitter {
  readonly opts = {};
  fault: Fault = 'none';
  /** Milliseconds until it answers what it is asked. */
  distance = 0;
  /** What it reports of its connection with each question. */
  says: Error | undefined;
  private late: (() => void)[] = [];

  constructor(private readonly entries = new Map<string, unknown>()) {
    super();
  }

  /** What was on its way arrives. */
  arrive(): void {
    this.late.splice(0).forEach((write) => write());
  }

  /** The stored state of the maintenance. */
  get state() {
    return recordsIn(
      (JSON.parse(String(this.entries.get('keyv:maintenance:state'))) as { value: unknown }).value,
    );
  }

  /** Another client of the same server. */
  beside(): FarStore {
    return new FarStore(this.entries);
  }

  async get(key: string): Promise<unknown> {
    if (this.says) this.emit('error', this.says);
    if (this.fault === 'away') throw new Error('connect ECONNREFUSED');
    if (this.fault === 'silent') return new Promise(() => undefined);
    // as @keyv/redis does it
    if (this.fault === 'hidden') return void this.emit('error', new Error('read ECONNRESET'));
    if (this.distance > 0) await new Promise((resolve) => setTimeout(resolve, this.distance));
    return this.entries.get(key);
  }

  async set(key: string, value: unknown): Promise<boolean> {
    const write = () => this.entries.set(key, value);
    switch (this.fault) {
      case 'late':
        this.late.push(write);
        return new Promise(() => undefined);
      case 'response lost':
        write();
        throw new Error('read ECONNRESET');
      case 'hidden':
        this.emit('error', new Error('READONLY'));
        return undefined as never;
      case 'forgetful':
        return true;
      case 'refused':
        throw new Error('OOM');
      default:
        write();
        return true;
    }
  }

  async delete(key: string): Promise<boolean> {
    return this.entries.delete(key);
  }

  async clear(): Promise<void> {
    this.entries.clear();
  }
}

const cacheOver = (store: FarStore) =>
  createCache({ stores: [new Keyv({ store: store as unknown as KeyvStoreAdapter })] });
const over = (store: FarStore) => startService({ cache: cacheOver(store) });
const TAKEN_BACK = 'arrived after it had been given up';

describe("an application's own cache that fails", () => {
  it.each<Fault>(['late', 'response lost', 'refused', 'away', 'silent', 'hidden', 'forgetful'])(
    'makes a change reject in time with an unknown outcome: %s',
    async (fault) => {
      const store = new FarStore();
      await using app = await over(store);
      await app.service.setMaintenance(true, 'general', { message: 'Back soon' });
      store.fault = fault;
      const begun = performance.now();
      const error = await app.service.setMaintenance(false).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(MaintenanceStoreError);
      expect(error).toMatchObject({
        outcome: 'unknown',
        message: expect.stringContaining('the outcome is unknown') as string,
      });
      expect(performance.now() - begun).toBeLessThan(2 * COMMAND_TIMEOUT + 3_000);
      expect(app.isOn()).toBe(true);
    },
  );

  it('reports why, even where the cache answers only that the write failed', async () => {
    const store = new FarStore();
    await using app = await over(store);
    store.fault = 'refused';
    await expect(app.service.setMaintenance(true)).rejects.toThrow('The cache failed (set): OOM');
    store.fault = 'none';
    expect(await app.service.setMaintenance(true)).toMatchObject({ to: true });
  });

  it('gets nearly all of a short timeout', async () => {
    const store = new FarStore();
    store.distance = 35;
    const entry = new CacheEntry(cacheOver(store), 'maintenance:state');
    vi.useFakeTimers();
    try {
      const found = entry.read(performance.now() + 40);
      await vi.advanceTimersByTimeAsync(35);
      expect(await found).toBeUndefined();
      store.fault = 'silent';
      const refused = entry.read(performance.now() + 40).catch((error: unknown) => String(error));
      await vi.advanceTimersByTimeAsync(40);
      expect(await refused).toContain('the outcome is unknown');
    } finally {
      vi.useRealTimers();
    }
  });

  it.each<Fault>(['late', 'response lost'])(
    'never applies a write later that was given up: %s',
    async (fault) => {
      const store = new FarStore();
      await using app = await over(store);
      await using other = await over(store.beside());
      await app.service.setMaintenance(true, 'general', { message: 'Back soon' });
      await until(() => other.isOn());
      store.fault = fault;
      await expect(app.service.setMaintenance(false)).rejects.toBeInstanceOf(MaintenanceStoreError);
      store.fault = 'none';
      store.arrive();
      // Nest has one logger for the whole process: that of the application made last
      await until(() => other.logged(TAKEN_BACK) === 1);
      await until(() => store.state.keys.get('general')?.switch);
      await other.service.refresh();
      expect([app.isOn(), other.isOn()]).toEqual([true, true]);
      expect(app.changes.map(({ to }) => to)).toEqual([true]);
      // and the state can be changed as before
      await app.service.setMaintenance(false);
      await until(() => !other.isOn());
    },
  );

  it('reports the last error of the store itself, even if it is only silent afterwards', async () => {
    const store = new FarStore();
    await using app = await over(store);
    await app.service.setMaintenance(true);
    store.fault = 'silent';
    store.says = new Error('connect ECONNREFUSED 127.0.0.1:1');
    await until(() => app.service.health().error?.includes('ECONNREFUSED') === true);
    store.says = undefined;
    await expect(app.service.setMaintenance(false)).rejects.toThrow('ECONNREFUSED');
    store.fault = 'none';
    await until(() => app.service.health().up);
    store.fault = 'silent';
    await expect(app.service.setMaintenance(false)).rejects.toThrow('did not answer');
  });

  it('never applies the very first change later, either', async () => {
    const store = new FarStore();
    await using app = await over(store);
    store.fault = 'late';
    await expect(app.service.setMaintenance(true)).rejects.toBeInstanceOf(MaintenanceStoreError);
    store.fault = 'none';
    store.arrive();
    await until(() => app.logged(TAKEN_BACK) === 1);
    expect(app.isOn()).toBe(false);
    expect(store.state.keys.get('general')?.switch ?? null).toBe(null);
    expect(app.changes).toEqual([]);
  });

  it('keeps a later change when an earlier one that was given up arrives over it', async () => {
    const store = new FarStore();
    await using app = await over(store);
    await app.service.setMaintenance(true);
    store.fault = 'late';
    await expect(app.service.setMaintenance(false)).rejects.toBeInstanceOf(MaintenanceStoreError);
    store.fault = 'none';
    await app.service.setMaintenance(true, 'general', { message: 'Later' });
    store.arrive();
    await until(() => app.logged(TAKEN_BACK) === 1);
    await until(() => store.state.keys.get('general')?.switch?.message === 'Later');
    expect(app.service.isInMaintenance().state?.message).toBe('Later');
  });

  it('leaves a starting process without knowledge if the cache hides its failure, which is not "off"', async () => {
    const store = new FarStore();
    {
      await using app = await over(store);
      await app.service.setMaintenance(true);
    }
    store.fault = 'hidden';
    await using fresh = await over(store);
    expect(fresh.service.health()).toMatchObject({
      up: false,
      lease: 0,
      error: expect.stringContaining('read ECONNRESET') as string,
    });
    store.fault = 'none';
    await until(() => fresh.isOn(), { timeout: 10_000 });
    // one of each Keyv, none is left of calls
    expect(store.listenerCount('error')).toBeLessThanOrEqual(2);
  });
});

describe('a cache without "stores", as of cache-manager 5', () => {
  it('keeps the state in its store, without an end, and shares it', async () => {
    const entries = new Map<string, unknown>();
    const ends: number[] = [];
    const cache = () => ({
      store: {
        get: (key: string) => Promise.resolve(entries.get(key) ?? null),
        set: (key: string, value: unknown, ttl: number) => {
          ends.push(ttl);
          return Promise.resolve(entries.set(key, value));
        },
      },
    });
    await using one = await startService({ cache: cache() as never });
    await using two = await startService({ cache: cache() as never });
    await one.service.setMaintenance(true);
    await until(() => two.isOn());
    expect(recordsIn(entries.get('maintenance:state')).keys.get('general')?.switch).not.toBeNull();
    expect(new Set(ends)).toEqual(new Set([0]));
    await two.service.setMaintenance(false);
    await until(() => !one.isOn());
  });

  it('is refused without a store', async () => {
    await expect(startService({ cache: { stores: [] } as never })).rejects.toMatchObject({
      name: 'MaintenanceConfigurationError',
      option: 'cache',
    });
  });
});
