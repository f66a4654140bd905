import type { ApplicationCalls } from '../../core/common/application-calls.js';
import type { HttpRequest } from '../../request/http-request.js';
import type { HttpReply } from '../../request/http-reply.js';
import type { MaintenanceHeaderMiddleware as Middleware } from '../../options/refusal-headers-option.js';
import { rawResponse } from '../http-port.js';
import { enter, type ExpressLayer } from './express-layers.js';
import { recogniseMiddleware } from './known-middleware.js';
import { inTurn } from './in-turn.js';

/** The middleware whose headers a refusal carries although it precedes all middleware: CORS, helmet, Nest's security headers. */
export class ExpressHeaders {
  private readonly marked = new WeakSet<ExpressLayer>();
  private known: { of: readonly ExpressLayer[]; length: number; layers: readonly ExpressLayer[] } | undefined;

  /** @param more what the application adds */
  constructor(
    private readonly stack: () => readonly ExpressLayer[],
    private readonly more: readonly Middleware[],
    private readonly calls: ApplicationCalls,
  ) {}

  /** Notes the layers that are added meanwhile. */
  marking<T>(add: () => T): T {
    const before = this.stack().length;
    const result = add();
    for (const layer of this.stack().slice(before)) {
      this.marked.add(layer);
    }
    return result;
  }

  /** Whether there is any. */
  get present(): boolean {
    return this.layers().length > 0;
  }

  /** Sets their headers, one after the other, then calls back. */
  apply(request: HttpRequest, reply: HttpReply, path: string, then: () => void): void {
    const found = this.layers().filter((layer) => enter(layer, path, request.method) !== undefined);
    inTurn(
      [...found.map(({ handle }) => handle as Middleware), ...this.more],
      {
        call: (middleware, next) => middleware(request, reply, next),
        response: rawResponse(reply),
        calls: this.calls,
      },
      then,
    );
  }

  /** Searched again when layers were added. */
  private layers(): readonly ExpressLayer[] {
    const stack = this.stack();
    if (this.known?.of !== stack || this.known.length !== stack.length) {
      this.known = {
        of: stack,
        length: stack.length,
        layers: stack.filter((layer) => this.setsHeaders(layer)),
      };
    }
    return this.known.layers;
  }

  private setsHeaders(layer: ExpressLayer): boolean {
    const known = recogniseMiddleware(layer.handle);
    return this.marked.has(layer) || known === 'cors' || known === 'helmet';
  }
}
