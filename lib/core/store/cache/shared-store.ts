import type { Cache } from 'cache-manager';

export interface Events {
  on(event: string, listener: (error: unknown) => void): unknown;
  off(event: string, listener: (error: unknown) => void): unknown;
}

/** The part of a Keyv that is used here, and of its counterpart in cache-manager 5 and earlier. */
export interface EntryStore extends Partial<Events> {
  /** Where values are kept; some report failures as events. */
  readonly store?: unknown;
  getRaw(key: string): Promise<unknown>;
  set(key: string, value: string, ttl: number): Promise<boolean>;
}

/** Where a cache keeps what processes share; `undefined` if it has nowhere to keep anything. */
export function storeOfCache(cache: Cache): EntryStore | undefined {
  const store = sharedStore(cache) ?? legacyStore(cache);
  return store && (typeof store.getRaw === 'function' ? store : plainStore(store as unknown as PlainStore));
}

/** Whether a cache keeps everything in the memory of this process. */
export const isLocalCache = (cache: Cache): boolean => isInMemory(sharedStore(cache)?.store);

/** With several tiers the last is the one that processes share. A `Cacheable` has two of its own, and would answer from the first. */
function sharedStore(cache: Cache): EntryStore | undefined {
  const last = cache.stores?.at(-1) as (EntryStore & Tiers) | undefined;
  return last?.secondary ?? last?.primary ?? last;
}

interface Tiers {
  readonly primary?: EntryStore;
  readonly secondary?: EntryStore;
}

/** A map, or a store of the package cacheable, which has maps inside. */
export const isInMemory = (store: unknown): boolean =>
  store instanceof Map ||
  (Array.isArray(store)
    ? store.length > 0 && store.every(isInMemory)
    : typeof store === 'object' && store !== null && 'store' in store && isInMemory(store.store));

/** A Keyv before it had `getRaw`, or the adapter of a server without a Keyv around it: either reports failures itself. */
const plainStore = (store: PlainStore): EntryStore => ({
  store,
  getRaw: (key) => Promise.resolve(store.get(key, { raw: true })),
  set: async (key, value, ttl) => (await store.set(key, value, ttl)) !== false,
});

interface PlainStore {
  get(key: string, options: { raw: boolean }): unknown;
  set(key: string, value: string, ttl: number): unknown;
}

/** The store of a cache of cache-manager 5 or earlier, where 0 also means no end. */
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
