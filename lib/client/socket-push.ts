import type { Push, PushListener } from './connection-options.js';
import type { MaintenancePingError, MaintenancePong, MaintenanceStatusMessage } from './status-message.js';

/** The part of a Socket.IO client that is used here. */
export interface SocketLike {
  readonly active: boolean;
  readonly io?: { readonly engine: { readonly transport: { readonly name: string } } };
  on(event: string, listener: (...args: never[]) => void): unknown;
  connect(): unknown;
  close(): unknown;
  timeout(ms: number): { emit(event: string, ...args: unknown[]): unknown };
}

/** `io` of socket.io-client. */
export type SocketFactory = (url: string, options: Record<string, unknown>) => SocketLike;

/** Where a socket leads. */
export interface SocketAddress {
  readonly origin: string;
  /** With or without the slash that it begins with, like {@link path}. */
  readonly namespace: string;
  /** Path of the Socket.IO server. */
  readonly path: string;
  /** Sent with the connection, as in socket.io-client. */
  readonly auth?: unknown;
}

/** A push that can be interrupted. */
export interface SocketPush extends Push {
  /** Gives a connection by long polling back, until {@link retry}. */
  rest(): void;
}

const TIMEOUT = 10_000;
/** Milliseconds until a socket that the server closed or refused tries again. */
const CLOSED = 2_000;
const REFUSED = 60_000;
/** Gives a page that is about to reload the time to do so. */
const FOUND = 150;

const rooted = (path: string): string => path.replace(/^\/?/, '/');

/** The gateway. */
export const pushBySocket =
  (io: SocketFactory, { origin, namespace, path, auth }: SocketAddress) =>
  (listener: PushListener): SocketPush => {
    let open = false;
    let closed = false;
    let resting = false;
    let attempt: ReturnType<typeof setTimeout> | undefined;
    const socket = io(origin + rooted(namespace), {
      path: rooted(path),
      ...(auth !== undefined && { auth }),
      // needs no sticky sessions, and saves the server two requests per client when all come back at once
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      timeout: TIMEOUT,
    });

    /** Starts over, even if Socket.IO is waiting for its own next attempt or would make none. */
    function connectIn(delay: number): void {
      clearTimeout(attempt);
      const begin = (): void => {
        if (!open && !closed && !resting) {
          socket.close();
          socket.connect();
        }
      };
      attempt = setTimeout(begin, delay * (0.5 + Math.random()));
    }

    function lost(retryAfter: number): void {
      open = false;
      if (!closed) {
        listener.lost();
        if (!socket.active) {
          connectIn(retryAfter);
        }
      }
    }

    socket.on('connect', () => {
      open = true;
      clearTimeout(attempt);
      listener.opened();
    });
    socket.on('status', ((status: MaintenanceStatusMessage) => listener.status(status)) as never);
    socket.on('disconnect', () => lost(CLOSED));
    socket.on('connect_error', () => lost(REFUSED));

    return {
      ping: (key) =>
        new Promise((resolve, reject) => {
          const settle = (error: Error | null, answer: MaintenancePong | MaintenancePingError): void =>
            error ? reject(error) : resolve(answer);
          socket.timeout(TIMEOUT).emit('ping', key === undefined ? {} : { key }, settle);
        }),
      retry() {
        resting = false;
        connectIn(FOUND);
      },
      rest() {
        if (open && socket.io?.engine.transport.name === 'polling') {
          resting = true;
          socket.close();
        }
      },
      close() {
        closed = true;
        clearTimeout(attempt);
        socket.close();
      },
    };
  };
