import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MaintenanceStatus } from '../../core/keys/maintenance-status.js';
import { isDecodable, isPreflight, type HttpRequest } from '../../request/http-request.js';
import type { HttpReply } from '../../request/http-reply.js';
import { ExpressHeaders } from './express-headers.js';
import { handlesAllMethods, type ExpressLayer, type Next } from './express-layers.js';
import { markEntered, mountPathOf, pathOf, routedPath, type ExpressRequest } from './express-paths.js';
import { ExpressRequests } from './express-requests.js';
import type { ExpressRoutes } from './express-routes.js';
import type { SiteCoverage } from './site-coverage.js';
import { unserved } from './site-routes.js';
import type { SiteRequests } from './site-requests.js';
import { StaticFiles } from './static-files.js';
import { watchExpress } from './watch-express.js';

interface Router {
  readonly stack: ExpressLayer[];
  handle(request: ExpressRequest, reply: HttpReply, done: Next): void;
}

/** The part of an Express application that is used here. */
export interface ExpressApp {
  handle(request: IncomingMessage & HttpRequest, response: ServerResponse, ...rest: unknown[]): void;
  use(...args: unknown[]): unknown;
  readonly router: Router;
}

/** The part of Nest's adapter for Express that is used here. */
export interface ExpressAdapterLike {
  getInstance(): ExpressApp;
}

/**
 * Stands before everything in an Express application, whatever was registered earlier, and before each of its layers that
 * answers requests.
 */
export class ExpressEntrance {
  private readonly router: Router;
  private readonly headers: ExpressHeaders;
  private readonly files: StaticFiles;
  private readonly requests: ExpressRequests;
  private readonly armed = new WeakSet<ExpressLayer>();
  private armedLength = 0;

  constructor(
    private readonly app: ExpressApp,
    private readonly coverage: SiteCoverage,
    private readonly routes: ExpressRoutes,
    requests: SiteRequests,
    /** Whether Nest's guard decides for handlers. */
    private readonly guarded: boolean,
  ) {
    this.router = app.router;
    this.requests = new ExpressRequests(coverage, routes, requests);
    this.files = new StaticFiles(() => this.router.stack, coverage, routes);
    this.headers = new ExpressHeaders(() => this.router.stack, coverage.middleware, coverage.calls);
  }

  mount(adapter: object): void {
    watchExpress(adapter, this.app, this.routes, this.headers);
    this.shortcut();
    const handle = this.router.handle.bind(this.router);
    this.router.handle = (request, reply, done) => {
      markEntered(request);
      this.arm();
      if (this.coverage.idle) {
        handle(request, reply, done);
      } else {
        this.coverage.whenKnown(() => this.enter(request, reply, done, handle));
      }
    };
  }

  /** What Express does to a request before its first middleware costs several times as much as a refusal. */
  private shortcut(): void {
    const handle = this.app.handle.bind(this.app);
    this.app.handle = (request, response, ...rest) => {
      const doubtful = (path: string): boolean =>
        this.headers.present || this.routes.isDoubtful(path, request.method, this.coverage.refusing);
      // another Express application, on which this one is mounted, has begun already
      const begun = request.originalUrl !== undefined;
      if (begun || !this.coverage.refusesAtOnce(request, response, doubtful)) {
        handle(request, response, ...rest);
      }
    };
  }

  private enter(request: ExpressRequest, reply: HttpReply, done: Next, handle: Router['handle']): void {
    const goOn = (): void =>
      handle(request, reply, (error) => {
        if (error) {
          done(error);
        } else {
          this.atEnd(request, reply, done);
        }
      });
    const path = pathOf(request);
    // a preflight is answered as usual; what cannot be decoded is an error to the router, before any layer that we stand before
    if (request.method === 'OPTIONS' || (this.coverage.asksApplication && isDecodable(path))) {
      goOn();
      return;
    }
    // before anything of the application runs: whether nothing that matches could serve the request
    const refuse = (status: MaintenanceStatus): void => this.refuse(request, reply, status);
    this.coverage.decide(request, reply, [unserved(path)], goOn, (status) => {
      if (this.coverage.blocks || this.routes.isDoubtful(path, request.method, this.coverage.refusing)) {
        this.coverage.decide(request, reply, this.routes.servers(path, request.method), goOn, refuse);
      } else {
        refuse(status);
      }
    });
  }

  /** Stands before each layer that answers; again when layers were added. */
  private arm(): void {
    const { stack } = this.router;
    if (this.armedLength === stack.length) {
      return;
    }
    this.armedLength = stack.length;
    for (const layer of stack.filter((one) => !this.armed.has(one))) {
      const kind = this.routes.kindOf(layer);
      const decides = kind !== 'middleware' && !(kind === 'nest' && this.guarded);
      const counts = this.requests.counts(layer);
      if (decides || counts) {
        this.armed.add(layer);
        const handle = layer.handleRequest.bind(layer);
        layer.handleRequest = (request, reply, next) => {
          const pass = (): void =>
            handle(request, reply, counts ? this.requests.begin(layer, request, reply, next) : next);
          if (decides && this.coverage.engaged) {
            this.atLayer(layer, request, reply, next, pass);
          } else {
            pass();
          }
        };
      }
    }
  }

  private atLayer(
    layer: ExpressLayer,
    request: ExpressRequest,
    reply: HttpReply,
    next: Next,
    pass: Next,
  ): void {
    const kind = this.routes.kindOf(layer);
    const [path, method] = [routedPath(request), request.method];
    if (kind === 'end') {
      this.atEnd(request, reply, pass);
      return;
    }
    // a preflight is answered as usual, unless that ran what other methods do
    const isAnswered = kind !== 'nest' && isPreflight(request) && !handlesAllMethods([layer], path);
    if (isAnswered || !this.routes.answers(layer, path, method)) {
      pass();
      return;
    }
    if (kind === 'static' && this.files.areSkipped(request, layer, path)) {
      next();
      return;
    }
    const servers =
      kind === 'nest' ? this.routes.servers(path, method) : this.routes.serversOf(layer, pathOf(request));
    this.coverage.decide(request, reply, servers, pass, (status) => {
      if (kind === 'static') {
        // what is behind them may be exempt, or decided with a session
        this.files.skip(request, layer, status);
        next();
      } else if (this.routes.yields(layer, path, method)) {
        pass();
      } else {
        this.refuse(request, reply, status);
      }
    });
  }

  /** Nothing has answered. */
  private atEnd(request: ExpressRequest, reply: HttpReply, pass: Next): void {
    if (!this.coverage.engaged || isPreflight(request)) {
      pass();
      return;
    }
    const skipped = this.files.refusalOf(request);
    if (skipped) {
      // the skipped file may exist, so a 404 could be wrong
      this.refuse(request, reply, skipped);
      return;
    }
    const servers = [unserved(pathOf(request))];
    this.coverage.decide(request, reply, servers, pass, (status) => this.refuse(request, reply, status));
  }

  private refuse(request: ExpressRequest, reply: HttpReply, status: MaintenanceStatus): void {
    // what a router of the application has stripped does not matter to a page that stands for all of it
    request.baseUrl = mountPathOf(request);
    this.headers.apply(request, reply, pathOf(request), () => this.coverage.refuse(request, reply, status));
  }
}
