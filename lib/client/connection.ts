import type { Connection, ConnectionOptions, MaintenanceConnection } from './connection-options.js';
import { createListeners } from './listeners.js';
import { askPingEndpoint, type PingAnswer, type PingState } from './ping-endpoint.js';
import { createPoller } from './poller.js';
import type { MaintenancePingError, MaintenancePong, MaintenanceStatusMessage } from './status-message.js';

/**
 * A connection to the gateway that falls back to the ping endpoint. While it is out of touch it looks there, more often than a
 * socket may try (browsers hold back WebSockets that fail again and again), and connects as soon as somebody answers.
 */
export function createConnection(options: ConnectionOptions): Connection {
  const PATIENCE = 10_000;
  /** Until a socket that gets no further is helped out. */
  const CONNECTING = 5_000;
  /** Until one that the server has closed tries again, or has refused. */
  const CLOSED = 2_000;
  const REFUSED = 60_000;
  /** Leaves a page that is about to load anew the time to do so. */
  const FOUND = 150;
  const listeners = createListeners<MaintenanceStatusMessage>();
  const watchers = createListeners<MaintenanceConnection>();
  let status: MaintenanceStatusMessage | null = null;
  let connection: MaintenanceConnection = 'connecting';
  let closed = false;
  let attempt: ReturnType<typeof setTimeout> | undefined;

  /** The seconds left count down by themselves; that is no news. */
  function fingerprint(of: MaintenanceStatusMessage | null): string {
    return JSON.stringify(of && { ...of, retryAfter: 0 });
  }

  function take(next: MaintenanceStatusMessage): void {
    const news = fingerprint(next) !== fingerprint(status);
    status = next;
    if (news && !closed) {
      listeners.tell(next);
    }
  }

  function move(next: MaintenanceConnection): void {
    if (connection !== next && !closed) {
      connection = next;
      watchers.tell(next);
    }
  }

  async function ask(): Promise<PingAnswer> {
    if (options.pingUrl === null) {
      throw new Error('There is no ping endpoint to ask.');
    }
    return askPingEndpoint(options.pingUrl, PATIENCE);
  }

  function statusOf(state: PingState): MaintenanceStatusMessage {
    return {
      maintenanceMode: state.maintenanceMode,
      modes: status ? status.modes : {},
      message: state.error ?? null,
      retryAfter: state.retryAfter ?? null,
      until: state.until ?? null,
      revision: status ? status.revision : 0,
      ...(state.maintenance && { maintenance: state.maintenance }),
    };
  }

  async function look(): Promise<MaintenanceStatusMessage> {
    const { code, state } = await ask();
    if (!state) {
      throw new Error(`The ping endpoint answered ${code} without a state.`);
    }
    return statusOf(state);
  }

  const poller = createPoller({
    ask,
    wanted: () => !closed && connection !== 'live' && options.pingUrl !== null && !options.idle(),
    found(state) {
      if (connection === 'lost') {
        connectIn(FOUND);
      }
      move('polling');
      take(statusOf(state));
    },
    missed: () => move('lost'),
  });

  const socket = options.io
    ? options.io(options.socketUrl, {
        path: options.path,
        ...(options.auth !== undefined && { auth: options.auth }),
        // needs no sticky sessions, and spares the server two requests per client when all come back at once
        transports: ['websocket', 'polling'],
        tryAllTransports: true,
        timeout: PATIENCE,
      })
    : null;

  /** Begins anew, also where Socket.IO waits for its own next attempt, or would make none. */
  function connectIn(delay: number): void {
    clearTimeout(attempt);
    const begin = (): void => {
      if (socket && connection !== 'live' && !closed) {
        socket.close();
        socket.connect();
      }
    };
    attempt = setTimeout(begin, delay * (0.5 + Math.random()));
  }

  if (socket) {
    socket.on('connect', () => {
      clearTimeout(attempt);
      poller.rest();
      move('live');
    });
    socket.on('status', take as (...args: never[]) => void);
    socket.on('disconnect', () => {
      if (closed) {
        return;
      }
      move('lost');
      poller.lookSoon();
      if (!socket.active) {
        connectIn(CLOSED);
      }
    });
    socket.on('connect_error', () => {
      if (closed) {
        return;
      }
      if (connection === 'live' || connection === 'connecting') {
        move('lost');
        poller.lookSoon();
      }
      if (!socket.active) {
        connectIn(REFUSED);
      }
    });
    poller.lookIn(CONNECTING);
  } else {
    poller.lookIn(0);
  }

  async function ping(key?: string): Promise<MaintenancePong> {
    if (!socket || connection !== 'live') {
      return look();
    }
    const answer = await new Promise<MaintenancePong | MaintenancePingError>((resolve, reject) => {
      socket
        .timeout(PATIENCE)
        .emit('ping', key === undefined ? {} : { key }, (error: Error | null, pong: MaintenancePong) =>
          error ? reject(error) : resolve(pong),
        );
    });
    if ('error' in answer) {
      throw new Error(answer.error);
    }
    return answer;
  }

  return {
    get status() {
      return status;
    },
    get connection() {
      return connection;
    },
    subscribe: (listener) => listeners.add(listener),
    onConnection: (listener) => watchers.add(listener),
    ping,
    look,
    wake() {
      if (connection !== 'live') {
        poller.lookIn(0);
      }
    },
    close() {
      closed = true;
      clearTimeout(attempt);
      poller.rest();
      listeners.clear();
      watchers.clear();
      if (socket) {
        socket.close();
      }
    },
  };
}
