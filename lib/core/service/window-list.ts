import { UnknownMaintenanceWindowError } from '../errors/errors.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import type { StateManager } from '../state/state-manager.js';
import { firstWithin, toWindow, type MaintenanceWindow } from '../windows/maintenance-window.js';
import type { WindowRecord } from '../windows/window-record.js';

/** The planned windows as this process knows them. */
export class WindowList {
  constructor(private readonly manager: StateManager) {}

  /**
   * Those of some keys with an occurrence in that time, ordered by its start.
   * @param from epoch ms; default: now
   */
  within(
    keys: readonly MaintenanceKey[],
    from: number | undefined,
    until: number,
  ): readonly MaintenanceWindow[] {
    const now = this.manager.store.now();
    return keys
      .flatMap((key) =>
        this.of(key).flatMap((window) => {
          const occurrence = firstWithin(window, from ?? now, until);
          return occurrence ? [toWindow(key.name, occurrence, now)] : [];
        }),
      )
      .sort((a, b) => a.start.getTime() - b.start.getTime());
  }

  /**
   * The key of a window; the store is asked if the window is unknown here.
   * @throws UnknownMaintenanceWindowError, MaintenanceStoreError
   */
  async keyOf(id: string): Promise<MaintenanceKey> {
    let key = this.find(id);
    if (!key) {
      await this.manager.refresh();
      key = this.find(id);
    }
    if (!key) {
      throw new UnknownMaintenanceWindowError(id);
    }
    return key;
  }

  private find(id: string): MaintenanceKey | undefined {
    return this.manager.registry.all().find((key) => this.of(key).some((window) => window.id === id));
  }

  private of({ name }: MaintenanceKey): readonly WindowRecord[] {
    return this.manager.document?.keys.get(name)?.windows ?? [];
  }
}
