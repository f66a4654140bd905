import { MaintenanceError } from './errors.js';

/** Work was not begun since a key is in maintenance. @publicApi */
export class MaintenanceActiveError extends MaintenanceError {
  override name = 'MaintenanceActiveError';
  override readonly code = 'MAINTENANCE_ACTIVE';

  /** When it ends, if that is known. */
  readonly until: Date | null;

  constructor(
    /** Name of the key; `null` when nothing certain is known, see `onStale`. */
    readonly key: string | null,
    { until = null, waited = 0 }: { until?: Date | null; waited?: number } = {},
  ) {
    super(
      (key === null
        ? 'Whether there is maintenance is not known, since this replica has lost touch with the store'
        : `Maintenance key "${key}" is on${until ? ` until ${until.toISOString()}` : ''}`) +
        (waited > 0 ? `, also after waiting ${waited} ms.` : '; the work was not begun.'),
    );
    this.until = until;
  }
}
