import type { MaintenanceStatus } from '../../core/keys/maintenance-status.js';
import type { HttpRequest } from '../../request/http-request.js';
import { enter, type ExpressLayer } from './express-layers.js';
import type { ExpressRoutes } from './express-routes.js';
import type { SiteCoverage } from './site-coverage.js';
import type { Server } from './site-routes.js';

/** A decision about static files, and where it was made. */
interface Skipped {
  readonly status: MaintenanceStatus;
  readonly refusing: SiteCoverage['refusing'];
  /** In the order of layers. */
  readonly index: number;
}

/**
 * Folders of static files that a request passes on Express, and what was decided for them. The application is not asked again at
 * each of them: a function that hangs would delay the request at every one.
 */
export class StaticFiles {
  private readonly skipped = new WeakMap<object, Skipped>();

  constructor(
    private readonly stack: () => readonly ExpressLayer[],
    private readonly coverage: SiteCoverage,
    private readonly routes: ExpressRoutes,
  ) {}

  /** These were skipped. */
  skip(request: HttpRequest, layer: ExpressLayer, status: MaintenanceStatus): void {
    const { refusing } = this.coverage;
    this.skipped.set(request, { status, refusing, index: this.stack().indexOf(layer) });
  }

  /** Why some were skipped. */
  refusalOf(request: HttpRequest): MaintenanceStatus | undefined {
    return this.skipped.get(request)?.status;
  }

  /** Whether these must be skipped, without asking. @param path as it has come to the application */
  areSkipped(request: HttpRequest, layer: ExpressLayer, path: string): boolean {
    const { method } = request;
    return (
      // files are only read: what it may do elsewhere is decided there
      (method !== 'GET' && method !== 'HEAD') ||
      this.routes.leadsToOwn(path, method) ||
      this.isDecided(request, layer, path) ||
      this.isBeforeOpenHandler(request, layer, path)
    );
  }

  /**
   * Whether the last decision still holds: the same keys are active, and nothing of the application has run since that could
   * have found out who is asking.
   */
  private isDecided(request: HttpRequest, layer: ExpressLayer, path: string): boolean {
    const skipped = this.skipped.get(request);
    if (!skipped || skipped.refusing !== this.coverage.refusing || this.coverage.blocks) {
      return false;
    }
    const stack = this.stack();
    const between = stack.slice(skipped.index + 1, stack.indexOf(layer));
    return between.every(
      (one) =>
        ['static', 'end'].includes(this.routes.kindOf(one)) || enter(one, path, request.method) === undefined,
    );
  }

  /**
   * Whether a handler behind them at this very path admits everybody: health checks have no time to wait for what the
   * application would say about the files.
   */
  private isBeforeOpenHandler(request: HttpRequest, layer: ExpressLayer, path: string): boolean {
    const passes = (server: Server): boolean => !this.coverage.refusesUnasked(request, server);
    return (
      !this.routes.serversOf(layer, path).every(passes) &&
      this.routes.literalServers(path, request.method).some(passes)
    );
  }
}
