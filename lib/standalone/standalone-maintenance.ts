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
   * Closes the service: signals of `maintain()` abort and their work is waited for, as when an application shuts down; pending waits
   * end; connections are closed. Work that is still running under `whileOpen()` is reported to others until it is over, without
   * keeping the process alive. Further calls do nothing.
   */
  close(): Promise<void> {
    return (this.closing ??= this.end());
  }

  /** Same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
