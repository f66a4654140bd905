import { MaintenanceStoreError } from '../errors/errors.js';
import { Backoff } from '../common/backoff.js';
import type { ReplicaLease } from './replica-lease.js';
import { reconcile } from '../document/reconcile.js';
import type { KeyRecord } from '../document/record.js';
import { parseVersion } from '../document/version.js';
import type { ListConfidence } from './list-confidence.js';
import type { StateView } from './state-view.js';
import type { StoreHealth } from './store-health.js';
import type { ReplicaReport } from './replica-report.js';
import type { News, RecordWrite, StateStore, SyncResult, Version } from '../store/store.js';

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
  readonly caution: () => Caution;
}

/** Are requests refused by who has lost touch, and by who has never known. */
export interface Caution {
  readonly stale: boolean;
  readonly unknown: boolean;
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
    if (news && !this.stopped && view.problemOf(news.name) === null && news.before === view.version) {
      view.hear(news);
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
  requireReadable(key?: string): void {
    const { view } = this.parts;
    const problem = key === undefined ? view.unreadable : view.problemOf(key);
    if (problem !== null) {
      throw new MaintenanceStoreError(problem, 'refused');
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
    const { version } = view;
    const caution = this.parts.caution();
    // who knew of nothing, and was not waited for since, knows nothing
    const known = version === '' && caution.stale && lease.over() ? null : version;
    const doubts = version === null ? caution.unknown : caution.stale;
    try {
      // who leaves takes part no longer
      const presence = this.stopped ? null : report.tell();
      const result = await store.sync(known, presence, deadline());
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
      if (doubts && result.emptyFor !== undefined && result.refused === undefined) {
        // in touch with a store that cannot say yet
        this.refusals.succeeded();
        touch.found();
        return;
      }
      const current = view.version === version;
      const sound = await this.accept(result, current);
      if (result.refused !== undefined) {
        this.refusals.failed();
        touch.refused(result.refused);
      } else if (sound) {
        this.refusals.succeeded();
        if (result.present && !(caution.unknown && view.lacksRecords)) {
          lease.renew(begun);
        }
        const [problem] = view.unreadableKeys.values();
        if (problem === undefined) {
          touch.found();
        } else {
          // the others can be read: this replica is in touch, and says what it does not know
          touch.unreadable(problem);
        }
      }
      if (store.clustered && (view.version !== version || !current)) {
        this.poll();
      }
    } catch (error) {
      if (!this.stopped) {
        touch.lost(error);
      }
      throw error;
    }
  }

  /**
   * @param current is this process still at the version that the store was asked with
   * @returns whether the store is readable, and what it holds is now known here
   */
  private async accept(result: SyncResult, current: boolean): Promise<boolean> {
    const { view, list, touch } = this.parts;
    const { stored, version } = result;
    if (result.unreadable !== undefined) {
      return this.unreadable(result, result.unreadable, current);
    }
    if (!stored) {
      if (current) {
        view.confirm();
      }
      if (view.unreadable !== null) {
        // the same as before
        touch.unreadable(view.unreadable);
      }
      return view.unreadable === null;
    }
    if (stored.all && !current) {
      // a write of this process, or a push, came while the answer was on its way: asked again
      return false;
    }
    const finding = reconcile(stored.all ? view.proven : (view.known?.keys ?? NONE), stored);
    let { news } = finding;
    let at = version;
    if (finding.putBack.length > 0) {
      if (result.refused !== undefined) {
        // a store that takes no writes may be behind one that does
        return false;
      }
      if (stored.all) {
        list.forgot();
      }
      finding.warnings.forEach((warning) => touch.warn(warning));
      const again = await this.putBack(finding.putBack, version);
      if (!again) {
        return false;
      }
      news = new Map([...news, ...again.records]);
      at = again.version;
    }
    if (stored.all) {
      view.take(news, at, finding.unreadable);
    } else {
      view.follow(news, isAhead(view.version, at) ? view.version : at, finding.unreadable);
    }
    return true;
  }

  private async unreadable(
    { version, newer, refused }: SyncResult,
    problem: string,
    current: boolean,
  ): Promise<boolean> {
    const { store, view, list, touch } = this.parts;
    const warning = `The stored maintenance state cannot be read: ${problem}.`;
    const known = [...view.proven];
    if (current && known.length > 0 && !newer) {
      if (refused !== undefined) {
        return false;
      }
      list.forgot();
      touch.warn(warning);
      const lost = known.map(([name, record]) => ({ name, expected: '', record, kept: true }));
      const again = await this.putBack(lost, version);
      if (again) {
        view.take(again.records, again.version);
      }
      return again !== undefined;
    }
    const hint = newer ? '' : ` Delete the entry "${store.entry}" to start with nothing in maintenance.`;
    view.markUnreadable(version, warning + hint);
    touch.unreadable(warning + hint);
    return false;
  }

  /** @returns what is stored now, and where that leaves this process; `undefined` when somebody else was faster */
  private async putBack(
    lost: readonly RecordWrite[],
    version: Version,
  ): Promise<{ records: ReadonlyMap<string, KeyRecord>; version: Version } | undefined> {
    const { store, touch, warn, deadline } = this.parts;
    const written = new Map<string, KeyRecord>();
    let at = version;
    let alone = true;
    for (let from = 0; from < lost.length; from += MOST_AT_ONCE) {
      const some = lost.slice(from, from + MOST_AT_ONCE);
      const { outcomes, before, version: after } = await store.write(some, at, deadline());
      some.forEach(({ name }, i) => {
        const outcome = outcomes[i];
        if (typeof outcome === 'object') {
          written.set(name, outcome);
        }
      });
      if (outcomes.includes('full')) {
        // asked again with the next heartbeat, when somebody may have made room
        touch.warn('The maintenance state that the store has lost does not fit into it any more.');
        return undefined;
      }
      if (outcomes.includes('conflict')) {
        this.poll();
        return undefined;
      }
      alone &&= before === at;
      at = after;
    }
    warn('The last known maintenance state was written back.');
    // what others have written in between is not known yet
    return { records: written, version: alone ? at : version };
  }
}

const NONE: ReadonlyMap<string, KeyRecord> = new Map();
/** Records that are put back in one go. */
const MOST_AT_ONCE = 500;

/** Is one version further in the same history than another: a write of this process came while the answer was on its way. */
function isAhead(one: Version | null, other: Version): one is Version {
  const [a, b] = [parseVersion(one ?? ''), parseVersion(other)];
  return a !== undefined && b !== undefined && a.history === b.history && a.revision > b.revision;
}
