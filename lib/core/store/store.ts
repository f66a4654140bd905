import type { KeyRecord } from '../document/record.js';
import type { Version } from '../document/version.js';
import type { CatalogueStore } from './catalogue.js';
import type { HistoryNote } from '../history/entry-record.js';
import type { HistoryStore } from './history-store.js';
import type { LeaseStore } from './leases.js';
import type { OnceStore } from './once.js';
import type { ProgressStore } from './progress-store.js';
import type { Presence, SeenReplica } from './presence.js';

export type { Version } from '../document/version.js';
export type { Presence, RunningReport, SeenReplica } from './presence.js';

/** A record as a store shows it. */
export type StoredRecord =
  | {
      readonly record: KeyRecord;
      /** It is a write of this process that was given up on, and has come through since. */
      readonly late?: boolean;
    }
  | {
      /** Why it cannot be read. */
      readonly unreadable: string;
      /** A newer version of this library wrote it: it must stay as it is. */
      readonly newer: boolean;
      /** What to expect when it is written over. */
      readonly mark: string;
    };

/** Records that a store shows. */
export interface StoredRecords {
  /** Are these all that it has; else those that were written since the version that was known. */
  readonly all: boolean;
  readonly records: ReadonlyMap<string, StoredRecord>;
}

/** What one sync brings. */
export interface SyncResult {
  /** What the store is at. */
  readonly version: Version;
  /** `undefined` when nothing was written since the version that was known. */
  readonly stored: StoredRecords | undefined;
  /** Why nothing of it can be read; then {@link stored} is `undefined`. */
  readonly unreadable?: string;
  /** It cannot be read since a newer version of this library wrote it, and must stay as it is. */
  readonly newer?: boolean;
  /** Names of the leases that are alive. */
  readonly leases: ReadonlySet<string>;
  /** Was the presence recorded. */
  readonly present: boolean;
  /** Why the store, which could be read, does not take the presence, in its own words. */
  readonly refused?: string;
  /** It had been recorded before, and was gone: others may be forgotten, too. */
  readonly relisted?: boolean;
  /**
   * Milliseconds for which replicas may be there that the store does not list: it has only just started or lost its data, its
   * clock has jumped, or nobody has looked for a while.
   */
  readonly unsure?: number;
  /** Names the list of replicas: another one has begun once the store has lost it, or a server has taken over. */
  readonly list?: string;
  /**
   * Milliseconds for which a store that has no record may have lost what others know: to who knows nothing that is unknown, not
   * off, until somebody has put it back.
   */
  readonly emptyFor?: number;
}

/** A record to be written. */
export interface RecordWrite {
  readonly name: string;
  /** The write id of what it takes the place of, the mark of what cannot be read, or `''` for nothing. */
  readonly expected: string;
  readonly record: KeyRecord;
  /** It was written before, and is put back as it was; else the store gives it number and time. */
  readonly kept: boolean;
}

/** What became of records that were to be written. */
export interface Written {
  /** What the store was at before, and is at now. */
  readonly before: Version;
  readonly version: Version;
  /** In the order of the writes: what is stored now, or why it was not written. */
  readonly outcomes: readonly (KeyRecord | 'conflict' | 'full')[];
  /** What is stored in place of what was expected, where the store says so at once. */
  readonly shown?: ReadonlyMap<string, KeyRecord>;
}

/** A record as the store says it was written. */
export interface News {
  readonly name: string;
  readonly record: KeyRecord;
  /** What the store was at before, and is at now. */
  readonly before: Version;
  readonly version: Version;
}

/** The listed replicas, and the version of the store at that time; `undefined` if no version was asked about. */
export interface SeenAt {
  readonly replicas: SeenReplica[];
  readonly version: Version | undefined;
  /** As in {@link SyncResult}: a replica has listed those it remembers only after an exchange since that list began. */
  readonly list?: string;
}

/** What the store tells without being asked. */
export interface StoreListener {
  /** Something may have changed: look. What was written comes along where the store itself vouches for it. */
  pushed(news?: News): void;
  /** The store was away and may have forgotten what it knew. */
  reconnected(): void;
  /** A replica has acknowledged, or a lease was released: callers that wait for either look again. */
  woken(): void;
  /** Something a person should know. */
  warn(message: string): void;
}

/**
 * Where the state is kept. Every call settles by its `deadline` (ms on the monotonic clock of `performance.now()`),
 * with a `MaintenanceStoreError` when the store did not answer.
 */
export interface StateStore {
  /** Do other processes (or other applications) write here: then it is polled. */
  readonly shared: boolean;
  /** Is everything in the memory of this process. */
  readonly local: boolean;
  /** Do replicas see each other here. */
  readonly clustered: boolean;
  /** How the store is called in messages. */
  readonly kind: string;
  /**
   * Random id of what is stored here, which outlives a loss of data as long as a replica knows it; `undefined` as long as it was
   * never read, and where nobody can tell one store from another.
   */
  readonly id?: string | undefined;
  /** Locks, and what keeps holds alive. */
  readonly leases: LeaseStore;
  /** Name of the entry that holds the document, for those who have to look at it by hand. */
  readonly entry: string;
  /** How far work is. */
  readonly progress: ProgressStore;
  /** What was done to keys. */
  readonly history: HistoryStore;
  /** What must be done once in the whole cluster. */
  readonly once: OnceStore;
  /** The keys that applications have published; `undefined` where nobody but themselves could read it. */
  readonly catalogue?: CatalogueStore;
  /** Epoch ms by the clock that ends are measured by. */
  now(): number;
  start(listener: StoreListener, deadline: number): Promise<void>;
  /** @param known the version that the replica is at; `null` for none, then all is shown */
  sync(known: Version | null, presence: Presence | null, deadline: number): Promise<SyncResult>;
  /**
   * Writes records, each if what is stored of it is still what its writer has seen.
   * @param known the version that the writer is at: a store that has lost everything since takes nothing; `''` for an empty one
   * @param notes what the history has of a single one, which is written with it or not at all; that of the record itself has its
   *   write id, and gets its number and time
   */
  write(
    writes: readonly RecordWrite[],
    known: Version,
    deadline: number,
    notes?: readonly HistoryNote[],
  ): Promise<Written>;
  /** Who is there, silent replicas among them. */
  replicas(deadline: number): Promise<SeenReplica[]>;
  /**
   * The same, and what the store is at, as long as it has made the write that this version ends with; `undefined` when it has lost
   * that, or does not remember it.
   * @param version `undefined`: whatever the store is at
   */
  replicasAt(version: Version | undefined, deadline: number): Promise<SeenAt | undefined>;
  /** Takes a replica off the list at once. */
  leave(id: string, deadline: number): Promise<void>;
  /** Takes a silent replica off the list, since somebody knows that it is gone; one that is alive stays. */
  forget(id: string, deadline: number): Promise<'gone' | 'absent' | 'alive'>;
  /** Its connections do not keep the process alive any more. */
  detach(): void;
  stop(): Promise<void>;
}
