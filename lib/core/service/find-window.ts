import { MaintenanceConflictError, UnknownMaintenanceWindowError } from '../errors/errors.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import { isPending } from '../windows/occurrences.js';
import type { WindowRecord } from '../windows/window-record.js';
import { checkWhole } from './call-options.js';

/** The window with that id, which is not over. @throws UnknownMaintenanceWindowError, MaintenanceConflictError */
export function findWindow(
  key: MaintenanceKey,
  windows: readonly WindowRecord[],
  id: string,
  now: number,
  ifRevision: number | undefined,
): WindowRecord {
  const window = windows.find((other) => other.id === id);
  if (!window || !isPending(window, now)) {
    throw new UnknownMaintenanceWindowError(id);
  }
  checkWhole('ifRevision', ifRevision, 'the revision of the window');
  if (ifRevision !== undefined && ifRevision !== window.revision) {
    throw new MaintenanceConflictError(
      key.name,
      `Window "${id}" of maintenance key "${key.name}" was changed by somebody else in the meantime; this change was not made.`,
    );
  }
  return window;
}
