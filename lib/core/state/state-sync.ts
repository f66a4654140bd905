import { MaintenanceStoreError } from '../errors/errors.js';
import { Backoff } from '../common/backoff.js';
import { Acknowledgements } from './acknowledgements.js';
import { StoreAnswers } from './store-answers.js';
import type { Caution, SyncParts } from './sync-parts.js';
import { bounded } from '../store/bounded.js';
import type { News } from '../store/store.js';

/** Milliseconds between two readings of everything because others cannot read something, whatever they say. */
const DOUBT_INTERVAL = 10_000;

/** Exchanges with the store: reports what was applied, applies what is new. */
export class StateSync {
  private running: Promise<void> | undefined;
  private next: Promise<void> | undefined;
  private readonly acknowledgements: Acknowledgements;
  private readonly refusals = new Backoff();
  private readonly answers: StoreAnswers;
  /** As the application wants it: its `onStale` and `onUnknown`. */
  caution: Caution = { stale: false, unknown: false };
  private stopped = false;
  private nextDoubt = -Infinity;

  constructor(private readonly parts: SyncParts) {
    this.answers = new StoreAnswers(parts, () => this.poll());
    this.acknowledgements = new Acknowledgements(parts, () => this.poll());
  }

  /** One exchange that begins after the call. Calls during an exchange share the next one. */
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

  /** An exchange, after which something can be read, and the record of that key if one is given. @throws MaintenanceStoreError */
  async read(deadline: number, key?: string): Promise<void> {
    await bounded('read', this.sync(), deadline);
    this.requireReadable(key);
  }

  /**
   * A push has arrived. It is applied only if it replaces exactly what is known, so that a late, duplicated or reordered one
   * does no harm, and only until the store is asked, which happens in any case and reports what was applied: what came by push
   * alone is never written back. One that comes after an answer that has brought it says nothing new.
   */
  onPush(news?: News): void {
    const { view } = this.parts;
    if (news?.version === view.version) {
      // its own change, or one about which the store was asked before it came: there is nothing to ask
      return;
    }
    if (news && !this.stopped && view.unreadable.of(news.name) === null && news.before === view.version) {
      view.hear(news);
      this.acknowledge();
    } else if (!news || !view.records.isPast(news)) {
      this.poll();
    }
  }

  /** A sync that is due: less often, the longer the store refuses this replica. */
  heartbeat(): void {
    if (this.refusals.due) {
      this.poll();
    }
  }

  /** Another process cannot read a record. One that knows it puts it back as it reads everything again. */
  doubted(): void {
    const now = performance.now();
    if (!this.stopped && now >= this.nextDoubt) {
      this.nextDoubt = now + DOUBT_INTERVAL;
      this.parts.view.records.distrust();
      this.poll();
    }
  }

  /** A sync that nobody waits for. */
  poll(): void {
    if (!this.stopped) {
      this.sync().catch(() => undefined);
    }
  }

  /** Whether others are listed, and this replica is yet to report what it has applied: none of those who wait is woken before that. */
  get isReporting(): boolean {
    const { store, report } = this.parts;
    return this.acknowledgements.isUnderWay && store.knowsOthers?.(report.id) === true;
  }

  /** Reports what is already known here. */
  acknowledge(): void {
    if (!this.stopped) {
      this.acknowledgements.due();
    }
  }

  /**
   * What is stored must be known before it is changed: a blind change could undo it.
   * @throws MaintenanceStoreError
   */
  requireReadable(key?: string): void {
    const { view } = this.parts;
    const problem = key === undefined ? view.unreadable.all : view.unreadable.of(key);
    if (problem !== null) {
      throw new MaintenanceStoreError(problem, 'refused');
    }
  }

  /** Stops exchanging; settles when the last exchange has. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.acknowledgements.stop();
    await this.next?.catch(() => undefined);
    await this.running?.catch(() => undefined);
  }

  private async exchange(): Promise<void> {
    const { store, view, lease, list, touch, report, commandTimeout } = this.parts;
    const begun = performance.now();
    const { version } = view;
    const { mark } = view.holds;
    const { unconfirmed } = view.records;
    const { caution } = this;
    // a replica that knew nothing, and was not waited for since, knows nothing
    const known = version === '' && caution.stale && lease.over() ? null : version;
    const doubts = version === null ? caution.unknown : caution.stale;
    try {
      // a replica that is leaving no longer takes part
      const presence = this.stopped ? null : report.tell();
      const result = await store.sync(known, presence, begun + commandTimeout);
      if (this.stopped) {
        return;
      }
      if (presence && result.present) {
        report.taken(presence);
      }
      view.takeLeases(result.leases, mark);
      if (result.relisted) {
        list.forgot();
      }
      if (result.unsure) {
        list.unsure(result.unsure);
      }
      list.told = result.list;
      if (doubts && result.emptyFor !== undefined && result.refused === undefined) {
        // in contact with a store that cannot say yet
        this.refusals.succeeded();
        touch.found();
        return;
      }
      const current = view.version === version;
      const sound = await this.answers.accept(result, current, unconfirmed);
      if (result.refused !== undefined) {
        this.refusals.failed();
        touch.refused(result.refused);
      } else if (sound) {
        this.refusals.succeeded();
        if (result.present && !(caution.unknown && view.lacksRecords)) {
          lease.renew(begun);
        }
        const [problem] = view.unreadable.keys.values();
        if (problem === undefined) {
          touch.found();
        } else {
          // the others can be read: this replica is in contact, and says what it does not know
          touch.unreadable(problem);
        }
      }
      if (store.clustered && (view.version !== version || !current)) {
        // what is known now is yet to be reported
        if (sound && view.version !== null) {
          this.acknowledge();
        } else {
          this.poll();
        }
      }
    } catch (error) {
      if (!this.stopped) {
        if (error instanceof MaintenanceStoreError && error.outcome === 'refused') {
          // it answers, and will not answer otherwise any sooner by being asked more often
          this.refusals.failed();
        }
        touch.lost(error);
      }
      throw error;
    }
  }
}
