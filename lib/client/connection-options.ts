import type { MaintenancePingError, MaintenancePong, MaintenanceStatusMessage } from './status-message.js';

/** How the status arrives: not yet, by socket, by polling, or not at all at the moment. @publicApi */
export type MaintenanceConnection = 'connecting' | 'live' | 'polling' | 'lost';

/** What a push transport reports. */
export interface PushListener {
  opened(): void;
  /** The connection is lost, or cannot be established. */
  lost(): void;
  status(status: MaintenanceStatusMessage): void;
}

/** A way by which the server notifies: a socket, or a stream. */
export interface Push {
  /** Asks over this transport, if it works both ways. */
  ping?(key: string | undefined): Promise<MaintenancePong | MaintenancePingError>;
  /** The server is back: start over. */
  retry(): void;
  close(): void;
}

/** Where a connection leads. */
export interface ConnectionOptions {
  /** `null`: the ping endpoint is polled. */
  readonly push: ((listener: PushListener) => Push) | null;
  /** `''`: there is no endpoint to fall back to, and {@link idle} says that it is not to be polled. */
  readonly pingUrl: string;
  /** Whether nobody is looking, so that polling can wait for {@link Connection.wake}. */
  readonly idle: () => boolean;
}

/** Keeps the last state and reports new ones. */
export interface Connection {
  readonly status: MaintenanceStatusMessage | null;
  readonly connection: MaintenanceConnection;
  subscribe(listener: (status: MaintenanceStatusMessage) => void): () => void;
  onConnection(listener: (connection: MaintenanceConnection) => void): () => void;
  ping(key?: string): Promise<MaintenancePong>;
  /** Asks the ping endpoint, which answers for this very visitor. */
  look(): Promise<MaintenanceStatusMessage>;
  /** Somebody is looking again. */
  wake(): void;
  close(): void;
}
