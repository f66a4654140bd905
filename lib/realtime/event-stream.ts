import { randomInt } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { HttpRequest } from '../request/http-request.js';
import type { HttpReply } from '../request/http-reply.js';
import { rawResponse, setHeader } from '../http/http-port.js';
import { preventCaching } from '../http/prevent-caching.js';
import { onceGone } from '../request/response-end.js';

/** Characters that may be queued for a client. */
const ROOM = 64 * 1024;

/** One page that listens to server-sent events. */
export class EventStream {
  private readonly response: ServerResponse;

  constructor(
    readonly request: HttpRequest,
    reply: HttpReply,
  ) {
    setHeader(reply, 'Content-Type', 'text/event-stream; charset=utf-8');
    preventCaching(reply, 'no-store, no-transform');
    setHeader(reply, 'X-Content-Type-Options', 'nosniff');
    // nginx would buffer it
    setHeader(reply, 'X-Accel-Buffering', 'no');
    this.response = rawResponse(reply);
    if (reply.hijack) {
      reply.hijack();
      for (const [name, value] of Object.entries(reply.getHeaders() as Record<string, string>)) {
        this.response.setHeader(name, value);
      }
    }
    this.response.writeHead(200);
    // if the server has gone, clients should not all come back at the same moment
    this.write(`retry: ${randomInt(1_000, 5_000)}\n\n`);
  }

  get isOpen(): boolean {
    return !this.response.writableEnded && !this.response.destroyed;
  }

  /** Sends an event; a client that does not read is disconnected. */
  write(event: string): void {
    if (this.isOpen) {
      if (this.response.writableLength > ROOM) {
        this.response.destroy();
      } else {
        this.response.write(event);
      }
    }
  }

  /** Calls back once it has gone, unless the returned function is called first. */
  onceGone(callback: () => void): () => void {
    return onceGone(this.response, callback);
  }

  /**
   * Ends it past what middleware has put around that: a session would be written back as it was when the stream began, hours ago.
   */
  end(): void {
    const { end } = Object.getPrototypeOf(this.response) as { end(this: ServerResponse): void };
    end.call(this.response);
  }
}

/** A status as an event. */
export const toEvent = (status: object): string => `data: ${JSON.stringify(status)}\n\n`;
