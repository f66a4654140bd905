import { Injectable } from '@nestjs/common';
import { map, Subject, type Observable } from 'rxjs';
import type { MaintenanceMenuItem } from './maintenance.menu.js';
import type { BypassTokenOptions, BypassTokens } from './decision/bypass-tokens.js';
import { isSafeMethod, letsRead, type Decision } from './decision/decision.js';
import type { HookRunner } from './hooks/hook-runner.js';
import type { KeyRegistry } from './keys/key-registry.js';
import { GENERAL_MAINTENANCE, MaintenanceKey, type MaintenanceKeyJson } from './keys/maintenance-key.js';
import { MaintenanceStatus } from './keys/maintenance-status.js';
import { checkOptionNames } from './maintenance.durations.js';
import type { MaintainOptions, Maintenance } from './maintenance.js';
import type { MaintenanceSubject } from './maintenance.options.js';
import { replicaOf, type MaintenanceReplica } from './maintenance.replica.js';
import type { MaintenanceSessions } from './maintenance.sessions.js';
import { MaintenanceSwitch, type SetMaintenanceOptions } from './maintenance.switch.js';
import type { Agreement } from './state/agreement.js';
import type { MaintenanceChange } from './state/change.js';
import type { StateKeeper } from './state/state-keeper.js';
import type { MaintenanceHealth } from './state/store-touch.js';

/** Names a key. @publicApi */
export type KeyLike = string | MaintenanceKey;

/** What the service is made of. */
export interface MaintenanceServiceParts {
  readonly keeper: StateKeeper;
  readonly registry: KeyRegistry;
  readonly hooks: HookRunner;
  readonly sessions: MaintenanceSessions;
  readonly agreement: Agreement;
  readonly decision: Decision;
  readonly tokens: BypassTokens;
  readonly menu: (subject: MaintenanceSubject) => Promise<MaintenanceMenuItem | null>;
}

/**
 * Puts the application, or a part of it, into maintenance and out again.
 * @publicApi
 */
@Injectable()
export class MaintenanceService {
  /** Every change as this process learns of it: its own, another replica's, an expiry. Never fails; ends with the application. */
  readonly changes: Observable<MaintenanceChange>;
  /** Emits when touch with the store is lost and when it is found again. */
  readonly healthChanges: Observable<MaintenanceHealth>;

  /** @internal */
  private readonly switch: MaintenanceSwitch;

  /** @internal */
  constructor(private readonly parts: MaintenanceServiceParts) {
    this.switch = new MaintenanceSwitch(parts.keeper, parts.hooks, parts.agreement);
    const changes = new Subject<MaintenanceChange>();
    parts.keeper.changes.pipe(map(({ change }) => change)).subscribe(changes);
    this.changes = changes.asObservable();
    this.healthChanges = parts.keeper.health$.asObservable();
  }

  /**
   * Does maintenance affect this request. Reads memory only: never waits, never asks the store.
   * @param request as the framework hands it out; without one every key in maintenance counts
   * @param keys only these; default: all that affect unmarked handlers (all, without a request)
   * @returns the answer of the first key, in order, that says `true`; otherwise one whose `value` is `false`
   * @throws UnknownMaintenanceKeyError
   */
  isInMaintenance(request?: unknown, keys?: KeyLike | readonly KeyLike[]): MaintenanceStatus {
    const { keeper, registry, decision } = this.parts;
    const asked =
      keys === undefined
        ? undefined
        : new Set((isList(keys) ? keys : [keys]).map((key) => registry.get(key)));
    for (const { key, state } of keeper.snapshot.active) {
      if (asked ? !asked.has(key) : (request ?? undefined) !== undefined && key.scope === 'marked') {
        continue;
      }
      if (letsRead(key, isSafeMethod((request as { method?: unknown } | null | undefined)?.method))) {
        continue;
      }
      const status = decision.ask(key, state, request);
      if (status) {
        return status;
      }
    }
    return new MaintenanceStatus(false, null, request);
  }

  /**
   * Turns a key's switch on or off. Turning it off leaves a key on that a `maintain()` still holds; the change says so.
   * @param key default: `GENERAL_MAINTENANCE`
   * @throws UnknownMaintenanceKeyError, MaintenanceConfigurationError for wrong options, MaintenanceLockedError when
   * waiting for the lock was in vain, MaintenanceConflictError when `ifRevision` does not hold, MaintenanceStoreError, and
   * what a `changing` hook throws
   */
  async setMaintenance(
    mode: boolean,
    key: KeyLike = GENERAL_MAINTENANCE,
    options: SetMaintenanceOptions = {},
  ): Promise<MaintenanceChange> {
    return this.switch.set(this.target(key), mode, options);
  }

  /**
   * Forgets all that is recorded of the key: its switch and every hold. Signals of `maintain()` calls abort.
   * @param key default: `GENERAL_MAINTENANCE`
   * @throws UnknownMaintenanceKeyError, MaintenanceConflictError when `ifRevision` does not hold, MaintenanceStoreError, and
   * what a `changing` hook throws
   */
  async unsetMaintenance(
    key: KeyLike = GENERAL_MAINTENANCE,
    options: Pick<SetMaintenanceOptions, 'ifRevision'> = {},
  ): Promise<void> {
    return this.switch.unset(this.target(key), options);
  }

  /**
   * Keeps a key in maintenance while work is done that must not be interrupted.
   *
   * With work: runs it inside and gives what it gives. Without: gives a {@link Maintenance} to be left by `await using`.
   * The key is held until every such call has left it, and stays on if it was on before.
   *
   * @throws UnknownMaintenanceKeyError, MaintenanceConfigurationError, MaintenanceLockedError, MaintenanceDrainError (work
   * did not run), MaintenanceLockLostError (the maintenance was lost while work ran), MaintenanceStoreError, and what work
   * or a `changing` hook throws
   * @example
   * ```ts
   * await service.maintain('import-export', async ({ signal }) => importAll({ signal }));
   *
   * await using maintenance = await service.maintain('import-export');
   * ```
   */
  maintain(key?: KeyLike, options?: MaintainOptions): Promise<Maintenance>;
  maintain<T>(
    key: KeyLike | undefined,
    work: (maintenance: Maintenance) => T | Promise<T>,
    options?: MaintainOptions,
  ): Promise<T>;
  async maintain<T>(
    key: KeyLike = GENERAL_MAINTENANCE,
    work?: MaintainOptions | ((maintenance: Maintenance) => T | Promise<T>),
    options?: MaintainOptions,
  ): Promise<T | Maintenance> {
    const target = this.target(key);
    const given = (typeof work === 'function' ? options : (work ?? options)) ?? {};
    checkOptionNames('maintain', given, MAINTAIN_OPTIONS);
    return typeof work === 'function'
      ? this.parts.sessions.run(target, work, given)
      : this.parts.sessions.enter(target, given);
  }

  /** All registered keys, in the order they are asked. */
  getKeys(): readonly MaintenanceKey[] {
    this.parts.registry.rescan();
    // a list of the caller's own: it may be sorted
    return [...this.parts.registry.all()];
  }

  /** Key data by name, read from the store; from memory when the store is away. */
  async getKeyData(): Promise<Record<string, MaintenanceKeyJson>> {
    await this.parts.keeper.refresh().catch(() => undefined);
    return Object.fromEntries(
      this.getKeys().map((key) => [key.name, key.toJSON(this.parts.keeper.current(key))]),
    );
  }

  /**
   * Reads the store now.
   * @throws MaintenanceStoreError
   */
  refresh(): Promise<void> {
    return this.parts.keeper.refresh();
  }

  /** How well this replica is in touch with the store, for readiness probes. */
  health(): MaintenanceHealth {
    return this.parts.keeper.health();
  }

  /**
   * The live replicas; this one alone without Redis.
   * @throws MaintenanceStoreError
   */
  async replicas(): Promise<MaintenanceReplica[]> {
    const { keeper } = this.parts;
    await keeper.refresh();
    const seen = await keeper.store.replicas(keeper.deadline());
    return seen.map(replicaOf);
  }

  /**
   * A token that lets its bearer pass, for `?maintenance-bypass=TOKEN`.
   * @throws MaintenanceConfigurationError without `bypass.secret`, UnknownMaintenanceKeyError
   */
  createBypassToken(options?: BypassTokenOptions): string {
    return this.parts.tokens.create(options, (key) => this.parts.registry.get(key).name);
  }

  /** The item for the host's own menu; `null` without the permission `see_menu_item`. */
  getMenuItem(subject: MaintenanceSubject): Promise<MaintenanceMenuItem | null> {
    return this.parts.menu(subject);
  }

  /** The registered key; finds what lazily loaded modules have brought, hooks included. */
  private target(key: KeyLike): MaintenanceKey {
    this.parts.registry.rescan();
    return this.parts.registry.get(key);
  }
}

const MAINTAIN_OPTIONS: readonly string[] = [
  'timeout',
  'lock',
  'blocking',
  'drain',
  'message',
  'reason',
  'actor',
  'onShutdown',
] satisfies (keyof MaintainOptions)[];

function isList(keys: KeyLike | readonly KeyLike[]): keys is readonly KeyLike[] {
  return Array.isArray(keys);
}
