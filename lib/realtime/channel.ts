import type { MaintenanceStatusMessage } from '../client/status-message.js';
import type { InfoQuestion } from '../access/info-permission.js';

/** A way to reach clients: by socket, or by stream. */
export interface Channel<Client extends object> {
  /** All listening clients. */
  clients(): Iterable<Client>;
  isHere(client: Client): boolean;
  /** Its request or socket, for the language. */
  listener(client: Client): unknown;
  /** Whether it may see key data. */
  ask(client: Client): InfoQuestion;
  /** Sends one client a status made for it. */
  send(client: Client, status: MaintenanceStatusMessage): void;
  /** Prepares a status that is the same for many. */
  prepare(status: MaintenanceStatusMessage): (client: Client) => void;
}
