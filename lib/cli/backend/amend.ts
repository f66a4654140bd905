import type { MaintenanceChange } from '../../core/document/change.js';
import { revisionOf } from '../../core/document/record.js';
import { MaintenanceConflictError } from '../../core/errors/errors.js';
import type { MaintenanceSetOptions } from '../../core/service/set-maintenance-options.js';
import type { StateManager } from '../../core/state/state-manager.js';
import type { StandaloneMaintenance } from '../../standalone/standalone-maintenance.js';
import { notSwitchedOn } from './not-switched-on.js';

/** How often a change is retried after others came first. */
const ATTEMPTS = 5;

/** Changes the fields of a key that is on; a key that was switched off meanwhile must not be switched on by that. */
export async function amend(
  manager: StateManager,
  service: StandaloneMaintenance,
  name: string,
  options: MaintenanceSetOptions,
): Promise<MaintenanceChange> {
  const key = manager.registry.get(name);
  for (let attempt = 1; ; attempt++) {
    if (!manager.current(key).switched) {
      throw notSwitchedOn(name);
    }
    const ifRevision = revisionOf(manager.document, name);
    try {
      return await service.setMaintenance(true, name, { ...options, ifRevision });
    } catch (error) {
      if (!(error instanceof MaintenanceConflictError) || attempt === ATTEMPTS) {
        throw error;
      }
      await manager.refresh();
    }
  }
}
