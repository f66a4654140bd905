import { PLAIN_POLICY } from '../../decision/handler-policy.js';
import type { HttpReply } from '../../request/http-reply.js';
import { enter, type ExpressLayer, type Next } from './express-layers.js';
import { mountPathOf, pathOf, routedPath, type ExpressRequest } from './express-paths.js';
import type { ExpressRoutes } from './express-routes.js';
import type { SiteCoverage } from './site-coverage.js';
import type { SiteRequests } from './site-requests.js';
import type { Server } from './site-routes.js';

/** A path below which an application has nothing of its own. */
const ANYWHERE = '/nestjs-maintenance-1f9c2e7b';

/** Characters of a place that operators see. */
const LONGEST_PLACE = 100;

/** Counts the requests that the layers of an Express application serve by themselves. */
export class ExpressRequests {
  constructor(
    private readonly coverage: SiteCoverage,
    private readonly routes: ExpressRoutes,
    private readonly requests: SiteRequests,
  ) {}

  /**
   * Whether a layer may serve requests by itself. Of middleware only what is mounted somewhere: what sees every request
   * passes it on, and would be counted at great cost.
   */
  counts(layer: ExpressLayer): boolean {
    switch (this.routes.kindOf(layer)) {
      case 'end':
        return false;
      case 'nest':
        return !this.requests.areHandlersCounted;
      case 'middleware':
        return enter(layer, ANYWHERE, 'GET') === undefined;
      default:
        return true;
    }
  }

  /** @returns what passes the request on to the next layer */
  begin(layer: ExpressLayer, request: ExpressRequest, reply: HttpReply, next: Next): Next {
    if (this.routes.servesGraphql(routedPath(request))) {
      // the guard counts it
      return next;
    }
    const name = `${request.method} ${placeOf(layer, request)}`;
    const over = this.requests.begin(name, request, reply, () => this.servers(layer, request));
    return over
      ? (error) => {
          over();
          next(error);
        }
      : next;
  }

  /** What maintenance would refuse the request for, see {@link RequestCall}. */
  private servers(layer: ExpressLayer, request: ExpressRequest): readonly Server[] {
    const path = routedPath(request);
    const { method } = request;
    switch (this.routes.kindOf(layer)) {
      case 'middleware': {
        // what it answers itself is not covered if the application is asked, which needs middleware
        const servers = this.coverage.asksApplication ? [] : this.routes.servers(path, method);
        return servers.every(({ target }) => target === PLAIN_POLICY) ? servers : [];
      }
      case 'static':
        return method === 'GET' || method === 'HEAD' ? this.routes.serversOf(layer, pathOf(request)) : [];
      case 'nest':
        return this.routes.servers(path, method);
      default:
        return this.routes.answers(layer, path, method) && !this.routes.yields(layer, path, method)
          ? this.routes.serversOf(layer, pathOf(request))
          : [];
    }
  }
}

/** Where a layer stands, for operators: its own text, as far as it is known, since there is no end of what visitors ask for. */
function placeOf({ route, rawPath }: ExpressLayer, request: ExpressRequest): string {
  if (typeof route?.path === 'string') {
    return route.path;
  }
  const mounted =
    typeof rawPath === 'string' ? rawPath : (request.baseUrl ?? '').slice(mountPathOf(request).length);
  return `${mounted.slice(0, LONGEST_PLACE).replace(/\/$/, '')}/*`;
}
