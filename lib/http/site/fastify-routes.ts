import { RequestMethod } from '@nestjs/common';
import { PLAIN_POLICY, type HandlerPolicy } from '../../decision/handler-policy.js';
import type { HttpReply, HttpRequest } from '../http-port.js';
import type { IgnorePaths } from '../../decision/ignore-paths.js';
import type { CoveredRoutes } from './site-coverage.js';
import { isCertain, knowledgeOf, type GraphqlPaths } from './site-routes.js';

/** Where a route's configuration says whether it is certain to be refused. */
const CERTAIN = Symbol('nestjs-maintenance:certain');

type RouteConfig = Record<string | symbol, unknown>;
type Hook = (request: FastifyRequest, reply: HttpReply, ...rest: never[]) => void;
type RouteHook = (route: { config?: RouteConfig; handler: unknown }) => void;
type Register = (...args: unknown[]) => unknown;

type FastifyRequest = HttpRequest & {
  readonly routeOptions?: { readonly url?: string; readonly config?: RouteConfig };
};

/** Nest's adapter for Fastify, as far as it is needed here. */
export interface FastifyAdapterLike {
  getInstance(): { addHook(name: string, hook: Hook | RouteHook): void };
}

/** Fastify knows the route before its first hook; what Nest knows of it is noted when the route is registered. */
export class FastifyRoutes implements CoveredRoutes {
  private readonly known = new Map<string, boolean>();
  private registering: unknown;

  constructor(
    private readonly ignorePaths: IgnorePaths,
    private readonly graphql: GraphqlPaths,
  ) {}

  /** Fastify and its adapter wrap handlers: the one that Nest registers is caught on its way in. */
  watch(adapter: FastifyAdapterLike): void {
    const verbs = adapter as unknown as Record<string, Register | undefined>;
    for (const verb of Object.values(RequestMethod).filter((name) => typeof name === 'string')) {
      const name = verb.toLowerCase();
      const register = verbs[name];
      if (typeof register === 'function') {
        verbs[name] = (...args) => {
          this.registering = args.at(-1);
          try {
            return register.apply(adapter, args);
          } finally {
            this.registering = undefined;
          }
        };
      }
    }
    adapter.getInstance().addHook('onRoute', ((route) => {
      const certain = isCertain(knowledgeOf(this.registering ?? route.handler));
      route.config = { ...route.config, [CERTAIN]: certain };
    }) satisfies RouteHook);
  }

  judgedBy(request: FastifyRequest): HandlerPolicy | 'guard' {
    return this.isCertain(request) ? PLAIN_POLICY : 'guard';
  }

  private isCertain(request: FastifyRequest): boolean {
    const { url, config } = request.routeOptions ?? {};
    if (url === undefined) {
      return true;
    }
    let open = this.known.get(url);
    if (open === undefined) {
      this.known.set(url, (open = this.graphql.matches(url) || this.ignorePaths.matches(url)));
    }
    return !open && config?.[CERTAIN] === true;
  }

  /** The CORS plugin has set its headers already. */
  prepare(_request: HttpRequest, _reply: HttpReply, refuse: () => void): void {
    refuse();
  }
}
