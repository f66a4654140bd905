import type { MaintenanceChange } from '../document/change.js';
import { MaintenanceConfigurationError, UnknownMaintenanceKeyError } from '../errors/errors.js';
import { GENERAL_MAINTENANCE } from '../keys/general-maintenance.js';
import { MaintenanceKey } from '../keys/maintenance-key.js';
import type { MaintenanceKeyLike } from '../keys/maintenance-key-like.js';
import type { MaintenanceBypassTokenOptions } from './bypass-token-options.js';
import type { MaintenanceHoldOptions, Maintenance } from './maintenance.js';
import type { MaintenanceServiceParts } from './maintenance-knowledge.js';
import { MaintenancePlans } from './maintenance-plans.js';
import type { MaintenanceMenuItem } from './menu-item.js';
import type { MaintenanceSetOptions, MaintenanceUnsetOptions } from './set-maintenance-options.js';
import type { MaintenanceSubject } from './subject.js';
import { MaintenanceSwitch } from './switch.js';

/**
 * Switches maintenance on and off, for the application or parts of it. Inject it anywhere.
 * @publicApi
 */
export class MaintenanceService extends MaintenancePlans {
  /** @internal */
  private readonly switch: MaintenanceSwitch;
  /** @internal */
  constructor(parts: MaintenanceServiceParts) {
    super(parts);
    this.switch = new MaintenanceSwitch(parts.manager, parts.hooks, parts.coordinator, parts.locks);
  }

  /**
   * Turns a key's switch on or off. Turning it off also ends the planned window that is on, this time only. A key that a
   * `maintain()` still holds stays on after its switch is turned off; the change says so.
   * @param key default: `GENERAL_MAINTENANCE`
   * @throws UnknownMaintenanceKeyError, MaintenanceConfigurationError for wrong options, MaintenanceLockedError when the lock did
   * not become free in time, MaintenanceConflictError when `ifRevision` does not match, MaintenanceStoreError, MaintenanceError when
   * the application shuts down during the wait for the lock, the reason of the signal, and what a `changing` hook throws
   */
  async setMaintenance(
    mode: boolean,
    key: MaintenanceKeyLike = GENERAL_MAINTENANCE,
    options: MaintenanceSetOptions = {},
  ): Promise<MaintenanceChange> {
    return this.switch.set(this.target(key), mode, options);
  }

  /**
   * Ends a key's maintenance: its switch, every hold, and the planned window that is on. Signals of `maintain()` calls abort, and
   * their locks become free, except with `keepLock`. A gradual reopening ends, too. Later windows stay. For a name that is stored but
   * no longer registered, it clears everything.
   * @param key default: `GENERAL_MAINTENANCE`
   * @throws UnknownMaintenanceKeyError, MaintenanceConfigurationError for wrong options, MaintenanceConflictError when `ifRevision`
   * does not match, MaintenanceStoreError, and what a `changing` hook throws
   */
  async unsetMaintenance(
    key: MaintenanceKeyLike = GENERAL_MAINTENANCE,
    options: MaintenanceUnsetOptions = {},
  ): Promise<void> {
    return this.switch.unset(await this.targetOrStored(key), options);
  }

  /**
   * Keeps a key in maintenance while work runs that must not be interrupted.
   *
   * With `work`, it runs the work and resolves with its result. Without, it resolves with a {@link Maintenance} for `await using`.
   * The key stays on until every such call has left it, and afterwards if it was on before.
   *
   * @throws UnknownMaintenanceKeyError, MaintenanceConfigurationError, MaintenanceLockedError, MaintenanceDrainError (work
   * did not run), MaintenanceLockLostError (the maintenance was lost meanwhile), MaintenanceStoreError, MaintenanceError when
   * the application has begun to shut down, the reason of the signal, and what work or a `changing` hook throws
   * @example
   * ```ts
   * await service.maintain('import-export', async ({ signal }) => importAll({ signal }));
   *
   * await using maintenance = await service.maintain('import-export');
   * ```
   */
  maintain(key?: MaintenanceKeyLike, options?: MaintenanceHoldOptions): Promise<Maintenance>;
  maintain<T>(
    key: MaintenanceKeyLike | undefined,
    work: (maintenance: Maintenance) => T | Promise<T>,
    options?: MaintenanceHoldOptions,
  ): Promise<T>;
  async maintain<T>(
    key: MaintenanceKeyLike = GENERAL_MAINTENANCE,
    work?: MaintenanceHoldOptions | ((maintenance: Maintenance) => T | Promise<T>),
    options?: MaintenanceHoldOptions,
  ): Promise<T | Maintenance> {
    const target = this.target(key);
    if (typeof work !== 'function' && work && options) {
      throw MaintenanceConfigurationError.of('work of maintain()', work, 'a function, if options follow it');
    }
    const given = (typeof work === 'function' ? options : (work ?? options)) ?? {};
    return typeof work === 'function'
      ? this.parts.sessions.run(target, work, given)
      : this.parts.sessions.enter(target, given);
  }

  /**
   * Creates a token that lets its bearer pass, for `?maintenance-bypass=TOKEN` or the header `X-Maintenance-Bypass`.
   * @throws MaintenanceConfigurationError without `bypass.secret` and for wrong options, UnknownMaintenanceKeyError
   */
  createBypassToken(options?: MaintenanceBypassTokenOptions): string {
    return this.parts.tokens.create(options, (key) => this.parts.registry.get(key));
  }

  /** The item for your own menu; `null` without the permission `see_menu_item`. */
  getMenuItem(subject: MaintenanceSubject): Promise<MaintenanceMenuItem | null> {
    return this.parts.menu.getItem(subject);
  }

  /** The registered key, or a name that is stored but no longer registered. */
  private async targetOrStored(key: MaintenanceKeyLike): Promise<MaintenanceKey> {
    try {
      return this.target(key);
    } catch (error) {
      if (!(error instanceof UnknownMaintenanceKeyError)) {
        throw error;
      }
      const { manager } = this.parts;
      await manager.refresh();
      if (!manager.document?.keys.has(error.key)) {
        throw error;
      }
      return new MaintenanceKey(error.key);
    }
  }
}
