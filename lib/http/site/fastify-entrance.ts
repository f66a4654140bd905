import { RequestMethod } from '@nestjs/common';
import { isSafeMethod } from '../../decision/decision.js';
import { EXEMPT_POLICY } from '../../decision/handler-policy.js';
import { isPreflight, pathOf, type HttpRequest } from '../../request/http-request.js';
import type { HttpReply } from '../../request/http-reply.js';
import { interceptErrors } from './fastify-errors.js';
import { FastifyHeaders } from './fastify-headers.js';
import { addFirst, routeConfig, type Done, type FastifyApp, type RouteConfig } from './fastify-hooks.js';
import type { SiteCoverage } from './site-coverage.js';
import type { SiteRequests } from './site-requests.js';
import {
  knowledgeOf,
  plainRoute,
  unserved,
  type GraphqlPaths,
  type RouteKnowledge,
  type Server,
} from './site-routes.js';

/** What a route's configuration says about its handler. */
const KNOWN = Symbol('nestjs-maintenance:route');

type Register = (...args: unknown[]) => unknown;

/** The part of Nest's adapter for Fastify that is used here. */
export interface FastifyAdapterLike {
  getInstance(): FastifyApp;
  readonly requireNonEmptyParams?: unknown;
}

/** Stands before everything in a Fastify application that knows its route already, whatever was registered earlier. */
export class FastifyEntrance {
  private readonly headers: FastifyHeaders;
  private registering: unknown;

  constructor(
    private readonly adapter: FastifyAdapterLike,
    private readonly coverage: SiteCoverage,
    private readonly graphql: GraphqlPaths,
    private readonly requests: SiteRequests,
    /** Whether Nest's guard decides for handlers. */
    private readonly guarded: boolean,
  ) {
    this.headers = new FastifyHeaders(adapter, coverage.middleware, coverage.calls);
  }

  mount(): void {
    this.watch();
    const app = this.adapter.getInstance();
    addFirst(app, 'onRequest', (request, reply, done) => {
      const pass = (): void => {
        this.count(request, reply);
        done();
      };
      if (this.coverage.idle) {
        pass();
      } else {
        this.coverage.whenKnown(() => {
          // a preflight is answered as usual: by a hook
          if (request.method === 'OPTIONS' || this.coverage.asksApplication) {
            pass();
          } else {
            this.decide(request, reply, pass, false);
          }
        });
      }
    });
    addFirst(app, 'preParsing', (request, reply, _payload, done) => {
      // including requests that arrived while the site was open and that a hook has held until now
      if (this.coverage.engaged) {
        this.decide(request, reply, done, true);
      } else {
        done();
      }
    });
    interceptErrors(
      app,
      () => !this.coverage.idle,
      (request, reply, reject) => this.coverage.whenKnown(() => this.decideUnrouted(request, reply, reject)),
    );
  }

  /** Fastify and its adapter wrap handlers: the one that Nest registers is intercepted on its way in. */
  private watch(): void {
    const adapter = this.adapter as unknown as Record<string, Register | undefined>;
    for (const verb of Object.values(RequestMethod).filter((name) => typeof name === 'string')) {
      const name = verb.toLowerCase();
      const register = adapter[name];
      if (typeof register === 'function') {
        adapter[name] = (...args) => {
          this.registering = args.at(-1);
          try {
            return register.apply(adapter, args);
          } finally {
            this.registering = undefined;
          }
        };
      }
    }
    // routes that were registered earlier are none of Nest's
    this.adapter.getInstance().addHook('onRoute', (route) => {
      const known = knowledgeOf(this.registering);
      if (known !== 'not-nest') {
        route.config = { ...route.config, [KNOWN]: known };
      }
    });
  }

  private decide(request: HttpRequest, reply: HttpReply, done: Done, late: boolean): void {
    const config = this.configOf(request);
    const known = config?.[KNOWN] as Exclude<RouteKnowledge, 'not-nest'> | undefined;
    // the guard would otherwise ask the application a second time
    const passes =
      (late && known && this.guarded) ||
      // a preflight is answered as usual, unless that ran what other methods do
      (!known && isPreflight(request) && (config?.url === undefined || config.method === 'OPTIONS'));
    if (passes) {
      done();
      return;
    }
    this.refuseOr(request, reply, this.serverOf(request, config, known), done);
  }

  /** Counts what is served without a handler of Nest's: by routes, and by hooks and middleware on the way to none. */
  private count(request: HttpRequest, reply: HttpReply): void {
    const config = this.configOf(request);
    const known = config?.[KNOWN] as Exclude<RouteKnowledge, 'not-nest'> | undefined;
    const template = config?.url;
    const isCounted = known ? this.requests.areHandlersCounted : this.servesGraphql(template);
    if (isCounted) {
      return;
    }
    this.requests.begin(`${request.method} ${template ?? '/*'}`, request, reply, () =>
      // what middleware answers itself is not covered if the application is asked, which needs middleware
      template === undefined && this.coverage.asksApplication ? [] : [this.serverOf(request, config, known)],
    );
  }

  private decideUnrouted(request: HttpRequest, reply: HttpReply, pass: () => void): void {
    if (request.method === 'OPTIONS') {
      pass();
    } else {
      this.refuseOr(request, reply, unserved(pathOf(request)), pass);
    }
  }

  private refuseOr(request: HttpRequest, reply: HttpReply, server: Server, pass: () => void): void {
    this.coverage.decide(request, reply, [server], pass, (status) => {
      this.headers.apply(request, reply, () => this.coverage.refuse(request, reply, status));
    });
  }

  /** The configuration of the route that serves a request, if one does. */
  private configOf(request: HttpRequest): RouteConfig | undefined {
    const config = routeConfig(request);
    // Fastify finds the route of `/:id` for an empty `id` as well; Nest's adapter then responds with 404 before its handler
    const unserved =
      this.adapter.requireNonEmptyParams !== undefined &&
      config?.[KNOWN] !== undefined &&
      hasEmptyParameter(request);
    return unserved ? undefined : config;
  }

  private servesGraphql(template: string | undefined): boolean {
    return template !== undefined && this.graphql.matches(template);
  }

  private serverOf(
    request: HttpRequest,
    config: RouteConfig | undefined,
    known: Exclude<RouteKnowledge, 'not-nest'> | undefined,
  ): Server {
    const template = config?.url;
    const open = known === 'unknown' || this.servesGraphql(template);
    if (open) {
      return { target: EXEMPT_POLICY, place: {} };
    }
    if (known) {
      return { target: known.target, place: { template } };
    }
    const path = pathOf(request);
    return template === undefined
      ? unserved(path)
      : { ...plainRoute(template, path), writes: canOnlyWrite(config) };
  }
}

const canOnlyWrite = (config: RouteConfig | undefined): boolean =>
  config?.method !== undefined && ![config.method].flat().some(isSafeMethod);

const hasEmptyParameter = ({ params }: HttpRequest): boolean =>
  Object.entries(params ?? {}).some(([name, value]) => value === '' && name !== '*');
