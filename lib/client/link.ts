import type { MaintenancePingError, MaintenancePong, MaintenanceStatusMessage } from './status-message.js';

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
export interface LinkOptions {
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
  /** Is nobody looking, so that polling can wait for {@link Link.wake}. */
  readonly idle: () => boolean;
}

/** Keeps the last state and tells of new ones. */
export interface Link {
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

/**
 * A connection to the gateway that falls back to the ping endpoint. The browser script carries the source of this function, so
 * it must not refer to anything outside of itself but what browsers and Node have in common.
 */
export function createLink(options: LinkOptions): Link {
  const POLL = 5_000;
  const LONGEST = 60_000;
  const PATIENCE = 10_000;
  const listeners = new Set<(status: MaintenanceStatusMessage) => void>();
  const watchers = new Set<(connection: MaintenanceConnection) => void>();
  let status: MaintenanceStatusMessage | null = null;
  let connection: MaintenanceConnection = 'connecting';
  let failures = 0;
  let closed = false;
  let polling = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let comeback: ReturnType<typeof setTimeout> | undefined;

  function tell<T>(audience: Set<(news: T) => void>, news: T): void {
    for (const listener of Array.from(audience)) {
      try {
        listener(news);
      } catch (error) {
        // the others shall hear it, and the page's error handling shall see it
        setTimeout(() => {
          throw error;
        });
      }
    }
  }

  /** The seconds left count down by themselves; that is no news. */
  function fingerprint(of: MaintenanceStatusMessage | null): string {
    return JSON.stringify(of && { ...of, retryAfter: 0 });
  }

  function take(next: MaintenanceStatusMessage): void {
    const news = fingerprint(next) !== fingerprint(status);
    status = next;
    if (news && !closed) {
      tell(listeners, next);
    }
  }

  function move(next: MaintenanceConnection): void {
    if (connection !== next && !closed) {
      connection = next;
      tell(watchers, next);
    }
  }

  async function look(): Promise<MaintenanceStatusMessage> {
    if (options.pingUrl === null) {
      throw new Error('There is no ping endpoint to ask.');
    }
    const response = await fetch(options.pingUrl, {
      headers: { accept: 'application/json' },
      cache: 'no-store',
      credentials: 'same-origin',
      signal: AbortSignal.timeout(PATIENCE),
    } as RequestInit);
    const body = (await response.json()) as Partial<MaintenanceStatusMessage> & { error?: string };
    if (typeof body.maintenanceMode !== 'boolean') {
      throw new Error(`The ping endpoint answered ${response.status} without a state.`);
    }
    return {
      maintenanceMode: body.maintenanceMode,
      modes: status ? status.modes : {},
      message: body.error ?? null,
      retryAfter: body.retryAfter ?? null,
      until: body.until ?? null,
      revision: status ? status.revision : 0,
      ...(body.maintenance && { maintenance: body.maintenance }),
    };
  }

  function plan(delay: number): void {
    clearTimeout(timer);
    timer = setTimeout(poll, delay * (0.75 + Math.random() / 2));
  }

  async function poll(): Promise<void> {
    timer = undefined;
    if (closed || connection === 'live' || polling || options.pingUrl === null || options.idle()) {
      return;
    }
    polling = true;
    let seen: MaintenanceStatusMessage | null = null;
    try {
      seen = await look();
      failures = 0;
    } catch {
      failures++;
    }
    polling = false;
    // a socket may have got through meanwhile, and knows better
    if (!closed && (connection as MaintenanceConnection) !== 'live') {
      move(seen ? 'polling' : 'lost');
      if (seen) {
        take(seen);
      }
      plan(Math.min(POLL * 2 ** failures, LONGEST));
    }
  }

  function fallBack(delay: number): void {
    if (timer === undefined && !polling && !closed) {
      plan(delay);
    }
  }

  const socket = options.io
    ? options.io(options.socketUrl, {
        path: options.path,
        ...(options.auth !== undefined && { auth: options.auth }),
        // needs no sticky sessions, and spares the server two requests per client when all come back at once
        transports: ['websocket', 'polling'],
        tryAllTransports: true,
        reconnectionDelay: 500,
        reconnectionDelayMax: 3_000,
        timeout: PATIENCE,
      })
    : null;
  if (socket) {
    /** Where the server has ended or refused the connection, Socket.IO does not come back by itself. */
    const comeBack = (delay: number): void => {
      clearTimeout(comeback);
      if (!socket.active && !closed) {
        comeback = setTimeout(() => socket.connect(), delay * (0.75 + Math.random() / 2));
      }
    };
    socket.on('connect', () => {
      clearTimeout(timer);
      timer = undefined;
      failures = 0;
      move('live');
    });
    socket.on('status', take as (...args: never[]) => void);
    socket.on('disconnect', () => {
      move('lost');
      fallBack(1_000);
      comeBack(2_000);
    });
    socket.on('connect_error', () => {
      if (connection === 'live' || connection === 'connecting') {
        move('lost');
      }
      fallBack(1_000);
      comeBack(LONGEST);
    });
    fallBack(POLL);
  } else {
    void poll();
  }

  function subscription<T>(audience: Set<(news: T) => void>) {
    return (listener: (news: T) => void): (() => void) => {
      // its own entry, so that a function subscribed twice is two subscriptions
      const own = (news: T): void => listener(news);
      audience.add(own);
      return () => void audience.delete(own);
    };
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
    subscribe: subscription(listeners),
    onConnection: subscription(watchers),
    ping,
    look,
    wake() {
      if (connection !== 'live') {
        plan(0);
      }
    },
    close() {
      closed = true;
      clearTimeout(timer);
      clearTimeout(comeback);
      listeners.clear();
      watchers.clear();
      if (socket) {
        socket.close();
      }
    },
  };
}
