import { MaintenanceService } from '../core/service/maintenance.service.js';
import type { MaintenanceServiceParts } from '../core/service/maintenance-knowledge.js';

/**
 * The service of a process without Nest: what `createMaintenance()` gives. Its connections keep the process alive until
 * {@link close}.
 * @publicApi
 */
export class StandaloneMaintenance extends MaintenanceService implements AsyncDisposable {
  private closing: Promise<void> | undefined;

  /** @internal */
  constructor(
    parts: MaintenanceServiceParts,
    private readonly end: () => Promise<void>,
  ) {
    super(parts);
  }

  /**
   * Ends it: work of `maintain()` is asked to stop and waited for, as when an application shuts down; whoever waits gives up;
   * connections are closed. Work under `whileOpen()` that still runs is reported to others until it is over, without keeping the
   * process alive. Calls after the first do nothing more.
   */
  close(): Promise<void> {
    return (this.closing ??= this.end());
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
