import { EventEmitter } from 'node:events';
import type { Cache } from 'cache-manager';
import { createCache } from 'cache-manager';
import { Keyv, type KeyvStoreAdapter } from 'keyv';
import { describe, expect, it } from 'vitest';
import { until } from '../support/until.js';
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
});
