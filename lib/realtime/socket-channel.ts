import type { HttpAdapterHost } from '@nestjs/core';
import type { Namespace, Socket } from 'socket.io';
import type { PageOrigins } from '../access/page-origins.js';
import type { SocketTickets } from '../access/socket-tickets.js';
import type { MaintenanceService } from '../core/service/maintenance.service.js';
import type { StateManager } from '../core/state/state-manager.js';
import { asRequest } from '../request/handshake.js';
import type { HttpRequest } from '../request/http-request.js';
import { messageOf } from '../core/errors/message-of.js';
import type { MaintenanceStatusMessage } from '../client/status-message.js';
import type { Channel } from './channel.js';
import type { ConnectionLimits } from './connection-limits.js';
import { forget } from './disconnect.js';
import { fanOut } from './fan-out.js';
import type { InfoPermission, InfoQuestion } from '../access/info-permission.js';
import type { LiveClients } from './live-clients.js';
import { warn } from './log.js';
import { PingHandler } from './ping.handler.js';
import { QuietHandler } from './quiet.handler.js';
import type { StatusNews } from './status-news.js';
import type { StatusReporter } from './status-reporter.js';
import { StatusRounds } from './status-rounds.js';

/** Pages that listen by socket. */
export class SocketChannel implements Channel<Socket> {
  private namespace: Namespace | undefined;
  private readonly rounds: StatusRounds<Socket>;
  private readonly pings: PingHandler;
  private readonly quiets: QuietHandler;

  constructor(
    manager: StateManager,
    reporter: StatusReporter,
    news: StatusNews,
    private readonly permission: InfoPermission,
    private readonly tickets: SocketTickets,
    private readonly origins: PageOrigins,
    private readonly limits: ConnectionLimits,
    live: LiveClients,
    service: MaintenanceService,
    private readonly host: HttpAdapterHost,
  ) {
    this.rounds = new StatusRounds(manager, reporter, news, this);
    this.pings = new PingHandler(reporter);
    this.quiets = new QuietHandler(service);
    live.include(() => this.namespace?.sockets.size ?? 0);
  }

  /** Admits clients. */
  open(namespace: Namespace): void {
    this.namespace = namespace;
    namespace.use((socket, next) => {
      if (!this.limits.admits(socket)) {
        forget(socket, () => next(new Error('Too many packets')));
        return;
      }
      next(this.origins.accepts(this.handshake(socket)) ? undefined : new Error('Origin not allowed'));
    });
    // functions for all clients: with many clients, what is kept per client counts
    const { pings, quiets } = this;
    const ping = this.answering((socket, args, isInsider) => pings.answer(socket, args, isInsider));
    const quiet = this.answering((_socket, args, isInsider) => quiets.answer(args, isInsider));
    const gone = onSocket((socket) => this.rounds.forget(socket));
    namespace.on('connection', (socket) => {
      this.limits.watch(socket);
      socket.on('ping', ping);
      socket.on('quiet', quiet);
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

  /** A listener that acknowledges what it receives; without an acknowledgement function nothing is sent back. */
  private answering(find: Answering): (this: Socket, ...args: unknown[]) => void {
    return onSocket((socket, args) => {
      const ack = args.pop();
      if (typeof ack === 'function') {
        void this.acknowledge(socket, ack as Acknowledge, () =>
          find(socket, args, () => this.ask(socket).inTime),
        );
      }
    });
  }

  private async acknowledge(socket: Socket, ack: Acknowledge, find: () => Promise<object>): Promise<void> {
    try {
      const answer = await find();
      this.limits.send(socket, 'maintenance' in answer || 'replicas' in answer, () => ack(answer));
    } catch (error) {
      warn(`A client's question could not be answered: ${messageOf(error)}`);
    }
  }
}

type Acknowledge = (answer: object) => void;
type Answering = (
  socket: Socket,
  args: readonly unknown[],
  isInsider: () => InfoQuestion['inTime'],
) => Promise<object>;

/** Socket.IO calls a listener with the socket as `this`. */
function onSocket(listener: (socket: Socket, args: unknown[]) => void) {
  return function (this: Socket, ...args: unknown[]): void {
    listener(this, args);
  };
}
