import type { MaintenanceChange } from '../document/change.js';
import type { MaintenanceQuiet } from './quiet.js';

/** How this replica agrees with the others; implemented in cluster/. */
export interface Coordinator {
  /**
   * Waits until every live replica has applied a change, at most so many ms.
   * @param revision of the change; 0: nothing was written, and all that is known has to be applied
   */
  acknowledged(
    key: string,
    revision: number,
    timeout: number,
  ): Promise<Required<Pick<MaintenanceChange, 'acknowledged' | 'missing'>>>;
  /**
   * Waits until no replica serves a request any more that the hold's key refuses.
   * @throws MaintenanceDrainError after `timeout` ms, or what the signal was aborted with
   */
  drained(key: string, hold: string, revision: number, timeout: number, signal: AbortSignal): Promise<void>;
  /**
   * What is still running, here and elsewhere, that a key refuses.
   * @param timeout ms to wait at most until nothing does
   * @throws MaintenanceStoreError, and the reason of the signal
   */
  quiet(key: string, timeout: number, signal?: AbortSignal): Promise<MaintenanceQuiet>;
}
