import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { PageOrigins } from '../access/page-origins.js';
import type { SocketTickets } from '../access/socket-tickets.js';
import type { MaintenanceStatusMessage } from '../client/status-message.js';
import type { StateManager } from '../core/state/state-manager.js';
import type { HttpRequest } from '../request/http-request.js';
import type { HttpReply } from '../request/http-reply.js';
import { awaitsTurn, isGone } from '../request/response-end.js';
import { rawResponse, setHeader } from '../http/http-port.js';
import type { OwnRoutes } from '../http/own-routes.js';
import { preventCaching } from '../http/prevent-caching.js';
import { sendBody } from '../http/refusal/send-body.js';
import type { Channel } from './channel.js';
import { EventStream, toEvent } from './event-stream.js';
import type { InfoPermission, InfoQuestion } from '../access/info-permission.js';
import type { LiveClients } from './live-clients.js';
import type { StatusNews } from './status-news.js';
import type { StatusReporter } from './status-reporter.js';
import { StatusRounds } from './status-rounds.js';

/** Milliseconds between two heartbeats: proxies close silent connections, and so do pages. */
const ALIVE = 20_000;

/**
 * `GET {path}/events`: the state and every change of it as server-sent events, the same objects as by socket. Nest does not know
 * of these requests, so no drain waits for them; they end when the application begins to shut down.
 */
export class EventsRoute implements Channel<EventStream>, BeforeApplicationShutdown {
  private readonly streams = new Set<EventStream>();
  private readonly rounds: StatusRounds<EventStream>;
  private timer: NodeJS.Timeout | undefined;
  private ended = false;

  constructor(
    routes: OwnRoutes,
    manager: StateManager,
    reporter: StatusReporter,
    news: StatusNews,
    private readonly permission: InfoPermission,
    private readonly tickets: SocketTickets,
    private readonly origins: PageOrigins,
    live: LiveClients,
  ) {
    this.rounds = new StatusRounds(manager, reporter, news, this);
    live.include(() => this.streams.size);
    routes.add('events', (request, reply) => this.open(request, reply));
  }

  beforeApplicationShutdown(): void {
    this.ended = true;
    clearInterval(this.timer);
    for (const stream of this.streams) {
      stream.end();
    }
  }

  clients(): Iterable<EventStream> {
    return this.streams;
  }

  isHere(stream: EventStream): boolean {
    return stream.isOpen;
  }

  listener(stream: EventStream): unknown {
    return stream.request;
  }

  ask(stream: EventStream): InfoQuestion {
    const { request } = stream;
    return this.permission.ask(stream, {
      subject: { type: 'http', request },
      // guards of the application that protect key data elsewhere do not run here
      mayBeAsked: () => !this.tickets.needed && this.origins.trusts(request),
      onceGone: (callback) => stream.onceGone(callback),
    });
  }

  send(stream: EventStream, status: MaintenanceStatusMessage): void {
    stream.write(toEvent(status));
  }

  prepare(status: MaintenanceStatusMessage): (stream: EventStream) => void {
    const event = toEvent(status);
    return (stream) => stream.write(event);
  }

  private async open(request: HttpRequest, reply: HttpReply): Promise<void> {
    const response = rawResponse(reply);
    if (awaitsTurn(response)) {
      // what is sent until then would be kept in memory
      await new Promise((resolve) => response.once('socket', resolve));
    }
    if (isGone(response)) {
      return;
    }
    if (this.ended || request.method === 'HEAD') {
      preventCaching(reply);
      setHeader(reply, 'Content-Type', 'text/event-stream; charset=utf-8');
      sendBody(reply, this.ended ? 503 : 200, '');
      return;
    }
    const stream = new EventStream(request, reply);
    this.streams.add(stream);
    stream.onceGone(() => {
      this.streams.delete(stream);
      this.rounds.forget(stream);
    });
    this.timer ??= setInterval(() => this.live(), ALIVE).unref();
    this.rounds.welcome(stream);
  }

  private live(): void {
    for (const stream of this.streams) {
      stream.write('event: alive\ndata:\n\n');
    }
  }
}
