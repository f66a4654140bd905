import type { Cache } from 'cache-manager';
import { MaintenanceConfigurationError, MaintenanceStoreError } from '../../errors/errors.js';
import { messageOf } from '../../errors/message-of.js';
import { bounded } from '../bounded.js';

/** What is asked of a Keyv, and of what takes its place in the caches of cache-manager 5 and before. */
interface EntryStore {
  /** Where values are kept; some report failures as events. */
  readonly store: unknown;
  getRaw(key: string): Promise<unknown>;
  set(key: string, value: string, ttl: number): Promise<boolean>;
}

/** Is all that a cache keeps in the memory of this process. With several tiers the last is the one that processes share. */
export const isLocalCache = (cache: Cache): boolean => cache.stores?.at(-1)?.store instanceof Map;

/** One entry of a cache, kept without an end. Knows which caches hide that they have failed. */
export class CacheEntry {
  private readonly store: EntryStore;

  /** @throws MaintenanceConfigurationError for a cache that has nowhere to keep it */
  constructor(
    cache: Cache,
    private readonly name: string,
  ) {
    // with several tiers the last is the one that processes share
    const store: EntryStore | undefined = cache.stores?.at(-1) ?? legacyStore(cache);
    if (!store) {
      throw MaintenanceConfigurationError.of('cache', cache, 'a cache-manager cache with at least one store');
    }
    this.store = store;
  }

  /** Is it in the memory of this process. */
  get isLocal(): boolean {
    return this.store.store instanceof Map;
  }

  /** `getRaw` throws where `get` would hide a failure as an absence. */
  async read(deadline: number): Promise<unknown> {
    try {
      const raw = await this.ask('get', () => this.store.getRaw(this.name), deadline);
      // an entry that holds nothing is not one that is not there
      return raw !== null && typeof raw === 'object' && 'value' in raw ? raw.value : (raw ?? undefined);
    } catch (error) {
      // there is something that the cache itself cannot read: damage, not a store that is away
      if (error instanceof MaintenanceStoreError && error.cause instanceof SyntaxError) {
        return error.cause.message;
      }
      throw error;
    }
  }

  /** Writes, and looks whether it was kept: many caches say so whatever has happened. */
  async write(text: string, deadline: number): Promise<void> {
    if (!(await this.ask('set', () => this.store.set(this.name, text, 0), deadline))) {
      // also when the connection broke before the answer
      throw new MaintenanceStoreError('The cache did not confirm the write; the outcome is unknown.');
    }
    if (!this.isLocal && (await this.read(deadline)) !== text) {
      throw new MaintenanceStoreError(
        'The cache did not keep the write, or another process has overwritten it; the outcome is unknown.',
      );
    }
  }

  /**
   * One call of the cache. Some stores report a failure as an event and answer as if nothing were there, or all were well:
   * a failure while the call was under way counts as the call's.
   */
  private async ask<T>(what: string, call: () => Promise<T>, deadline: number): Promise<T> {
    const events = this.store.store as Partial<Pick<NodeJS.EventEmitter, 'on' | 'off'>> | undefined;
    const failures: unknown[] = [];
    const note = (error: unknown): void => void failures.push(error);
    events?.on?.('error', note);
    try {
      const answer = await bounded(what, call(), deadline);
      if (failures.length > 0) {
        throw new MaintenanceStoreError(
          `The cache failed (${what}): ${messageOf(failures[0])}; the outcome is unknown.`,
          'unknown',
          { cause: failures[0] },
        );
      }
      return answer;
    } finally {
      events?.off?.('error', note);
    }
  }
}

/** The store of a cache of cache-manager 5 or before, where 0 stands for no end, too. */
function legacyStore(cache: object): EntryStore | undefined {
  const { store } = cache as { store?: LegacyStore };
  return (
    store && {
      store,
      getRaw: (key) => Promise.resolve(store.get(key)),
      set: async (key, value, ttl) => {
        await store.set(key, value, ttl);
        return true;
      },
    }
  );
}

interface LegacyStore {
  get(key: string): unknown;
  set(key: string, value: unknown, ttl: number): unknown;
}
