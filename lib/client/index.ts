import { checkOptions } from './check-options.js';
import { createConnection } from './connection.js';
import { deferred } from './deferred-client.js';
import type { Connection, MaintenanceConnection } from './connection-options.js';
import { pushBySocket, type SocketFactory } from './socket-push.js';
import type { MaintenancePong, MaintenanceStatusMessage } from './status-message.js';

export type { MaintenanceConnection } from './connection-options.js';
export type { MaintenancePong, MaintenanceStatusMessage } from './status-message.js';
export type { MaintenanceVisibleProgress } from '../core/progress/maintenance-progress.js';

/** Options of `createMaintenanceClient()`. In a browser all have defaults. @publicApi */
export interface MaintenanceClientOptions {
  /** Origin of the application, such as `'https://example.com'`. Default: the page's own; required outside a browser. */
  url?: string;
  /** The namespace of `forRoot({ socket: { namespace } })`. Default `'/maintenance'`. */
  namespace?: string;
  /** Path of the Socket.IO server. Default `'/socket.io'`. */
  path?: string;
  /**
   * The ping endpoint, which is polled while no socket gets through; a path is relative to `url`.
   * Default `'/maintenance/ping'`; `null`: none.
   */
  pingUrl?: string | null;
  /** `io` of socket.io-client. Default: imports that package; `null`: no socket, the ping endpoint is polled. */
  io?: ((url: string, options: never) => object) | null;
  /** Sent with the connection, as in socket.io-client: your `permissions` finds it as `socket.handshake.auth`. */
  auth?: unknown;
}

/** The state of maintenance, kept up to date. @publicApi */
export interface MaintenanceClient {
  /** The last known status; `null` before the first one arrives. */
  readonly status: MaintenanceStatusMessage | null;
  /** How the status arrives at the moment. */
  readonly connection: MaintenanceConnection;
  /**
   * Calls the listener with every new status, including the first.
   * @returns a function that ends the subscription
   */
  subscribe(listener: (status: MaintenanceStatusMessage) => void): () => void;
  /** Calls the listener when {@link connection} changes. Returns a function that ends the subscription. */
  onConnection(listener: (connection: MaintenanceConnection) => void): () => void;
  /**
   * Asks the server now, or as soon as it is known whether a socket gets through, which alone can be asked for a key.
   * @param key a key whose state is returned as `currentMode`
   */
  ping(key?: string): Promise<MaintenancePong>;
  /** Ends the connection and all subscriptions. Afterwards, {@link ping} rejects. */
  close(): void;
}

/**
 * Reports maintenance live, over Socket.IO, or by polling the ping endpoint if no socket gets through.
 *
 * @throws TypeError if an option is wrong or unknown, or the URL is missing outside a browser
 * @example
 * ```ts
 * import { io } from 'socket.io-client';
 * import { createMaintenanceClient } from 'nestjs-maintenance/client';
 *
 * const maintenance = createMaintenanceClient({ io });
 * const stop = maintenance.subscribe(({ maintenanceMode, message }) => render(maintenanceMode, message));
 * ```
 * @publicApi
 */
export function createMaintenanceClient(options: MaintenanceClientOptions = {}): MaintenanceClient {
  checkOptions(options);
  const { namespace = '/maintenance', path = '/socket.io', pingUrl = '/maintenance/ping', auth } = options;
  const { location, document } = globalThis as unknown as BrowserGlobals;
  const url = options.url ?? location?.origin;
  if (url === undefined) {
    throw new TypeError('createMaintenanceClient() needs { url } outside of a browser.');
  }
  const origin = new URL(url).origin;
  const connect = (io: SocketFactory | null) => {
    const link = createConnection({
      push:
        io &&
        pushBySocket(io, {
          origin,
          namespace,
          path,
          auth,
        }),
      pingUrl: pingUrl === null ? '' : new URL(pingUrl, origin).href,
      idle: () => pingUrl === null || document?.hidden === true,
    });
    const needsSocket = (key: string | undefined): boolean =>
      io !== null && (key !== undefined || pingUrl === null);
    return watched(link, document, needsSocket, pingUrl !== null);
  };
  return options.io === undefined
    ? deferred(() => importIo().then(connect))
    : connect(options.io as SocketFactory | null);
}

interface BrowserGlobals {
  location?: { origin: string };
  document?: {
    hidden: boolean;
    addEventListener(event: string, listener: () => void): void;
    removeEventListener(event: string, listener: () => void): void;
  };
}

/** Without the package, the ping endpoint is polled. */
async function importIo(): Promise<SocketFactory | null> {
  try {
    return (await import('socket.io-client')).io as unknown as SocketFactory;
  } catch {
    return null;
  }
}

/**
 * Checks as soon as somebody looks at the page.
 * @param needsSocket whether a ping for that key has to wait until it is known whether a socket gets through
 * @param hasEndpoint whether anything can be asked without a socket
 */
function watched(
  link: Connection,
  document: BrowserGlobals['document'],
  needsSocket: (key: string | undefined) => boolean,
  hasEndpoint: boolean,
): MaintenanceClient {
  const wake = (): void => (document?.hidden ? undefined : link.wake());
  document?.addEventListener('visibilitychange', wake);
  // here, so that the script that is served does not carry it
  let closed = false;
  let end = (): void => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const tried = new Promise<void>((resolve) => link.onConnection(() => resolve()));
  return {
    get status() {
      return link.status;
    },
    get connection() {
      return closed ? 'lost' : link.connection;
    },
    subscribe: (listener) => link.subscribe(listener),
    onConnection: (listener) => link.onConnection(listener),
    ping: async (key) => {
      if (needsSocket(key) && link.connection === 'connecting') {
        await Promise.race([tried, ended]);
      }
      if (closed) {
        throw new Error('The client is closed.');
      }
      if (!hasEndpoint && link.connection !== 'live') {
        throw new Error('There is no socket, and no ping endpoint.');
      }
      return link.ping(key);
    },
    close: () => {
      closed = true;
      end();
      document?.removeEventListener('visibilitychange', wake);
      link.close();
    },
  };
}
