import type { MaintenanceConnection } from '../../client/connection-options.js';
import type { MaintenanceStatusMessage } from '../../client/status-message.js';

/** A page that follows the state. */
export interface LivePage {
  /** @param before the previous status; `undefined`: this is the first */
  hear(status: MaintenanceStatusMessage, before: MaintenanceStatusMessage | undefined): void;
  hearConnection?(connection: MaintenanceConnection): void;
}
