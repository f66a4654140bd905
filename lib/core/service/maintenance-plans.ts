import { MaintenanceConfigurationError } from '../errors/errors.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import type { MaintenanceKeyLike } from '../keys/maintenance-key-like.js';
import type { MaintenanceWindow, MaintenanceWindowFilter } from '../windows/maintenance-window.js';
import type {
  MaintenanceWindowCancelOptions,
  MaintenanceWindowOptions,
  MaintenanceWindowChanges,
} from '../windows/window-options.js';
import { checkOptionNames } from './call-options.js';
import type { MaintenanceServiceParts } from './maintenance-knowledge.js';
import { MaintenanceWork } from './maintenance-work.js';
import { PlannedWindows } from './planned-windows.js';
import type { RestoredWindow } from './window-plans.js';

/** The part of the service that plans maintenance. @publicApi */
export abstract class MaintenancePlans extends MaintenanceWork {
  /** @internal */
  private readonly planned: PlannedWindows;

  /** @internal */
  protected constructor(parts: MaintenanceServiceParts) {
    super(parts);
    this.planned = new PlannedWindows(parts.manager, parts.hooks);
  }

  /**
   * Plans a window: the key is on while the clock of the store is inside it, on every replica, even if no process is running when it
   * begins or ends. `changing` hooks are called now.
   *
   * @throws UnknownMaintenanceKeyError, MaintenanceConfigurationError for wrong options, MaintenanceConflictError when it overlaps
   * another window of the key or there are 100 already, MaintenanceStoreError, and what a `changing` hook throws
   * @example
   * ```ts
   * await service.scheduleWindow('billing', {
   *   start: { at: '2027-03-28T02:30', timeZone: 'Europe/Berlin' },
   *   duration: 2 * HOUR,
   *   repeat: { cron: '30 2 * * SUN' },
   *   announce: DAY,
   *   message: 'We are moving to a bigger database.',
   * });
   * ```
   */
  async scheduleWindow(
    key: MaintenanceKeyLike,
    options: MaintenanceWindowOptions,
  ): Promise<MaintenanceWindow> {
    return this.planned.schedule(this.target(key), options);
  }

  /**
   * Changes a window that is planned or on; fields that are not given stay as they are. Cancelled occurrences stay cancelled if
   * they still begin at the same moment.
   * @throws UnknownMaintenanceWindowError, MaintenanceConfigurationError, MaintenanceConflictError when it would overlap another or
   * `ifRevision` does not match, MaintenanceStoreError, and what a `changing` hook throws
   */
  async updateWindow(id: string, changes: MaintenanceWindowChanges): Promise<MaintenanceWindow> {
    return this.planned.update(id, changes);
  }

  /**
   * Cancels a window or one of its occurrences. If it is on, it ends now.
   * @throws UnknownMaintenanceWindowError, MaintenanceConfigurationError, MaintenanceConflictError when `ifRevision` does not
   * match, MaintenanceStoreError, and what a `changing` hook throws
   */
  async cancelWindow(id: string, options: MaintenanceWindowCancelOptions = {}): Promise<void> {
    return this.planned.cancel(id, options);
  }

  /** @internal */
  restoreWindow(
    key: MaintenanceKey,
    before: RestoredWindow,
    actor: string | null,
  ): Promise<MaintenanceWindow> {
    return this.planned.restore(key, before, actor);
  }

  /**
   * The planned windows that are on or to come, ordered by their start; each appears once, with its first occurrence in that time.
   * Synchronous, from memory.
   * @throws UnknownMaintenanceKeyError, MaintenanceConfigurationError
   */
  getWindows(filter: MaintenanceWindowFilter = {}): readonly MaintenanceWindow[] {
    checkOptionNames('getWindows', filter, ['key', 'from', 'until']);
    const keys = filter.key === undefined ? this.getKeys() : [this.target(filter.key)];
    return this.planned.list.within(
      keys,
      moment('from', filter.from),
      moment('until', filter.until) ?? Infinity,
    );
  }
}

function moment(option: string, value: unknown): number | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (!(value instanceof Date) || Number.isNaN(value.getTime())) {
    throw MaintenanceConfigurationError.of(option, value, 'a Date');
  }
  return value.getTime();
}
