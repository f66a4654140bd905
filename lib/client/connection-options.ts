import type { MaintenancePong, MaintenanceStatusMessage } from './status-message.js';

/** What is used of a Socket.IO client. */
export interface SocketLike {
  readonly active: boolean;
  on(event: string, listener: (...args: never[]) => void): unknown;
  connect(): unknown;
  close(): unknown;
  timeout(ms: number): { emit(event: string, ...args: unknown[]): unknown };
}

/** `io` of socket.io-client. */
export type SocketFactory = (url: string, options: Record<string, unknown>) => SocketLike;

/** How the state comes in: by socket, by looking again and again, or not at all for the moment. @publicApi */
export type MaintenanceConnection = 'connecting' | 'live' | 'polling' | 'lost';

/** Where a link leads. */
export interface ConnectionOptions {
  /** Without one the ping endpoint is asked again and again. */
  readonly io: SocketFactory | null;
  /** Origin and namespace. */
  readonly socketUrl: string;
  /** Path of the Socket.IO server. */
  readonly path: string;
  /** Goes with the connection, as in socket.io-client. */
  readonly auth?: unknown;
  /** `null`: there is no endpoint to fall back to. */
  readonly pingUrl: string | null;
  /** Is nobody looking, so that polling can wait for {@link Connection.wake}. */
  readonly idle: () => boolean;
}

/** Keeps the last state and tells of new ones. */
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
