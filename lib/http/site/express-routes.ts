import type { IncomingMessage, ServerResponse } from 'node:http';
import { PLAIN_POLICY, HandlerPolicy } from '../../decision/handler-policy.js';
import { pathOf, type HttpReply, type HttpRequest } from '../http-port.js';
import type { IgnorePaths } from '../../decision/ignore-paths.js';
import type { CoveredRoutes } from './site-coverage.js';
import { isCertain, knowledgeOf, type GraphqlPaths } from './site-routes.js';

/** A layer of Express' router. */
interface ExpressLayer {
  readonly handle: object & { readonly name?: string };
  readonly route?: {
    readonly path: unknown;
    readonly methods: Readonly<Record<string, boolean | undefined>>;
    readonly stack: readonly { readonly handle: object }[];
  };
  match(path: string): boolean;
}

/** An Express application, as far as it is needed here. */
export interface ExpressApp {
  handle(request: IncomingMessage & HttpRequest, response: ServerResponse, ...rest: unknown[]): void;
  use(middleware: (request: HttpRequest, reply: HttpReply, next: () => void) => void): void;
  readonly router?: { readonly stack: readonly ExpressLayer[] };
}

interface Doubtful {
  readonly layer: ExpressLayer;
  /** What their handlers say of themselves, or that only Nest's guard can judge. */
  readonly targets: readonly HandlerPolicy[] | 'guard';
}

interface Layers {
  readonly of: readonly ExpressLayer[];
  readonly length: number;
  /** Routes that are not refused just because the site is. */
  readonly doubtful: readonly Doubtful[];
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

  judgedBy(request: HttpRequest): HandlerPolicy | 'guard' {
    const path = pathOf(request);
    if (this.graphql.matches(path)) {
      return 'guard';
    }
    const found: HandlerPolicy[] = [];
    for (const { layer, targets } of this.layers().doubtful) {
      if (handles(layer, request.method) && matches(layer, path)) {
        if (targets === 'guard') {
          return 'guard';
        }
        found.push(...targets);
      }
    }
    return union(found);
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
        doubtful: stack.flatMap((layer) => this.doubtOf(layer) ?? []),
        cors: stack.find(({ handle }) => handle.name === 'corsMiddleware'),
      };
    }
    return this.known;
  }

  private doubtOf(layer: ExpressLayer): Doubtful | undefined {
    const { route } = layer;
    if (!route) {
      return undefined;
    }
    if (typeof route.path === 'string' && this.ignorePaths.matches(route.path)) {
      return { layer, targets: 'guard' };
    }
    const doubts = route.stack.map(({ handle }) => knowledgeOf(handle)).filter((known) => !isCertain(known));
    const targets = doubts.flatMap((known) =>
      typeof known === 'object' && !known.target.exempt ? known.target : [],
    );
    if (targets.length < doubts.length) {
      return { layer, targets: 'guard' };
    }
    return targets.length > 0 ? { layer, targets } : undefined;
  }
}

/** As Express' router has it: HEAD is answered by GET. */
function handles({ route }: ExpressLayer, method: string): boolean {
  const name = method.toLowerCase();
  const { methods = {} } = route ?? {};
  return methods['_all'] === true || methods[name] === true || (name === 'head' && methods['get'] === true);
}

/** Several routes may match: what all of them together let pass, and all keys they belong to. */
function union(targets: readonly HandlerPolicy[]): HandlerPolicy {
  const [first = PLAIN_POLICY, ...others] = targets;
  if (others.length === 0) {
    return first;
  }
  return new HandlerPolicy(
    first.name,
    false,
    new Set(targets.flatMap(({ exemptKeys }) => [...exemptKeys])),
    new Set(targets.flatMap(({ keys }) => [...keys])),
  );
}

function matches(layer: ExpressLayer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    // not decodable: no route is reached by it
    return false;
  }
}
