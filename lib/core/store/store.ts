import type { KeyRecord } from '../document/record.js';
import type { Version } from '../document/version.js';
import type { CatalogueStore } from './catalogue.js';
import type { HistoryNote } from '../history/entry-record.js';
import type { HistoryStore } from './history-store.js';
import type { LeaseStore } from './leases.js';
import type { OnceStore } from './once.js';
import type { ProgressStore } from './progress-store.js';
import type { Presence, SeenReplica } from './presence.js';
import type { SyncResult } from './sync-result.js';

export type { Version } from '../document/version.js';
export type { Presence, RunningReport, SeenReplica } from './presence.js';
export type { StoredRecord, StoredRecords, SyncResult } from './sync-result.js';

/** A record to be written. */
export interface RecordWrite {
  readonly name: string;
  /** The write id of what it replaces, the mark of something unreadable, or `''` for nothing. */
  readonly expected: string;
  readonly record: KeyRecord;
  /** It was written before and is put back as it was; otherwise the store assigns number and time. */
  readonly kept: boolean;
}

/** What became of the records to be written. */
export interface Written {
  /** The version of the store before, and now. */
  readonly before: Version;
  readonly version: Version;
  /** In the order of the writes: what is stored now, or why it was not written. */
  readonly outcomes: readonly (KeyRecord | 'conflict' | 'full')[];
  /** What is stored in place of what was expected, if the store says so right away. */
  readonly shown?: ReadonlyMap<string, KeyRecord>;
}

/** A record as the store has written it. */
export interface News {
  readonly name: string;
  readonly record: KeyRecord;
  /** The version of the store before, and now. */
  readonly before: Version;
  readonly version: Version;
}

/** The listed replicas, and the version of the store at that time; `undefined` if no version was asked about. */
export interface SeenAt {
  readonly replicas: SeenReplica[];
  readonly version: Version | undefined;
  /**
   * As in {@link SyncResult}: a replica has listed the others that it remembers only after an exchange that follows the start of
   * that list.
   */
  readonly list?: string;
}

/** What the store reports without being asked. */
export interface StoreListener {
  /** Something may have changed: look. What was written is included if the store itself vouches for it. */
  pushed(news?: News): void;
  /** Another process cannot read a record that this one may know. */
  doubted?(): void;
  /** The store was away and may have forgotten what it knew. */
  reconnected(): void;
  /**
   * A replica has acknowledged something, or a lease was released for which somebody may wait: callers look again.
   * @param reached the revision that all replicas have applied now, if that is all that has happened
   */
  woken(reached?: number): void;
  /** Something that an operator should know. */
  warn(message: string): void;
}

/**
 * Where the state is kept. Every call settles by its `deadline` (ms on the monotonic clock of `performance.now()`),
 * with a `MaintenanceStoreError` when the store did not answer.
 */
export interface StateStore {
  /** Whether other processes (or other applications) write here: then it is polled. */
  readonly shared: boolean;
  /** Whether everything is in the memory of this process. */
  readonly local: boolean;
  /** Whether replicas see each other here. */
  readonly clustered: boolean;
  /** The name of the store in messages. */
  readonly kind: string;
  /**
   * Random id of what is stored here. It survives a loss of data as long as a replica knows it; `undefined` until it was read,
   * and where stores cannot be told apart.
   */
  readonly id?: string | undefined;
  /** Locks, and what keeps holds alive. */
  readonly leases: LeaseStore;
  /** Name of the entry that holds the document, for people who have to inspect it by hand. */
  readonly entry: string;
  /** How far work is. */
  readonly progress: ProgressStore;
  /** The history of the keys. */
  readonly history: HistoryStore;
  /** What must be done once in the whole cluster. */
  readonly once: OnceStore;
  /** The keys that applications have published; `undefined` if only the applications themselves could read them. */
  readonly catalogue?: CatalogueStore;
  /** Epoch ms by the clock that ends are measured by. */
  now(): number;
  /** The latest that this clock may show: if it is another machine's, {@link now} may be behind it. */
  latest(): number;
  /** Loads the packages that it needs. That may take as long as it likes: a deadline is for answers. */
  load?(): Promise<unknown>;
  start(listener: StoreListener, deadline: number): Promise<void>;
  /** Loads what writing needs, which may take long, too. */
  prepare?(): Promise<void>;
  /**
   * May take longer than its deadline if there is so much to return that it takes several answers: each has as long.
   * @param known the version that the replica is at; `null` for none: then everything is returned
   */
  sync(known: Version | null, presence: Presence | null, deadline: number): Promise<SyncResult>;
  /**
   * Only reports that this replica is at that version, at less cost than an exchange and beside one that is under way. A store
   * without it has no other replicas, or only exchanges.
   * @returns whether that was recorded, since the store is at that version or past it; otherwise only an exchange shows what is
   */
  acknowledge?(version: Version, presence: Presence, deadline: number): Promise<boolean>;
  /**
   * Whether that replica is, or was, in this process and uses the same leases: if one of its leases is missing, it has ended. Only
   * where leases are those of one process.
   */
  isLocal?(id: string): boolean;
  /** Whether replicas other than this one were listed when that was last read. */
  knowsOthers?(id: string): boolean;
  /**
   * Writes records, each only if what is stored is still what its writer has seen.
   * @param known the version that the writer is at: a store that has lost everything since then rejects the write; `''` for an
   *   empty store
   * @param notes history entries for a single record, written with it or not at all; the entry about the record itself has its
   *   write id and is given its number and time
   */
  write(
    writes: readonly RecordWrite[],
    known: Version,
    deadline: number,
    notes?: readonly HistoryNote[],
  ): Promise<Written>;
  /** Lets other processes know that this one cannot read a record. */
  doubt?(): void;
  /** The listed replicas, including silent ones. */
  replicas(deadline: number): Promise<SeenReplica[]>;
  /**
   * The same, and the version of the store, provided that it has made the write that the given version ends with; `undefined` if
   * it has lost that write or does not remember it.
   * @param version `undefined`: whatever version the store is at
   */
  replicasAt(version: Version | undefined, deadline: number): Promise<SeenAt | undefined>;
  /** Takes a replica off the list at once. */
  leave(id: string, deadline: number): Promise<void>;
  /** Takes a silent replica off the list because somebody knows that it is gone; one that is alive stays. */
  forget(id: string, deadline: number): Promise<'gone' | 'absent' | 'alive'>;
  /** Its connections no longer keep the process alive. */
  detach(): void;
  stop(): Promise<void>;
}
