import type { MaintenanceConnection } from '../../client/connection-options.js';
import type { MaintenanceStatusMessage } from '../../client/status-message.js';

/** A page that follows the state. */
export interface LivePage {
  /** @param before what it heard before; `undefined`: this is the first time */
  hear(status: MaintenanceStatusMessage, before: MaintenanceStatusMessage | undefined): void;
  hearConnection?(connection: MaintenanceConnection): void;
}
