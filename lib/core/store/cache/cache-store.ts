import { inspect } from 'node:util';
import type { Cache } from 'cache-manager';
import { MaintenanceStoreError } from '../../errors/errors.js';
import { decode, encode, NewerFormatError, versionOf } from '../../document/codec.js';
import { CacheEntry, isLocalCache } from './cache-entry.js';
import type { HistoryNote } from '../../history/entry-record.js';
import { HISTORY_KEEP } from '../../history/history-settings.js';
import type { HistoryTable } from './history-table.js';
import type { LeaseStore } from '../leases.js';
import type { ProgressStore } from '../progress-store.js';
import type { OnceStore } from '../once.js';
import { SharedParts, sharedParts } from './shared-parts.js';
import { Mutex } from '../../common/mutex.js';
import type { StateDocument } from '../../document/record.js';
import { messageOf } from '../../errors/message-of.js';
import {
  type Presence,
  type SeenReplica,
  type StateStore,
  type StoreListener,
  type SyncResult,
  type Version,
} from '../store.js';

/** Writes given up on that are remembered: no cache is that late with that many. */
const MAX_LATE_WRITES = 1_000;

/**
 * Keeps the document in any cache-manager cache. Such a cache has no compare-and-set: within this process writes are
 * one after another, between processes the last writer wins. Without a cache it makes one of its own, in memory.
 */
export class CacheStore implements StateStore {
  readonly clustered = false;
  readonly kind: string;
  private parts = new SharedParts(new Mutex());
  readonly entry: string;
  private document: CacheEntry | undefined;
  private unsubscribe: () => void = () => undefined;
  private readonly seen = new Map<string, SeenReplica>();
  /** Ids of writes that were given up on. No cache can revoke one: it may still take effect. */
  private readonly lateWrites = new Set<string>();

  constructor(
    private readonly cache: Cache | undefined,
    private readonly namespace: string,
    private readonly historyKeep = HISTORY_KEEP,
  ) {
    this.kind = cache ? 'cache' : 'memory';
    this.entry = `${namespace}:state`;
  }

  get shared(): boolean {
    return this.cache !== undefined;
  }

  get local(): boolean {
    return !this.cache || isLocalCache(this.cache);
  }

  get leases(): LeaseStore {
    return this.parts.leases;
  }

  get once(): OnceStore {
    return this.parts.once;
  }

  get progress(): ProgressStore {
    return this.parts.progress;
  }

  get history(): HistoryTable {
    return this.parts.history;
  }

  now(): number {
    return Date.now();
  }

  start(listener: StoreListener): Promise<void> {
    if (this.cache) {
      this.document = new CacheEntry(this.cache, this.entry);
      this.parts = sharedParts(this.cache, this.namespace);
    }
    this.unsubscribe = this.parts.leases.onRelease(() => listener.woken());
    if (this.document && !this.document.isLocal) {
      listener.warn(
        'This cache cannot compare and set: when two processes change the state at once, the last writer wins, and locks hold within one process only. Set the option "redis" to avoid both.',
      );
    }
    return Promise.resolve();
  }

  async sync(known: Version | null, presence: Presence | null, deadline: number): Promise<SyncResult> {
    if (presence) {
      const { id, host, pid } = presence;
      const lastSeen = this.now();
      this.seen.set(id, { id, host, pid, lastSeen, silentFor: 0, connection: 'open', told: presence });
    }
    const text = await this.read(deadline);
    const common = { leases: this.parts.leases.alive(), present: true };
    if (text === undefined) {
      return { ...common, version: '', document: known === '' ? undefined : null };
    }
    try {
      const document = typeof text === 'string' && versionOf(text) === known ? undefined : decode(text);
      const lateWrite = document !== undefined && this.lateWrites.has(document.write);
      return { ...common, version: versionOf(text as string), document, lateWrite };
    } catch (error) {
      return {
        ...common,
        version: fingerprint(text),
        document: undefined,
        unreadable: messageOf(error),
        newer: error instanceof NewerFormatError,
      };
    }
  }

  write(
    document: StateDocument,
    expected: Version,
    deadline: number,
    notes: readonly HistoryNote[] = [],
  ): Promise<Version | 'conflict'> {
    return this.parts.mutex.run(async () => {
      const present = await this.read(deadline);
      if (versionOfStored(present) !== expected) {
        return 'conflict';
      }
      await this.makeMemory();
      if (performance.now() >= deadline) {
        throw new MaintenanceStoreError('The cache was too slow; nothing was written.', 'refused');
      }
      const text = encode(document);
      try {
        await this.stored.write(text, deadline);
      } catch (error) {
        this.giveUpOn(document);
        throw error;
      }
      this.history.keep(notes, this.historyKeep);
      return versionOf(text);
    });
  }

  replicas(): Promise<SeenReplica[]> {
    return Promise.resolve([...this.seen.values()]);
  }

  leave(id: string): Promise<void> {
    this.seen.delete(id);
    return Promise.resolve();
  }

  forget(id: string): Promise<'absent' | 'alive'> {
    return Promise.resolve(this.seen.has(id) ? 'alive' : 'absent');
  }

  detach(): void {
    // it has no connections of its own
  }

  stop(): Promise<void> {
    this.unsubscribe();
    return Promise.resolve();
  }

  private giveUpOn({ write }: StateDocument): void {
    this.lateWrites.add(write);
    const [oldest] = this.lateWrites;
    if (oldest !== undefined && this.lateWrites.size > MAX_LATE_WRITES) {
      this.lateWrites.delete(oldest);
    }
  }

  /** A cache of its own is loaded and made with the first write: until then it would be empty. */
  private async makeMemory(): Promise<void> {
    if (!this.cache) {
      this.document ??= new CacheEntry((await import('cache-manager')).createCache(), this.entry);
    }
  }

  private async read(deadline: number): Promise<unknown> {
    return this.cache || this.document ? this.stored.read(deadline) : undefined;
  }

  private get stored(): CacheEntry {
    if (!this.document) {
      throw new MaintenanceStoreError('The cache has not been opened yet.', 'refused');
    }
    return this.document;
  }
}

function versionOfStored(value: unknown): Version {
  if (value === undefined) {
    return '';
  }
  try {
    decode(value);
    return versionOf(value as string);
  } catch {
    return fingerprint(value);
  }
}

/** Stands for a value that is not ours; equal for equal values as far as it can tell. */
function fingerprint(value: unknown): Version {
  const text = typeof value === 'string' ? value : inspect(value);
  return `?${text.length}:${text.slice(0, 64)}`;
}
