import type { MaintenanceChange } from '../document/change.js';
import { UnknownMaintenanceKeyError } from '../errors/errors.js';
import { GENERAL_MAINTENANCE } from '../keys/general-maintenance.js';
import { MaintenanceKey } from '../keys/maintenance-key.js';
import type { MaintenanceKeyLike } from '../keys/maintenance-key-like.js';
import type { MaintenanceBypassTokenOptions } from './bypass-token-options.js';
import type { MaintainOptions, Maintenance } from './maintenance.js';
import type { MaintenanceServiceParts } from './maintenance-knowledge.js';
import { MaintenanceWork } from './maintenance-work.js';
import type { MaintenanceMenuItem } from './menu-item.js';
import type { SetMaintenanceOptions } from './set-maintenance-options.js';
import type { MaintenanceSubject } from './subject.js';
import { MaintenanceSwitch } from './switch.js';

/**
 * Puts the application, or a part of it, into maintenance and out again.
 * @publicApi
 */
export class MaintenanceService extends MaintenanceWork {
  /** @internal */
  private readonly switch: MaintenanceSwitch;
  /** @internal */
  constructor(parts: MaintenanceServiceParts) {
    super(parts);
    this.switch = new MaintenanceSwitch(parts.manager, parts.hooks, parts.coordinator, parts.locks);
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
    key: MaintenanceKeyLike = GENERAL_MAINTENANCE,
    options: SetMaintenanceOptions = {},
  ): Promise<MaintenanceChange> {
    return this.switch.set(this.target(key), mode, options);
  }

  /**
   * Forgets all that is recorded of the key: its switch and every hold. Signals of `maintain()` calls abort, and their locks are
   * free. Also for a name that is stored but no longer registered.
   * @param key default: `GENERAL_MAINTENANCE`
   * @throws UnknownMaintenanceKeyError, MaintenanceConflictError when `ifRevision` does not hold, MaintenanceStoreError, and
   * what a `changing` hook throws
   */
  async unsetMaintenance(
    key: MaintenanceKeyLike = GENERAL_MAINTENANCE,
    options: Pick<SetMaintenanceOptions, 'ifRevision' | 'actor'> = {},
  ): Promise<void> {
    return this.switch.unset(await this.targetOrStored(key), options);
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
  maintain(key?: MaintenanceKeyLike, options?: MaintainOptions): Promise<Maintenance>;
  maintain<T>(
    key: MaintenanceKeyLike | undefined,
    work: (maintenance: Maintenance) => T | Promise<T>,
    options?: MaintainOptions,
  ): Promise<T>;
  async maintain<T>(
    key: MaintenanceKeyLike = GENERAL_MAINTENANCE,
    work?: MaintainOptions | ((maintenance: Maintenance) => T | Promise<T>),
    options?: MaintainOptions,
  ): Promise<T | Maintenance> {
    const target = this.target(key);
    const given = (typeof work === 'function' ? options : (work ?? options)) ?? {};
    return typeof work === 'function'
      ? this.parts.sessions.run(target, work, given)
      : this.parts.sessions.enter(target, given);
  }

  /**
   * A token that lets its bearer pass, for `?maintenance-bypass=TOKEN`.
   * @throws MaintenanceConfigurationError without `bypass.secret`, UnknownMaintenanceKeyError
   */
  createBypassToken(options?: MaintenanceBypassTokenOptions): string {
    return this.parts.tokens.create(options, (key) => this.parts.registry.get(key));
  }

  /** The item for the host's own menu; `null` without the permission `see_menu_item`. */
  getMenuItem(subject: MaintenanceSubject): Promise<MaintenanceMenuItem | null> {
    return this.parts.menu.getItem(subject);
  }

  /** The registered key, or one that an application which registered it has left on. */
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
