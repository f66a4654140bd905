import { MaintenanceService } from '../core/service/maintenance.service.js';
import type { MaintenanceServiceParts } from '../core/service/maintenance-knowledge.js';

/**
 * The service of a process without Nest: the result of `createMaintenance()`. Its connections keep the process alive until
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
   * Closes the service: aborts the signals of `maintain()` and waits for their work, as when an application shuts down; ends
   * pending waits; closes the connections. Work that is still running under `whileOpen()` is reported to other replicas until it is
   * over, without keeping the process alive. Further calls do nothing.
   */
  close(): Promise<void> {
    return (this.closing ??= this.end());
  }

  /** Same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
