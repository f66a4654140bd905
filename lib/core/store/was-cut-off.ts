import { MaintenanceStoreError } from '../errors/errors.js';

/**
 * Whether a call of the store failed without an answer before its deadline: its connection ended under way. Usually it is back right
 * away, so that a call that does the same when it is made twice may be made once more.
 */
export const wasCutOff = (error: unknown, deadline: number): boolean =>
  error instanceof MaintenanceStoreError && error.outcome === 'unknown' && performance.now() < deadline;
