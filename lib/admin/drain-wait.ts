import { Logger } from '@nestjs/common';
import type { MaintenanceQuietReplica, MaintenanceRunningCall } from '../core/cluster/quiet.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { MaintenanceService } from '../core/service/maintenance.service.js';
import { messageOf } from '../core/errors/message-of.js';
import type { HttpRequest } from '../request/http-request.js';

const logger = new Logger('Maintenance');

/** A call that was admitted earlier, and where it runs. */
type RunningCall = MaintenanceRunningCall & Partial<Pick<MaintenanceQuietReplica, 'id' | 'host' | 'pid'>>;

/** What the response to a change with `drain` contains besides. */
export interface DrainJson {
  /** Whether nothing that was admitted earlier is still running. */
  readonly quiet: boolean;
  readonly running: readonly RunningCall[];
  /** Only for requesters who may see key data. */
  readonly replicas?: readonly MaintenanceQuietReplica[];
}

/** Waits after a change until nothing that the key refuses is running any more. */
export class DrainWait {
  constructor(private readonly service: MaintenanceService) {}

  /**
   * Never rejects: the change has been made, whatever happens to the wait.
   * @param timeout milliseconds
   * @param seesInfo whether the requester may see where calls run
   */
  async wait(
    request: HttpRequest,
    key: MaintenanceKey,
    timeout: number,
    seesInfo: boolean,
  ): Promise<DrainJson> {
    const { socket } = request.raw ?? (request as unknown as NonNullable<HttpRequest['raw']>);
    const gone = new AbortController();
    const hangUp = (): void => gone.abort();
    socket.once('close', hangUp);
    try {
      const { quiet, replicas } = await this.service.quiet(key, { timeout, signal: gone.signal });
      const running = replicas.flatMap(({ id, host, pid, running: calls }) =>
        calls.map((call) => ({ ...call, ...(seesInfo && { id, host, pid }) })),
      );
      return { quiet, running, ...(seesInfo && { replicas }) };
    } catch (error) {
      if (!gone.signal.aborted) {
        logger.warn(`Waiting until maintenance key "${key.name}" is quiet failed: ${messageOf(error)}`);
      }
      return { quiet: false, running: [] };
    } finally {
      socket.off('close', hangUp);
    }
  }
}
