import { pathOf, type HttpReply, type HttpRequest } from './http-port.js';
import type { IgnorePaths } from './ignore-paths.js';
import type { CoveredRoutes } from './site-coverage.js';
import { isCertain, knowledgeOf, type GraphqlPaths } from './site-routes.js';

/** A layer of Express' router. */
interface ExpressLayer {
  readonly handle: object & { readonly name?: string };
  readonly route?: {
    readonly path: unknown;
    readonly stack: readonly { readonly handle: object }[];
  };
  match(path: string): boolean;
}

/** An Express application, as far as it is needed here. */
export interface ExpressApp {
  use(middleware: (request: HttpRequest, reply: HttpReply, next: () => void) => void): void;
  readonly router?: { readonly stack: readonly ExpressLayer[] };
}

interface Layers {
  readonly of: readonly ExpressLayer[];
  readonly length: number;
  /** Routes that only Nest's guard can judge. */
  readonly doubtful: readonly ExpressLayer[];
  readonly cors: ExpressLayer | undefined;
}

/** Express has no route yet when its first middleware runs: the router's own layers are asked. */
export class ExpressRoutes implements CoveredRoutes {
  private known: Layers | undefined;

  constructor(
    private readonly app: ExpressApp,
    private readonly ignorePaths: IgnorePaths,
    private readonly graphql: GraphqlPaths,
  ) {}

  isCertain(request: HttpRequest): boolean {
    const path = pathOf(request);
    return !this.graphql.matches(path) && !this.layers().doubtful.some((layer) => matches(layer, path));
  }

  /** The CORS middleware comes later than this: its headers are set by calling it now. */
  prepare(request: HttpRequest, reply: HttpReply, refuse: () => void): void {
    const cors = request.headers.origin === undefined ? undefined : this.layers().cors;
    if (cors) {
      (cors.handle as (...args: unknown[]) => void)(request, reply, refuse);
    } else {
      refuse();
    }
  }

  /** Found again when layers were added. */
  private layers(): Layers {
    const stack = this.app.router?.stack ?? [];
    if (this.known?.of !== stack || this.known.length !== stack.length) {
      this.known = {
        of: stack,
        length: stack.length,
        doubtful: stack.filter((layer) => this.isDoubtful(layer)),
        cors: stack.find(({ handle }) => handle.name === 'corsMiddleware'),
      };
    }
    return this.known;
  }

  private isDoubtful({ route }: ExpressLayer): boolean {
    return (
      route !== undefined &&
      ((typeof route.path === 'string' && this.ignorePaths.matches(route.path)) ||
        route.stack.some(({ handle }) => !isCertain(knowledgeOf(handle))))
    );
  }
}

function matches(layer: ExpressLayer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    // not decodable: no route is reached by it
    return false;
  }
}
