import { Subject } from 'rxjs';
import type { KeyRegistry } from '../keys/key-registry.js';
import type { KeyStateReader, MaintenanceKey } from '../keys/maintenance-key.js';
import type { MaintenanceState } from '../keys/maintenance-state.js';
import { MaintenanceStoreError } from '../maintenance.errors.js';
import { toChange, type MaintenanceChange } from './change.js';
import { encode, randomId, versionOf } from './codec.js';
import { HEARTBEAT, ReplicaLease, type Replica } from './lease.js';
import { Mutex } from './mutex.js';
import {
  isOn,
  pruneRecord,
  type HoldRecord,
  type KeyRecord,
  type MaintenanceCause,
  type StateDocument,
} from './record.js';
import type { Snapshot } from './snapshot.js';
import { StateView, type AnnouncedChange } from './state-view.js';
import { bounded, messageOf, type Presence, type StateStore, type SyncResult } from './store.js';

/** A wished change of one key's record. */
export interface Edit {
  readonly switch: KeyRecord['switch'];
  readonly holds: readonly HoldRecord[];
  readonly cause: Exclude<MaintenanceCause, 'expiry'>;
  readonly message: string | null;
  readonly reason: string | null;
  readonly actor: string | null;
  /** Are hooks called for it. */
  readonly hooks: boolean;
}

/** Makes a wish from what is recorded now (what has ended is gone from it); `null` when nothing needs to be written. */
export type Editor = (record: KeyRecord | undefined, now: number) => Edit | null;

/** How well this replica is in touch with the store. @publicApi */
export interface MaintenanceHealth {
  /** `false` while the store cannot be reached or read. */
  readonly up: boolean;
  /** Since when this replica works from what it last knew; `null` while it is in touch. */
  readonly stale: Date | null;
  readonly revision: number;
  /** Milliseconds this replica may still trust what it knows without asking; `Infinity` without Redis. */
  readonly lease: number;
  /** What is wrong, in words; `null` when nothing is. */
  readonly error: string | null;
}

/** Where the keeper writes what a person should know. */
export interface KeeperLog {
  log(message: string): void;
  warn(message: string): void;
}

/** Replicas of this process: of their holds a missing lease can be seen in any store. */
const localReplicas = new Set<string>();

/**
 * Keeps the view up to date: by pushes, by polls that guarantee what a push may miss, and by this process's own writes.
 */
export class StateKeeper implements KeyStateReader {
  /** Every change as this process learns of it. */
  readonly changes = new Subject<AnnouncedChange>();
  /** Emits when touch with the store is lost and when it is found again. */
  readonly health$ = new Subject<MaintenanceHealth>();
  /** Emits when whoever waits for a lock or an acknowledgement should look again. */
  readonly woken = new Subject<void>();
  readonly lease: ReplicaLease;
  /** What is told of this replica besides what it has applied. */
  details: () => Pick<Presence, 'inFlight' | 'draining'> = () => ({ inFlight: 0, draining: {} });

  private readonly view: StateView;
  private readonly writes = new Mutex();
  private heartbeat: NodeJS.Timeout | undefined;
  private started: Promise<void> | undefined;
  private stopped = false;
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private staleSince: Date | null = null;
  private error: string | null = null;

  constructor(
    readonly store: StateStore,
    readonly registry: KeyRegistry,
    readonly replica: Replica,
    private readonly commandTimeout: number,
    private readonly log: KeeperLog,
  ) {
    this.lease = new ReplicaLease(store.clustered);
    localReplicas.add(replica.id);
    this.view = new StateView(
      registry,
      () => store.now(),
      (owner) => store.clustered || localReplicas.has(owner),
      (change) => this.changes.next(change),
    );
    registry.bind(this);
  }

  /** What this process knows now; never waits. */
  get snapshot(): Snapshot {
    return this.view.snapshot;
  }

  /** What is recorded, for those who wait for others to apply it. */
  get document(): StateDocument | null {
    return this.view.known;
  }

  readonly isLive = (hold: HoldRecord): boolean => this.view.isLive(hold);

  /** Was the lease of that name alive when the store was last read. */
  leaseAlive(name: string): boolean {
    return this.view.leaseAlive(name);
  }

  current(key: MaintenanceKey): MaintenanceState {
    return this.snapshot.of(key);
  }

  async fresh(key: MaintenanceKey): Promise<MaintenanceState> {
    await this.refresh();
    return this.current(key);
  }

  health(): MaintenanceHealth {
    const { error, staleSince } = this;
    return {
      up: error === null,
      stale: staleSince,
      revision: this.snapshot.revision,
      lease: this.lease.left(),
      error,
    };
  }

  /** When a call that begins now must have settled, on the monotonic clock. */
  deadline(): number {
    return performance.now() + this.commandTimeout;
  }

  /** Connects and reads once. A store that is away does not stop the start; it is tried again with each heartbeat. */
  start(): Promise<void> {
    return (this.started ??= this.open());
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.heartbeat);
    this.view.stop();
    if (this.started) {
      await this.started;
      await this.running?.catch(() => undefined);
      await this.store.leave(this.replica.id, this.deadline()).catch(() => undefined);
    }
    await this.store.stop();
    this.registry.unbind();
    localReplicas.delete(this.replica.id);
    this.changes.complete();
    this.health$.complete();
    this.woken.complete();
  }

  /**
   * Reads the store now.
   * @throws MaintenanceStoreError
   */
  async refresh(): Promise<void> {
    const deadline = this.deadline();
    await bounded('start', this.start(), deadline);
    await bounded('read', this.sync(), deadline);
  }

  /**
   * One look at the store before a decision of a replica whose lease has lapsed, bounded by `commandTimeout`.
   * @returns `false` when the store could not be read
   */
  async catchUp(): Promise<boolean> {
    const deadline = this.deadline();
    try {
      await bounded('read', this.sync(), deadline);
      // the one that was under way may have begun before the lease lapsed
      if (this.lease.over()) {
        await bounded('read', this.sync(), deadline);
      }
      return true;
    } catch {
      this.lease.failed();
      return false;
    }
  }

  /**
   * One exchange with the store: tells what was applied, brings what is new. Calls that come while one is under way
   * share the next.
   */
  sync(): Promise<void> {
    if (!this.running) {
      this.running = this.exchange().finally(() => (this.running = undefined));
      return this.running;
    }
    this.next ??= this.running
      .catch(() => undefined)
      .then(() => {
        this.next = undefined;
        return this.sync();
      });
    return this.next;
  }

  /**
   * Changes a key's record by compare-and-set.
   * @returns the change, or `null` when there was nothing to write
   * @throws MaintenanceStoreError by the deadline
   */
  async write(key: string, editor: Editor, deadline = this.deadline()): Promise<MaintenanceChange | null> {
    await bounded('start', this.start(), deadline);
    return bounded(
      'write',
      this.writes.run(() => this.tryWrite(key, editor, deadline)),
      deadline,
    );
  }

  private async tryWrite(key: string, editor: Editor, deadline: number): Promise<MaintenanceChange | null> {
    // that nothing needs to be written is only believed of a document just read
    let fresh = !this.store.shared;
    while (performance.now() < deadline) {
      if (this.view.version === null) {
        await this.sync();
        fresh = true;
      }
      const now = this.store.now();
      const { known, version } = this.view;
      const present = known?.keys.get(key);
      const record = present && pruneRecord(present, now);
      const edit = editor(record, now);
      if (edit) {
        const document = edited(known, key, edit, isOn(record, now), now);
        const written = await this.store.write(document, version ?? '', deadline);
        if (written !== 'conflict') {
          return this.commit(document, written, key);
        }
      } else if (fresh) {
        return null;
      }
      await this.sync();
      fresh = true;
    }
    throw new MaintenanceStoreError(
      'The state could not be written in time; nothing was written.',
      'refused',
    );
  }

  private commit(document: StateDocument, version: string, key: string): MaintenanceChange {
    this.view.take(document, version);
    if (this.store.clustered) {
      this.poll();
    }
    const { change } = document.keys.get(key) as KeyRecord;
    return toChange(key, change.from, change.to, change);
  }

  private async open(): Promise<void> {
    const deadline = this.deadline();
    const connected = this.store.start(
      {
        pushed: (document) => this.pushed(document),
        woken: () => this.woken.next(),
        warn: (message) => this.log.warn(message),
      },
      deadline,
    );
    try {
      await bounded('connect', connected, deadline);
      await bounded('read', this.sync(), deadline);
    } catch (error) {
      if (!(error instanceof MaintenanceStoreError)) {
        throw error;
      }
      this.lost(error);
    }
    if (this.store.shared && !this.stopped) {
      this.heartbeat = setInterval(() => this.poll(), HEARTBEAT).unref();
    }
  }

  private poll(): void {
    if (!this.stopped) {
      this.sync().catch(() => undefined);
    }
  }

  private pushed(document: StateDocument | undefined): void {
    const { known } = this.view;
    if (document && known && document.history === known.history) {
      if (document.revision <= known.revision) {
        return;
      }
      this.view.take(document, versionOf(encode(document)));
    }
    // tells the others what was applied, or reads what a push only hinted at
    this.poll();
  }

  private async exchange(): Promise<void> {
    const begun = performance.now();
    const { known, version } = this.view;
    const presence: Presence | null = this.stopped
      ? null
      : {
          ...this.replica,
          history: known?.history ?? '',
          revision: known?.revision ?? 0,
          ...this.details(),
        };
    try {
      const result = await this.store.sync(version, presence, this.deadline());
      if (this.stopped) {
        return;
      }
      // a push or a write came in between: this answer is older
      const current = this.view.version === version;
      await (current ? this.accept(result) : Promise.resolve());
      this.view.takeLeases(result.leases);
      if (result.present && current) {
        this.lease.renew(begun);
      }
      if (result.unreadable === undefined) {
        this.found();
      }
      const applied = this.view.known;
      if (this.store.clustered && (applied?.write !== known?.write || !current)) {
        this.poll();
      }
    } catch (error) {
      this.lost(error);
      throw error;
    }
  }

  /** Decides what a document from the store means: news, or a store that has lost its memory. */
  private async accept({ document, version, unreadable }: SyncResult): Promise<void> {
    const { known } = this.view;
    if (document === undefined && unreadable === undefined) {
      return;
    }
    if (unreadable !== undefined) {
      this.damaged(`The stored maintenance state cannot be read: ${unreadable}.`);
    } else if (
      document &&
      !(known && document.history === known.history && document.revision < known.revision)
    ) {
      this.view.take(document, version);
      return;
    } else if (known) {
      this.damaged(
        document
          ? 'The stored maintenance state is older than what was known.'
          : 'The stored maintenance state is gone.',
      );
    }
    if (known) {
      await this.putBack(known, version);
    } else {
      this.view.rename(version);
    }
  }

  private async putBack(known: StateDocument, version: string): Promise<void> {
    const again: StateDocument = { ...known, write: randomId(), revision: known.revision + 1 };
    const written = await this.store.write(again, version, this.deadline());
    if (written === 'conflict') {
      this.poll();
      return;
    }
    this.log.warn('What was last known of the maintenance state was written back.');
    this.view.take(again, written);
    this.error = null;
  }

  private damaged(message: string): void {
    if (this.error !== message) {
      this.log.warn(`${message} What was last known goes on to hold.`);
      this.error = message;
    }
  }

  private lost(error: unknown): void {
    if (this.stopped) {
      return;
    }
    const first = this.error === null;
    this.error = messageOf(error);
    this.staleSince ??= new Date();
    if (first) {
      this.log.warn(
        `Lost touch with the maintenance store: ${this.error} What was last known goes on to hold.`,
      );
      this.health$.next(this.health());
    }
  }

  private found(): void {
    if (this.error === null && this.staleSince === null) {
      return;
    }
    this.error = null;
    this.staleSince = null;
    this.log.log('In touch with the maintenance store again.');
    this.health$.next(this.health());
  }
}

/** The document after an edit: next in its history, or the first of a new one. */
function edited(
  known: StateDocument | null,
  key: string,
  edit: Edit,
  from: boolean,
  now: number,
): StateDocument {
  const revision = (known?.revision ?? 0) + 1;
  const { cause, message, reason, actor, hooks, holds } = edit;
  const record = { switch: edit.switch, holds };
  const change = {
    cause,
    message,
    reason,
    actor,
    hooks,
    from,
    to: edit.switch !== null || holds.length > 0,
    revision,
    at: Math.floor(now),
  };
  return {
    write: randomId(),
    history: known?.history ?? randomId(),
    revision,
    keys: new Map(known?.keys).set(key, { ...record, change }),
  };
}
