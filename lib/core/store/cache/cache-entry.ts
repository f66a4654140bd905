import type { Cache } from 'cache-manager';
import { MaintenanceConfigurationError, MaintenanceStoreError } from '../../errors/errors.js';
import { messageOf } from '../../errors/message-of.js';
import { DAY } from '../../keys/durations.js';
import { bounded } from '../bounded.js';

interface Events {
  on(event: string, listener: (error: unknown) => void): unknown;
  off(event: string, listener: (error: unknown) => void): unknown;
}

/** The part of a Keyv that is used here, and of its counterpart in cache-manager 5 and earlier. */
interface EntryStore extends Partial<Events> {
  /** Where values are kept; some report failures as events. */
  readonly store: unknown;
  getRaw(key: string): Promise<unknown>;
  set(key: string, value: string, ttl: number): Promise<boolean>;
}

/** A call of the cache gives up before its caller does, who would not know why: by this fraction of its time, and at most so many ms. */
const EARLIER = { fraction: 0.1, most: 50 };

/** Milliseconds: a hundred years. */
const FOR_EVER = 100 * 365 * DAY;

/**
 * Whether a cache keeps everything in the memory of this process. With several tiers the last is the one that processes share.
 */
export const isLocalCache = (cache: Cache): boolean => cache.stores?.at(-1)?.store instanceof Map;

/** One entry of a cache, kept without an end. Knows which caches hide failures. */
export class CacheEntry {
  private readonly store: EntryStore;
  /** The error that the store has reported since its last answer. */
  private failure: unknown;

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
    this.store = typeof store.getRaw === 'function' ? store : plainStore(store as unknown as PlainStore);
  }

  /** Whether it is in the memory of this process. */
  get isLocal(): boolean {
    return this.store.store instanceof Map;
  }

  /** 0 is no end, unless the store gives one of its own to what has none, as some do that keep everything in memory. */
  private get ttl(): number {
    const { ttl } = (this.store.store ?? {}) as { ttl?: unknown };
    return typeof ttl === 'number' || typeof ttl === 'string' ? FOR_EVER : 0;
  }

  /** `getRaw` throws where `get` would hide a failure as an absence. */
  async read(deadline: number): Promise<unknown> {
    try {
      const raw = await this.ask('get', () => this.store.getRaw(this.name), deadline);
      // an entry that holds nothing is not a missing one
      return raw !== null && typeof raw === 'object' && 'value' in raw ? raw.value : (raw ?? undefined);
    } catch (error) {
      // something is stored that the cache itself cannot read: damage, not an unreachable store
      if (error instanceof MaintenanceStoreError && error.cause instanceof SyntaxError) {
        return error.cause.message;
      }
      throw error;
    }
  }

  /** Writes, and checks whether the value was kept: many caches report success in any case. */
  async write(text: string, deadline: number): Promise<void> {
    // what the store throws, a Keyv may only report as an event; others may be using it at the same time
    const { failures, stop } = listen(this.store);
    const confirmed = await this.ask(
      'set',
      () => this.store.set(this.name, text, this.ttl),
      deadline,
    ).finally(stop);
    if (!confirmed) {
      // even if the connection broke before the answer
      throw failures.length > 0
        ? failed('set', failures[0])
        : new MaintenanceStoreError('The cache did not confirm the write; the outcome is unknown.');
    }
    if (!this.isLocal && (await this.read(deadline)) !== text) {
      throw new MaintenanceStoreError(
        'The cache did not keep the write, or another process has overwritten it; the outcome is unknown.',
      );
    }
  }

  /**
   * One call of the cache. Some stores report a failure as an event and answer as if nothing were stored, or all were well: a
   * failure event during the call counts as the call's.
   */
  private async ask<T>(what: string, call: () => Promise<T>, deadline: number): Promise<T> {
    const { failures, stop } = listen(this.store.store as Partial<Events> | undefined);
    try {
      const earlier = Math.min(EARLIER.most, EARLIER.fraction * Math.max(0, deadline - performance.now()));
      const answer = await bounded(what, call(), deadline - earlier).catch((error: unknown) => {
        this.failure = failures[0] ?? this.failure;
        const says = (error as Error).cause !== undefined;
        throw says || this.failure === undefined ? error : failed(what, this.failure);
      });
      this.failure = failures[0];
      if (failures.length > 0) {
        throw failed(what, failures[0]);
      }
      return answer;
    } finally {
      stop();
    }
  }
}

/** The failures that something reports as events from now on. */
function listen(events: Partial<Events> | undefined): { failures: readonly unknown[]; stop: () => void } {
  const failures: unknown[] = [];
  const note = (error: unknown): void => void failures.push(error);
  events?.on?.('error', note);
  return { failures, stop: () => void events?.off?.('error', note) };
}

const failed = (what: string, cause: unknown): MaintenanceStoreError =>
  new MaintenanceStoreError(
    `The cache failed (${what}): ${messageOf(cause)}; the outcome is unknown.`,
    'unknown',
    { cause },
  );

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
