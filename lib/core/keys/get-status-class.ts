import { describeValue, MaintenanceError } from '../errors/errors.js';
import type { MaintenanceKey } from './maintenance-key.js';
import { MaintenanceStatus, type MaintenanceStatusClass } from './maintenance-status.js';

/**
 * The status class of a key.
 * @throws what `getStatusClass()` throws, and MaintenanceError if it returns no class
 */
export function getStatusClass(key: MaintenanceKey): MaintenanceStatusClass {
  const Status: unknown = key.getStatusClass();
  if (typeof Status === 'function') {
    return Status as MaintenanceStatusClass;
  }
  // from an `async getStatusClass()`: an unhandled rejection would end the process
  Promise.resolve(Status).catch(() => {});
  throw new MaintenanceError(`getStatusClass() returned ${describeValue(Status)}, not a class`);
}

/** Whether a key refuses any request. */
export function hasPlainStatus(key: MaintenanceKey): boolean {
  try {
    return getStatusClass(key) === MaintenanceStatus;
  } catch {
    return false;
  }
}
