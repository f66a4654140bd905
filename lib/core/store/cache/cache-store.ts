import type { Cache } from 'cache-manager';
import { MaintenanceStoreError } from '../../errors/errors.js';
import { NewerFormatError } from '../../document/codec.js';
import { formatVersion } from '../../document/version.js';
import { applyWrites, EMPTY, encodeDocument, readStored, stampNotes } from './cache-document.js';
import { CacheEntry } from './cache-entry.js';
import type { HistoryNote } from '../../history/entry-record.js';
import { HISTORY_KEEP } from '../../history/history-settings.js';
import type { HistoryTable } from './history-table.js';
import { LateWrites } from './late-writes.js';
import type { LeaseStore } from '../leases.js';
import type { ProgressStore } from '../progress-store.js';
import type { OnceStore } from '../once.js';
import { SharedParts, sharedParts } from './shared-parts.js';
import { isLocalCache } from './shared-store.js';
import { Mutex } from '../../common/mutex.js';
import { messageOf } from '../../errors/message-of.js';
import {
  type Presence,
  type RecordWrite,
  type SeenAt,
  type SeenReplica,
  type StateStore,
  type StoreListener,
  type SyncResult,
  type Version,
  type Written,
} from '../store.js';

/**
 * Keeps the document in any cache-manager cache. Such a cache has no compare-and-set: within this process writes are serialised,
 * between processes the last writer wins. Without a cache it creates one in memory.
 */
export class CacheStore implements StateStore {
  readonly clustered = false;
  readonly kind: string;
  private parts = new SharedParts(new Mutex());
  readonly entry: string;
  private document: CacheEntry | undefined;
  private listener: StoreListener | undefined;
  private unsubscribe: () => void = () => undefined;
  private readonly seen = new Map<string, SeenReplica>();
  private readonly lateWrites = new LateWrites();

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

  latest(): number {
    return this.now();
  }

  start(listener: StoreListener): Promise<void> {
    if (this.cache) {
      this.document = new CacheEntry(this.cache, this.entry);
      this.parts = sharedParts(this.cache, this.namespace);
    }
    this.listener = listener;
    this.unsubscribe = this.parts.join(listener);
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
      this.parts.replicas.add(id);
      this.seen.set(id, { id, host, pid, lastSeen, silentFor: 0, connection: 'open', told: presence });
    }
    const { version, document, error } = readStored(await this.read(deadline));
    const common = { leases: this.parts.leases.alive(), present: true, version };
    if (version === known) {
      return { ...common, stored: undefined };
    }
    if (!document) {
      const newer = error instanceof NewerFormatError;
      return { ...common, stored: undefined, unreadable: messageOf(error), newer };
    }
    return { ...common, stored: { all: true, records: this.lateWrites.show(document.records) } };
  }

  /** A cache of its own is loaded and created with the first write: until then it would be empty. */
  async prepare(): Promise<void> {
    if (!this.cache && !this.document) {
      const { createCache } = await import('cache-manager');
      // another write may have been faster
      this.document ??= new CacheEntry(createCache(), this.entry);
    }
  }

  write(
    writes: readonly RecordWrite[],
    known: Version,
    deadline: number,
    notes: readonly HistoryNote[] = [],
  ): Promise<Written> {
    return this.parts.mutex.run(async () => {
      const { version: before, document: stored = EMPTY } = readStored(await this.read(deadline));
      if (stored.history === '' && before !== known) {
        // it has lost everything, or cannot be read: a process that knows more looks first
        return { before, version: before, outcomes: writes.map(() => 'conflict' as const) };
      }
      const { document, outcomes } = applyWrites(stored, writes, Math.floor(this.now()));
      if (document === stored) {
        return { before, version: before, outcomes };
      }
      await this.prepare();
      if (performance.now() >= deadline) {
        throw new MaintenanceStoreError('The cache was too slow; nothing was written.', 'refused');
      }
      try {
        await this.stored.write(encodeDocument(document), deadline);
      } catch (error) {
        writes.filter(({ kept }) => !kept).forEach(({ record }) => this.lateWrites.add(record.write));
        throw error;
      }
      this.history.keep(stampNotes(notes, outcomes), this.historyKeep);
      this.parts.written(this.listener);
      return { before, version: formatVersion(document), outcomes };
    });
  }

  isLocal(id: string): boolean {
    return this.parts.replicas.has(id);
  }

  replicas(): Promise<SeenReplica[]> {
    return Promise.resolve([...this.seen.values()]);
  }

  async replicasAt(version: Version | undefined): Promise<SeenAt> {
    return { replicas: await this.replicas(), version };
  }

  async leave(id: string): Promise<void> {
    this.seen.delete(id);
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
