import { MaintenanceError } from './errors.js';

/** Work did not start, or a wait timed out, because a key is in maintenance. @publicApi */
export class MaintenanceActiveError extends MaintenanceError {
  override name = 'MaintenanceActiveError';
  override readonly code = 'MAINTENANCE_ACTIVE';

  /** When it ends; `null` if unknown. */
  readonly until: Date | null;

  /** Milliseconds to that end when it was made, by the clock of the store. @internal */
  readonly left: number | null;

  constructor(
    /** Name of the key; `null` if the state is unknown, see `onStale`. */
    readonly key: string | null,
    {
      until = null,
      waited = 0,
      now = Date.now(),
    }: { until?: Date | null; waited?: number; now?: number } = {},
  ) {
    super(
      (key === null
        ? 'It is unknown whether a key is on, since this replica has lost contact with the store'
        : `Maintenance key "${key}" is on${until ? ` until ${until.toISOString()}` : ''}`) +
        (waited > 0 ? `, even after waiting ${waited} ms.` : '; the work did not start.'),
    );
    this.until = until;
    this.left = until && until.getTime() - now;
  }
}
