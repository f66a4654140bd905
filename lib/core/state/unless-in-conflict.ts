import { MaintenanceConflictError } from '../errors/errors.js';

/** What a plan comes to by what is known here; `null` if that is in conflict with it: the store may have something newer. */
export function unlessInConflict<T>(plan: () => T): T | null {
  try {
    return plan();
  } catch (error) {
    if (error instanceof MaintenanceConflictError) {
      return null;
    }
    throw error;
  }
}
