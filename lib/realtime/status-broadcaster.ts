import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Namespace, Socket } from 'socket.io';
import type { MaintenanceStatusMessage } from '../client/status-message.js';
import type { StateManager } from '../core/state/state-manager.js';
import { messageOf } from '../core/store/store.js';
import { fanOut } from './fan-out.js';
import type { SocketPermissions } from './socket-permissions.js';
import { PingHandler } from './ping.handler.js';
import type { SocketOrigins } from './socket-origins.js';
import type { StatusReporter } from './status-reporter.js';

/** Clients told in one go; between two of them the event loop serves the others. */
const SLICE = 192;

/** What the broadcaster is made of. */
export interface StatusBroadcasterParts {
  readonly manager: StateManager;
  readonly insight: SocketPermissions;
  readonly reporter: StatusReporter;
  readonly origins: SocketOrigins;
  readonly warn: (message: string) => void;
}

/**
 * All who listen on this replica. Every client hears of every change once: changes that come faster than they can be told
 * are told as one, and who has just connected has heard the last already.
 */
export class StatusBroadcaster {
  /** Path of the Socket.IO server. */
  path = '/socket.io';

  private namespace: Namespace | undefined;
  private readonly desk: PingHandler;
  /** Those whose permission is being asked; what they are told then is the last state. */
  private readonly asked = new Set<Socket>();
  /** Those who may see key data: they are few, and asked again each time. */
  private readonly insiders = new Set<Socket>();
  /** Those who connected while a round was due, and know. */
  private served = new Set<Socket>();
  private due = false;
  private telling = false;
  private lastTold = '';

  constructor(private readonly parts: StatusBroadcasterParts) {
    this.desk = new PingHandler(
      parts.reporter,
      async (socket) => (await parts.insight.inTime(parts.insight.ask(socket))) === true,
    );
    parts.manager.changes.subscribe(() => this.announce());
    // a state that was found only after the start is no change, but news to those who are here already
    parts.manager.health$.subscribe(() => {
      if (fingerprint(parts.reporter.forAll()) !== this.lastTold) {
        this.announce();
      }
    });
  }

  /** Lets clients in. */
  open(namespace: Namespace, path: string): void {
    this.path = path;
    this.namespace = namespace;
    this.lastTold = fingerprint(this.parts.reporter.forAll());
    namespace.use((socket, next) =>
      next(this.parts.origins.accepts(socket) ? undefined : new Error('Origin not allowed')),
    );
    // one function for all clients: what is kept per client is what counts with many
    const ping = pingListener((socket, args) => {
      this.desk.answer(socket, args).catch((error: unknown) => this.report(error));
    });
    namespace.on('connection', (socket) => {
      socket.on('ping', ping);
      void this.consult(socket);
    });
  }

  private announce(): void {
    if (!this.due && this.namespace) {
      this.due = true;
      // what is announced in one go is told as one
      queueMicrotask(() => {
        this.tell().catch((error: unknown) => this.report(error));
      });
    }
  }

  private async tell(): Promise<void> {
    if (this.telling) {
      return;
    }
    this.telling = true;
    try {
      while (this.due) {
        // reading the state may bring an end to light that has just come, and is then told with the rest
        const status = this.parts.reporter.forAll();
        const { served } = this;
        this.served = new Set();
        this.due = false;
        this.lastTold = fingerprint(status);
        await this.round(served, status);
      }
    } finally {
      this.telling = false;
    }
  }

  private async round(served: ReadonlySet<Socket>, status: MaintenanceStatusMessage): Promise<void> {
    const { namespace } = this;
    const clients: Socket[] = [];
    for (const socket of namespace?.sockets.values() ?? []) {
      if (served.has(socket) || this.asked.has(socket)) {
        continue;
      }
      if (this.insiders.has(socket)) {
        void this.consult(socket);
      } else {
        clients.push(socket);
      }
    }
    if (!namespace) {
      return;
    }
    // every replica learns of the change itself
    const send = this.parts.reporter.personal
      ? (socket: Socket) => this.send(socket, false)
      : fanOut(namespace, 'status', status);
    for (let start = 0; start < clients.length; start += SLICE) {
      if (start > 0) {
        await nextTurn();
      }
      clients.slice(start, start + SLICE).forEach(send);
    }
  }

  /** Tells one client the present state, as far as it may know it. */
  private async consult(socket: Socket): Promise<void> {
    this.asked.add(socket);
    const answer = this.parts.insight.ask(socket);
    const insider = await this.parts.insight.inTime(answer);
    this.asked.delete(socket);
    this.admit(socket, insider === true);
    // better late than never
    if (insider === undefined && (await answer)) {
      this.admit(socket, true);
    }
  }

  private admit(socket: Socket, insider: boolean): void {
    if (socket.connected) {
      this.remember(socket, insider);
      this.send(socket, insider);
    }
  }

  /** Tells one client what is known now, which may be more than the round that is under way knows. */
  private send(socket: Socket, insider: boolean): void {
    const { reporter } = this.parts;
    try {
      socket.emit('status', insider ? reporter.forInsider(socket) : reporter.forAll(socket));
    } catch (error) {
      this.report(error);
    }
    if (this.due) {
      this.served.add(socket);
    }
  }

  private remember(socket: Socket, insider: boolean): void {
    if (!insider) {
      this.insiders.delete(socket);
    } else if (!this.insiders.has(socket)) {
      this.insiders.add(socket);
      socket.once('disconnect', () => this.insiders.delete(socket));
    }
  }

  private report(error: unknown): void {
    this.parts.warn(`Clients could not be told of maintenance: ${messageOf(error)}`);
  }
}

/** What everybody is told, but for the seconds left. */
function fingerprint(status: MaintenanceStatusMessage): string {
  return JSON.stringify({ ...status, retryAfter: 0 });
}

/** Socket.IO calls a listener on the socket. */
function pingListener(answer: (socket: Socket, args: unknown[]) => void) {
  return function ping(this: Socket, ...args: unknown[]): void {
    answer(this, args);
  };
}
