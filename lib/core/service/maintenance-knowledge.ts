import { map, Subject, type Observable } from 'rxjs';
import type { Coordinator } from '../cluster/coordinator.js';
import type { MaintenanceQuiet } from '../cluster/quiet.js';
import type { MaintenanceChange } from '../document/change.js';
import type { HookRunner } from '../hooks/hook-runner.js';
import { GENERAL_MAINTENANCE } from '../keys/general-maintenance.js';
import type { KeyRegistry } from '../keys/key-registry.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import type { MaintenanceKeyJson } from '../keys/maintenance-key-json.js';
import type { MaintenanceKeyLike } from '../keys/maintenance-key-like.js';
import { MaintenanceStatus } from '../keys/maintenance-status.js';
import { toEntry } from '../history/entry-record.js';
import { parseHistoryLimits } from '../history/history-query.js';
import { HistoryReader } from '../history/history-reader.js';
import type {
  MaintenanceHistoryEntry,
  MaintenanceHistoryFilter,
} from '../history/maintenance-history-entry.js';
import { checkOptionNames } from './call-options.js';
import type { StateManager } from '../state/state-manager.js';
import type { MaintenanceHealth } from '../state/store-health.js';
import type { CallRights } from './call-rights.js';
import { ClusterView, type MaintenanceQuietOptions } from './cluster-view.js';
import type { LockWait } from './lock-wait.js';
import type { OpenWork } from './open-work.js';
import type { MaintenanceReplica } from './replica.js';
import type { MenuSource, StatusSource, TokenSource } from './service-ports.js';
import type { MaintenanceSessions } from './sessions.js';

/** What the service is made of. */
export interface MaintenanceServiceParts {
  readonly manager: StateManager;
  readonly registry: KeyRegistry;
  readonly hooks: HookRunner;
  readonly sessions: MaintenanceSessions;
  readonly locks: LockWait;
  readonly openWork: OpenWork;
  readonly rights: CallRights;
  readonly coordinator: Coordinator;
  readonly statuses: StatusSource;
  readonly tokens: TokenSource;
  readonly menu: MenuSource;
}

/** The part of the service that answers questions about keys, the store and the replicas. @publicApi */
export abstract class MaintenanceKnowledge {
  /** Every change that this process learns of: its own, another replica's, an expiry. It completes when the application is closed. */
  readonly changes: Observable<MaintenanceChange>;
  /** Emits when contact with the store is lost or restored. */
  readonly healthChanges: Observable<MaintenanceHealth>;

  /** @internal */
  private readonly cluster: ClusterView;

  /** @internal */
  protected constructor(
    /** @internal */
    protected readonly parts: MaintenanceServiceParts,
  ) {
    this.cluster = new ClusterView(parts.manager, parts.coordinator);
    const changes = new Subject<MaintenanceChange>();
    parts.manager.changes.pipe(map(({ change }) => change)).subscribe(changes);
    this.changes = changes.asObservable();
    this.healthChanges = parts.manager.health$.asObservable();
  }

  /**
   * Whether maintenance affects this request: look at `active` of the result. Synchronous, from memory. It asks the keys and their status
   * classes; what else admits a request (bypass, `ignorePaths`, exempt handlers) does not count. During a gradual reopening,
   * the visitor of the request decides; without a request, the maintenance is over. Out of contact with the store it answers by the last
   * known state, even while `onStale: 'block'` refuses requests.
   * @param request the request object of the framework; without one, every key in maintenance counts
   * @param keys only these; default: all that affect unmarked handlers (without a request: all)
   * @returns the status of the first key, in order, that affects the request; otherwise one whose `value` is `false`
   * @throws UnknownMaintenanceKeyError
   */
  isInMaintenance(
    request?: unknown,
    keys?: MaintenanceKeyLike | readonly MaintenanceKeyLike[],
  ): MaintenanceStatus {
    const given = request ?? undefined;
    const asked = keys === undefined ? undefined : this.resolve(keys);
    const active = this.parts.manager.snapshot.refusing.filter(({ key }) =>
      asked ? asked.has(key) : given === undefined || key.scope === 'site',
    );
    return this.parts.statuses.first(active, request) ?? new MaintenanceStatus(false, null, request);
  }

  /**
   * Whether any of these keys is in maintenance now. Synchronous, from memory; out of contact with the store, by the last known state.
   * @param keys default: all
   * @throws UnknownMaintenanceKeyError
   */
  isActive(keys?: MaintenanceKeyLike | readonly MaintenanceKeyLike[]): boolean {
    // first: that may find keys of a module that was loaded since
    const asked = keys === undefined ? undefined : this.resolve(keys);
    const { active } = this.parts.manager.snapshot;
    return asked ? active.some(({ key }) => asked.has(key)) : active.length > 0;
  }

  /** All registered keys, in the order they are asked. */
  getKeys(): readonly MaintenanceKey[] {
    this.parts.registry.rescan();
    // a list of the caller's own: it may be sorted
    return [...this.parts.registry.all()];
  }

  /** Key data by name, read from the store, or from memory if the store is unreachable. */
  async getKeyData(): Promise<Record<string, MaintenanceKeyJson>> {
    await this.parts.manager.refresh().catch(() => undefined);
    return Object.fromEntries(
      this.getKeys().map((key) => [key.name, key.toJSON(this.parts.manager.current(key))]),
    );
  }

  /**
   * The history of keys, newest first: every change, however it was made, and what happened by itself. With Redis for all
   * processes, as far back as the option `history.keep` allows; otherwise since this process started, and only its own changes.
   * @throws UnknownMaintenanceKeyError, MaintenanceConfigurationError, MaintenanceStoreError
   */
  async getHistory(filter: MaintenanceHistoryFilter = {}): Promise<MaintenanceHistoryEntry[]> {
    checkOptionNames('getHistory', filter, ['key', 'since', 'limit']);
    const limits = parseHistoryLimits(filter);
    const key = filter.key === undefined ? undefined : this.target(filter.key).name;
    const entries = await new HistoryReader(this.parts.manager).read({ key, ...limits });
    return entries.map(toEntry);
  }

  /**
   * Reads the store now.
   * @throws MaintenanceStoreError
   */
  refresh(): Promise<void> {
    return this.parts.manager.refresh();
  }

  /** The state of this replica's contact with the store, for readiness probes. */
  health(): MaintenanceHealth {
    return this.parts.manager.health();
  }

  /**
   * The replicas of the application, including silent ones that are not known to be gone. Without Redis: this process only.
   * @throws MaintenanceStoreError
   */
  replicas(): Promise<MaintenanceReplica[]> {
    return this.cluster.replicas();
  }

  /**
   * Whether anything that a key refuses is still running, for operators who switch a key on by hand and start their work when it is
   * quiet.
   * @param key default: `GENERAL_MAINTENANCE`
   * @throws UnknownMaintenanceKeyError, MaintenanceConfigurationError, MaintenanceStoreError, and the reason of the signal
   */
  async quiet(
    key: MaintenanceKeyLike = GENERAL_MAINTENANCE,
    options: MaintenanceQuietOptions = {},
  ): Promise<MaintenanceQuiet> {
    return this.cluster.quiet(this.target(key), options);
  }

  /**
   * Declares a silent replica gone, so that drains stop waiting for it, for example because its machine is known to be lost
   * although its connection looks open. If it is not gone after all, it comes back with its next heartbeat; until then, no drain
   * has waited for what it was running.
   * @param id as in {@link replicas}
   * @returns `false` if no such replica is listed (any more)
   * @throws MaintenanceError when the replica is not silent; MaintenanceConfigurationError, MaintenanceStoreError
   */
  forgetReplica(id: string): Promise<boolean> {
    return this.cluster.forget(id);
  }

  private resolve(keys: MaintenanceKeyLike | readonly MaintenanceKeyLike[]): ReadonlySet<MaintenanceKey> {
    return new Set((isList(keys) ? keys : [keys]).map((key) => this.parts.registry.get(key)));
  }

  /** The registered key; finds what lazily loaded modules have brought, hooks included. @internal */
  protected target(key: MaintenanceKeyLike): MaintenanceKey {
    this.parts.registry.rescan();
    return this.parts.registry.get(key);
  }
}

function isList(
  keys: MaintenanceKeyLike | readonly MaintenanceKeyLike[],
): keys is readonly MaintenanceKeyLike[] {
  return Array.isArray(keys);
}
