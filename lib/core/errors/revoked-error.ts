import { MaintenanceError } from './errors.js';

/** A call must not write any more; the reason of its `getCallSignal()`. @publicApi */
export class MaintenanceRevokedError extends MaintenanceError {
  override name = 'MaintenanceRevokedError';
  override readonly code = 'MAINTENANCE_REVOKED';

  constructor(
    /** Why, in words. */
    readonly why: string,
  ) {
    super(`This call must not write any more: ${why}.`);
  }
}
