import { Subject } from 'rxjs';
import type { KeyRegistry } from '../keys/key-registry.js';
import type { KeyStateReader } from '../keys/key-readers.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import type { MaintenanceState } from '../keys/maintenance-state.js';
import type { MaintenanceChange } from '../document/change.js';
import { HistoryWriter } from '../history/history-writer.js';
import type { Editor } from '../document/updates.js';
import { ReplicaLease, type Replica } from './replica-lease.js';
import type { StateDocument } from '../document/record.js';
import { CatchUp } from './catch-up.js';
import { HoldLiveness } from './hold-liveness.js';
import { ListConfidence } from './list-confidence.js';
import { longestLease } from '../document/holds.js';
import { ReplicaReport } from './replica-report.js';
import type { Snapshot } from './snapshot.js';
import { StateSync } from './state-sync.js';
import type { Caution } from './sync-parts.js';
import type { AnnouncedChange } from '../document/seen-change.js';
import { StateView } from './state-view.js';
import { StoreSession } from './store-session.js';
import { StateWriter } from './state-writer.js';
import { StoreHealth, type StateLog, type MaintenanceHealth } from './store-health.js';
import type { StateStore } from '../store/store.js';
import { ProgressWatch } from './progress-watch.js';
import { Notifier } from '../common/notifier.js';

/**
 * Keeps what this process knows of the state up to date: by polls, which pushes hasten, and by its own writes.
 */
export class StateManager implements KeyStateReader {
  /** Every change as this process learns of it. */
  readonly changes = new Subject<AnnouncedChange>();
  /** Emits in the same tick as the snapshot changes, before {@link changes}, also when there is nothing to announce. */
  readonly updates = new Subject<void>();
  /** Emits when contact with the store is lost or restored. */
  readonly health$: Subject<MaintenanceHealth>;
  /** Emits when the store is there again; it may have forgotten what it knew. */
  readonly reconnected = new Subject<void>();
  readonly notifier = new Notifier();
  readonly lease: ReplicaLease;
  /** The records as this replica knows them. */
  readonly view: StateView;
  /** What this replica reports about itself. */
  readonly report: ReplicaReport;
  /** Which holds are still renewed. */
  readonly holds: HoldLiveness;
  /** How far the store's list of replicas can be trusted. */
  readonly list: ListConfidence;
  /** The progress of holds. */
  readonly progress: ProgressWatch;
  /** This process and its store. */
  readonly session: StoreSession;

  private readonly touch: StoreHealth;
  private readonly exchanges: StateSync;
  private readonly catchingUp: CatchUp;
  private readonly writer: StateWriter;

  constructor(
    readonly store: StateStore,
    readonly registry: KeyRegistry,
    readonly replica: Replica,
    private readonly commandTimeout: number,
    log: StateLog,
    /** This process has no hooks: one that has calls them for its changes. */
    delegates = false,
    /** Where changes are recorded. */
    readonly history = new HistoryWriter(),
  ) {
    this.lease = new ReplicaLease(store.clustered, replica.lease);
    const clockSkew = (): number => (store.clustered ? Math.round(Date.now() - store.now()) || 0 : 0);
    this.holds = new HoldLiveness(store.clustered, (id) => store.isLocal?.(id) === true);
    this.view = new StateView(registry, store, this.holds, this.updates, this.changes, (hold) =>
      this.progress.of(hold),
    );
    this.touch = new StoreHealth(log, this.view, this.lease, clockSkew);
    this.health$ = this.touch.changes;
    this.report = new ReplicaReport(replica, this.view, clockSkew);
    this.list = new ListConfidence(replica.lease);
    this.exchanges = new StateSync({
      store,
      view: this.view,
      lease: this.lease,
      list: this.list,
      touch: this.touch,
      report: this.report,
      log,
      commandTimeout,
    });
    this.session = new StoreSession({
      store,
      view: this.view,
      exchanges: this.exchanges,
      list: this.list,
      touch: this.touch,
      lease: replica.lease,
      reconnected: this.reconnected,
      notifier: this.notifier,
      log,
      commandTimeout,
    });
    this.catchingUp = new CatchUp(this.exchanges, this.lease, this.touch, this.reconnected, commandTimeout);
    this.writer = new StateWriter(store, this.view, this.exchanges, this.session, delegates, history);
    this.progress = new ProgressWatch(this, () => this.view.refresh());
    registry.bind(this);
    this.updates.subscribe(() => store.leases.heed?.(longestLease(this.document)));
  }

  /** What the application refuses if in doubt: an ambiguous answer of the store then does not count. */
  set caution(caution: Caution) {
    this.exchanges.caution = caution;
  }

  /** What this process knows now; never waits. */
  get snapshot(): Snapshot {
    return this.view.snapshot;
  }

  /** Whether the state was ever read: before that nothing is known, not even that nothing is in maintenance. */
  get hasRead(): boolean {
    return this.view.hasRead;
  }

  /** The recorded state, for those who wait until others have applied it. */
  get document(): StateDocument | null {
    return this.view.known;
  }

  current(key: MaintenanceKey): MaintenanceState {
    return this.snapshot.of(key);
  }

  async fresh(key: MaintenanceKey): Promise<MaintenanceState> {
    await this.refresh(key.name);
    return this.current(key);
  }

  health(): MaintenanceHealth {
    return this.touch.health();
  }

  /** The time by which a call that begins now must settle, on the monotonic clock. */
  deadline(): number {
    return performance.now() + this.commandTimeout;
  }

  /** Connects and reads once. An unreachable store does not stop the start; it is tried again with each heartbeat. */
  start(): Promise<void> {
    return this.session.start();
  }

  async stop(): Promise<void> {
    this.writer.close();
    this.view.stop();
    this.progress.stop();
    await this.session.stop(this.replica.id);
    this.registry.unbind();
    for (const subject of [this.changes, this.updates, this.health$, this.reconnected]) {
      subject.complete();
    }
    this.notifier.stop();
  }

  /** @throws MaintenanceStoreError if the store cannot be read now, or the record of that key */
  async refresh(key?: string): Promise<void> {
    const deadline = this.deadline();
    await this.session.opened(deadline);
    await this.exchanges.read(deadline, key);
  }

  /**
   * One look at the store, connected or not, before a decision of a replica whose lease has lapsed, bounded by `commandTimeout`.
   * @returns `false` if the lease could not be renewed
   */
  catchUp(): Promise<boolean> {
    return this.start().then(() => this.catchingUp.look());
  }

  /** One exchange with the store: reports what was applied, returns what is new. */
  sync(): Promise<void> {
    return this.exchanges.sync();
  }

  /** Whether others are listed, and this replica is yet to report what it has applied. */
  get isReporting(): boolean {
    return this.exchanges.isReporting;
  }

  /**
   * Changes a key's record by compare-and-set.
   * @returns the change, or `null` if there was nothing to write
   * @throws MaintenanceStoreError by the deadline, and what the editor throws
   */
  write(key: string, editor: Editor, deadline = this.deadline()): Promise<MaintenanceChange | null> {
    return this.writer.write(key, editor, deadline);
  }
}
