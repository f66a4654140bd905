import { MaintenanceError } from './errors.js';

/** Why a call may write no more: the reason of its `getCallSignal()`. @publicApi */
export class MaintenanceRevokedError extends MaintenanceError {
  override name = 'MaintenanceRevokedError';
  override readonly code = 'MAINTENANCE_REVOKED';

  constructor(
    /** Why, in words. */
    readonly why: string,
  ) {
    super(`This call may write no more: ${why}.`);
  }
}
