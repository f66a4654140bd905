import type { Cache } from 'cache-manager';
import { MaintenanceConfigurationError, MaintenanceStoreError } from '../../errors/errors.js';
import { messageOf } from '../../errors/message-of.js';
import { DAY } from '../../keys/durations.js';
import { bounded } from '../bounded.js';
import { isInMemory, storeOfCache, type EntryStore, type Events } from './shared-store.js';

/** A call of the cache gives up before its caller does, who would not know why: by this fraction of its time, and at most so many ms. */
const EARLIER = { fraction: 0.1, most: 50 };

/** Milliseconds: a hundred years. */
const FOR_EVER = 100 * 365 * DAY;

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
    const store = storeOfCache(cache);
    if (!store) {
      throw MaintenanceConfigurationError.of('cache', cache, 'a cache-manager cache with at least one store');
    }
    this.store = store;
  }

  /** Whether it is in the memory of this process. */
  get isLocal(): boolean {
    return isInMemory(this.store.store);
  }

  /** 0 is no end, unless the store gives one of its own to what has none, as some do that keep everything in memory. */
  private get ttl(): number {
    const { opts, ttl = opts?.ttl } = (this.store.store ?? {}) as { ttl?: unknown; opts?: { ttl?: unknown } };
    return typeof ttl === 'number' || typeof ttl === 'string' ? FOR_EVER : 0;
  }

  /** What is stored. If the cache itself cannot read that, it says why instead: damage, not an unreachable store. */
  async read(deadline: number): Promise<unknown> {
    try {
      return await this.get(this.name, deadline);
    } catch (error) {
      const { cause } = error as Error;
      if (cause === undefined) {
        throw error;
      }
      return cause instanceof SyntaxError ? cause.message : this.readAgain(cause, error, deadline);
    }
  }

  /**
   * What decompresses or decrypts fails with errors of its own. It is the value that cannot be read if the store answers what is
   * asked beside it, and the same error comes again.
   */
  private async readAgain(cause: unknown, error: unknown, deadline: number): Promise<unknown> {
    const answers = await this.get(`${this.name}:none`, deadline).then(
      () => true,
      () => false,
    );
    if (!answers) {
      throw error;
    }
    return this.get(this.name, deadline).catch((again: Error) => {
      if (again.cause !== undefined && messageOf(again.cause) === messageOf(cause)) {
        return messageOf(cause);
      }
      throw again;
    });
  }

  /** `getRaw` throws where `get` would hide a failure as an absence. */
  private async get(name: string, deadline: number): Promise<unknown> {
    const raw = await this.ask('get', () => this.store.getRaw(name), deadline);
    // an entry that holds nothing is not a missing one
    return raw !== null && typeof raw === 'object' && 'value' in raw ? raw.value : (raw ?? undefined);
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
