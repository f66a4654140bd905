import { MaintenanceStoreError } from '../errors/errors.js';
import { Backoff } from '../common/backoff.js';
import type { ReplicaLease } from './replica-lease.js';
import { reconcile } from '../document/reconcile.js';
import type { StateDocument } from '../document/record.js';
import type { ListConfidence } from './list-confidence.js';
import type { StateView } from './state-view.js';
import type { StoreHealth } from './store-health.js';
import type { ReplicaReport } from './replica-report.js';
import type { News, StateStore, SyncResult, Version } from '../store/store.js';

/** What syncing needs of its surroundings. */
export interface SyncParts {
  readonly store: StateStore;
  readonly view: StateView;
  readonly lease: ReplicaLease;
  readonly list: ListConfidence;
  readonly touch: StoreHealth;
  readonly warn: (message: string) => void;
  /** What this replica tells of itself. */
  readonly report: ReplicaReport;
  /** When a call that begins now must have settled. */
  readonly deadline: () => number;
}

/** Exchanges with the store: tells what was applied, brings what is new, puts back what the store has lost. */
export class StateSync {
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private readonly refusals = new Backoff();
  private stopped = false;

  constructor(private readonly parts: SyncParts) {}

  /** One exchange that begins after the call. Calls that come while one is under way share the next. */
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
   * A push came. What it brings is believed only where it replaces exactly what is known, so that none that is late,
   * doubled or out of order does harm, and only until the store is asked, which happens in any case and tells it what was
   * applied: what came by push alone is never written back.
   */
  onPush(news?: News): void {
    const { view } = this.parts;
    if (news && !this.stopped && view.unreadable === null && news.before === view.version) {
      view.hear(news.document, news.version);
    }
    this.poll();
  }

  /** A sync that is due: less often, the longer the store refuses this replica. */
  heartbeat(): void {
    if (this.refusals.due) {
      this.poll();
    }
  }

  /** A sync that nobody waits for. */
  poll(): void {
    if (!this.stopped) {
      this.sync().catch(() => undefined);
    }
  }

  /**
   * What is stored must be known before it is changed: a change made blindly could undo what it says.
   * @throws MaintenanceStoreError
   */
  requireReadable(): void {
    const { unreadable } = this.parts.view;
    if (unreadable !== null) {
      throw new MaintenanceStoreError(unreadable, 'refused');
    }
  }

  /** Ends exchanging; settles when the last one has. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.next?.catch(() => undefined);
    await this.running?.catch(() => undefined);
  }

  private async exchange(): Promise<void> {
    const { store, view, lease, list, touch, report, deadline } = this.parts;
    const begun = performance.now();
    const { known, version } = view;
    try {
      // who leaves takes part no longer
      const presence = this.stopped ? null : report.tell();
      const result = await store.sync(version, presence, deadline());
      if (this.stopped) {
        return;
      }
      if (presence && result.present) {
        report.taken(presence);
      }
      view.takeLeases(result.leases);
      if (result.relisted) {
        list.forgot();
      }
      if (result.unsure) {
        list.unsure(result.unsure);
      }
      const current = view.version === version;
      const sound = current ? await this.accept(result) : covers(view.known, result);
      if (result.refused !== undefined) {
        this.refusals.failed();
        touch.refused(result.refused);
      } else if (sound) {
        this.refusals.succeeded();
        if (result.present) {
          lease.renew(begun);
        }
        touch.found();
      }
      if (store.clustered && (view.known?.write !== known?.write || !current)) {
        this.poll();
      }
    } catch (error) {
      if (!this.stopped) {
        touch.lost(error);
      }
      throw error;
    }
  }

  /** @returns whether the store is readable, and what it holds is now known here */
  private async accept(result: SyncResult): Promise<boolean> {
    const { view, list, touch } = this.parts;
    const finding = reconcile(view.proven, result);
    if (result.refused !== undefined && (finding.kind === 'lost' || finding.kind === 'lateWrite')) {
      // a store that takes no writes may be behind one that does
      return false;
    }
    switch (finding.kind) {
      case 'same':
        view.confirm();
        if (view.unreadable !== null) {
          // the same as before
          touch.unreadable(view.unreadable);
        }
        return view.unreadable === null;
      case 'news':
        view.take(finding.document, result.version);
        return true;
      case 'unreadable':
        this.unreadable(result, finding.warning);
        return false;
      case 'lost':
        list.forgot();
        touch.warn(finding.warning);
        return this.putBack(finding.again, result.version);
      case 'lateWrite':
        touch.warn(finding.warning);
        return this.putBack(finding.again, result.version);
    }
  }

  private unreadable({ version, newer }: SyncResult, warning: string): void {
    const { store, view, touch } = this.parts;
    const hint = newer ? '' : ` Delete the entry "${store.entry}" to start with nothing in maintenance.`;
    view.markUnreadable(version, warning + hint);
    touch.unreadable(warning + hint);
  }

  private async putBack(again: StateDocument, version: Version): Promise<boolean> {
    const { store, view, warn, deadline } = this.parts;
    const written = await store.write(again, version, deadline());
    if (written === 'conflict') {
      this.poll();
      return false;
    }
    warn('The last known maintenance state was written back.');
    view.advance(again, written);
    return true;
  }
}

/** A write of this process came while the answer was on its way: does it build on what the answer says. */
const covers = (known: StateDocument | null, { document, unreadable }: SyncResult): boolean =>
  unreadable === undefined &&
  (document === undefined ||
    (document !== null && document.history === known?.history && document.revision <= known.revision));
