import type { MaintenanceStatus } from '../../core/keys/maintenance-status.js';
import type { HttpRequest } from '../../request/http-request.js';
import { enter, type ExpressLayer } from './express-layers.js';
import type { ExpressRoutes } from './express-routes.js';
import type { SiteCoverage } from './site-coverage.js';
import type { Server } from './site-routes.js';

/** A decision about static files, and where it was taken. */
interface Skipped {
  readonly status: MaintenanceStatus;
  readonly refusing: SiteCoverage['refusing'];
  /** In the order of layers. */
  readonly index: number;
}

/**
 * Folders of static files that a request passes on Express, and what was decided of them. The application is not asked at each of
 * them anew: one that hangs would keep the request waiting as often.
 */
export class StaticFiles {
  private readonly skipped = new WeakMap<object, Skipped>();

  constructor(
    private readonly stack: () => readonly ExpressLayer[],
    private readonly coverage: SiteCoverage,
    private readonly routes: ExpressRoutes,
  ) {}

  /** These were not looked at. */
  skip(request: HttpRequest, layer: ExpressLayer, status: MaintenanceStatus): void {
    const { refusing } = this.coverage;
    this.skipped.set(request, { status, refusing, index: this.stack().indexOf(layer) });
  }

  /** Why some were not looked at. */
  refusalOf(request: HttpRequest): MaintenanceStatus | undefined {
    return this.skipped.get(request)?.status;
  }

  /** Are these not to be looked at, without a question. @param path as it has come to the application */
  areSkipped(request: HttpRequest, layer: ExpressLayer, path: string): boolean {
    const { method } = request;
    return (
      // files are only read: what it may do elsewhere is decided there
      (method !== 'GET' && method !== 'HEAD') ||
      this.isDecided(request, layer, path) ||
      this.isBeforeOpenHandler(request, layer, path)
    );
  }

  /**
   * Has the last decision been that of this moment, too: of the same keys, and nothing of the application has run since, which could
   * have found out who asks.
   * @param layer what is next, `undefined` at the end
   */
  isDecided(request: HttpRequest, layer: ExpressLayer | undefined, path: string): boolean {
    const skipped = this.skipped.get(request);
    if (!skipped || skipped.refusing !== this.coverage.refusing || this.coverage.blocks) {
      return false;
    }
    const stack = this.stack();
    const between = stack.slice(skipped.index + 1, layer ? stack.indexOf(layer) : stack.length);
    return between.every(
      (one) =>
        ['static', 'end'].includes(this.routes.kindOf(one)) || enter(one, path, request.method) === undefined,
    );
  }

  /**
   * Is this very path that of a handler behind them which passes whoever asks: health checks have no time to wait for what the
   * application would say of the files.
   */
  private isBeforeOpenHandler(request: HttpRequest, layer: ExpressLayer, path: string): boolean {
    const passes = (server: Server): boolean => !this.coverage.refusesUnasked(request, server);
    return (
      !this.routes.serversOf(layer, path).every(passes) &&
      this.routes.literalServers(path, request.method).some(passes)
    );
  }
}
