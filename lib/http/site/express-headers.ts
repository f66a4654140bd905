import type { ApplicationCalls } from '../../core/common/application-calls.js';
import type { HttpRequest } from '../../request/http-request.js';
import type { HttpReply } from '../../request/http-reply.js';
import type { MaintenanceHeaderMiddleware as Middleware } from '../../options/refusal-headers-option.js';
import { rawResponse } from '../http-port.js';
import { enter, type ExpressLayer } from './express-layers.js';
import { recogniseMiddleware } from './known-middleware.js';
import { inTurn } from './in-turn.js';

/** When a middleware's headers belong to a refusal: only for requests of other origins, or always. */
type Kind = 'cors' | 'always';

/** The middleware whose headers a refusal carries although it precedes all middleware: CORS, helmet, Nest's security headers. */
export class ExpressHeaders {
  private readonly marked = new WeakMap<ExpressLayer, Kind>();
  private known:
    | { of: readonly ExpressLayer[]; length: number; layers: readonly (readonly [ExpressLayer, Kind])[] }
    | undefined;

  /** @param more what the application adds */
  constructor(
    private readonly stack: () => readonly ExpressLayer[],
    private readonly more: readonly Middleware[],
    private readonly calls: ApplicationCalls,
  ) {}

  /** Notes what the layers are that are added meanwhile. */
  marking<T>(kind: Kind, add: () => T): T {
    const before = this.stack().length;
    const result = add();
    for (const layer of this.stack().slice(before)) {
      this.marked.set(layer, kind);
    }
    return result;
  }

  /** Whether there is any for this request. */
  concern(request: HttpRequest): boolean {
    const crossOrigin = request.headers.origin !== undefined;
    return this.layers().some(([, kind]) => kind === 'always' || crossOrigin);
  }

  /** Sets their headers, one after the other, then calls back. */
  apply(request: HttpRequest, reply: HttpReply, path: string, then: () => void): void {
    const crossOrigin = request.headers.origin !== undefined;
    const found = this.layers().filter(
      ([layer, kind]) =>
        (kind === 'always' || crossOrigin) && enter(layer, path, request.method) !== undefined,
    );
    inTurn(
      [...found.map(([{ handle }]) => handle as Middleware), ...this.more],
      {
        call: (middleware, next) => middleware(request, reply, next),
        response: rawResponse(reply),
        calls: this.calls,
      },
      then,
    );
  }

  /** Searched again when layers were added. */
  private layers(): readonly (readonly [ExpressLayer, Kind])[] {
    const stack = this.stack();
    if (this.known?.of !== stack || this.known.length !== stack.length) {
      this.known = {
        of: stack,
        length: stack.length,
        layers: stack.flatMap((layer) => {
          const kind = this.kindOf(layer);
          return kind ? [[layer, kind] as const] : [];
        }),
      };
    }
    return this.known.layers;
  }

  private kindOf(layer: ExpressLayer): Kind | undefined {
    const known = recogniseMiddleware(layer.handle);
    return this.marked.get(layer) ?? (known === 'cors' ? 'cors' : known === 'helmet' ? 'always' : undefined);
  }
}
