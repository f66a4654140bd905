import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Namespace, Socket } from 'socket.io';
import { PageOrigins } from '../access/page-origins.js';
import { SocketTickets } from '../access/socket-tickets.js';
import { StateManager } from '../core/state/state-manager.js';
import { asRequest } from '../request/handshake.js';
import type { HttpRequest } from '../request/http-request.js';
import { messageOf } from '../core/errors/message-of.js';
import type { MaintenanceStatusMessage } from '../client/status-message.js';
import { ConnectionLimits } from './connection-limits.js';
import { forget } from './disconnect.js';
import { fanOut } from './fan-out.js';
import { InfoPermission, type InfoQuestion } from './info-permission.js';
import { LiveClients } from './live-clients.js';
import { warn } from './log.js';
import { PingHandler } from './ping.handler.js';
import { StatusReporter } from './status-reporter.js';
import { StatusRounds, type Channel } from './status-rounds.js';

/** Pages that listen by socket. */
@Injectable()
export class SocketChannel implements Channel<Socket> {
  private namespace: Namespace | undefined;
  private readonly rounds: StatusRounds<Socket>;
  private readonly pings: PingHandler;

  constructor(
    @Inject(StateManager) manager: StateManager,
    @Inject(StatusReporter) reporter: StatusReporter,
    @Inject(InfoPermission) private readonly permission: InfoPermission,
    @Inject(SocketTickets) private readonly tickets: SocketTickets,
    @Inject(PageOrigins) private readonly origins: PageOrigins,
    @Inject(ConnectionLimits) private readonly limits: ConnectionLimits,
    @Inject(LiveClients) live: LiveClients,
    private readonly host: HttpAdapterHost,
  ) {
    this.rounds = new StatusRounds(manager, reporter, this);
    this.pings = new PingHandler(reporter);
    live.include(() => this.namespace?.sockets.size ?? 0);
  }

  /** Lets clients in. */
  open(namespace: Namespace): void {
    this.namespace = namespace;
    namespace.use((socket, next) => {
      if (!this.limits.admits(socket)) {
        forget(socket, () => next(new Error('Too many packets')));
        return;
      }
      next(this.origins.accepts(this.handshake(socket)) ? undefined : new Error('Origin not allowed'));
    });
    // functions for all clients: what is kept per client is what counts with many
    const ping = onSocket((socket, args) => void this.ping(socket, args));
    const gone = onSocket((socket) => this.rounds.forget(socket));
    namespace.on('connection', (socket) => {
      this.limits.watch(socket);
      socket.on('ping', ping);
      socket.on('disconnect', gone);
      this.rounds.welcome(socket);
    });
  }

  clients(): Iterable<Socket> {
    return this.namespace?.sockets.values() ?? [];
  }

  isHere(socket: Socket): boolean {
    return socket.connected;
  }

  listener(socket: Socket): unknown {
    return socket;
  }

  ask(socket: Socket): InfoQuestion {
    return this.permission.ask(socket, {
      subject: { type: 'socket', socket },
      mayBeAsked: () => this.origins.trusts(this.handshake(socket)) && this.tickets.admits(socket),
      onceGone(callback) {
        socket.once('disconnect', callback);
        return () => socket.off('disconnect', callback);
      },
    });
  }

  send(socket: Socket, status: MaintenanceStatusMessage): void {
    this.limits.send(socket, 'maintenance' in status, () => socket.emit('status', status));
  }

  prepare(status: MaintenanceStatusMessage): (socket: Socket) => void {
    const { namespace } = this;
    if (!namespace) {
      return () => undefined;
    }
    const send = fanOut(namespace, 'status', status);
    return (socket) => this.limits.send(socket, false, () => send(socket));
  }

  private handshake({ request }: Socket): HttpRequest {
    return asRequest(this.host.httpAdapter, request);
  }

  private async ping(socket: Socket, args: unknown[]): Promise<void> {
    try {
      const ack = args[args.length - 1];
      if (typeof ack === 'function') {
        const isInsider = (): InfoQuestion['inTime'] => this.ask(socket).inTime;
        const answer = await this.pings.answer(socket, args.slice(0, -1), isInsider);
        this.limits.send(socket, 'maintenance' in answer, () => ack(answer));
      }
    } catch (error) {
      warn(`A ping could not be answered: ${messageOf(error)}`);
    }
  }
}

/** Socket.IO calls a listener on the socket. */
function onSocket(listener: (socket: Socket, args: unknown[]) => void) {
  return function (this: Socket, ...args: unknown[]): void {
    listener(this, args);
  };
}
