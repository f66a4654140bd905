import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { StateKeeper } from '../state/state-keeper.js';
import { Admission, type Verdict } from './admission.js';
import { Bypass } from './bypass.js';
import { forceHeader } from './force-header.js';
import { isSafeMethod, pathOf, setHeader, type HttpReply, type HttpRequest } from './http-port.js';
import { IgnorePaths } from './ignore-paths.js';
import { setLinkHeaders } from './maintenance.guard.js';
import { Refuser, sendBody } from './refuser.js';
import { isCertain, knowledgeOf, type ExpressLayer } from './site-routes.js';
import { StalePolicy } from './stale-policy.js';

type Next = () => void;

interface ExpressApp {
  use(middleware: (request: HttpRequest, reply: HttpReply, next: Next) => void): void;
  readonly router?: { readonly stack: readonly ExpressLayer[] };
}

interface FastifyApp {
  addHook(
    name: string,
    hook: (request: FastifyRequest, reply: HttpReply, ...rest: (Next | unknown)[]) => void,
  ): void;
}

type FastifyRequest = HttpRequest & {
  readonly routeOptions?: { readonly url?: string; readonly handler?: unknown };
};

/**
 * Answers for the whole site, before static files and routers: for all that is certain to be refused. What may be exempt,
 * or what only Nest can tell, goes on to the guard.
 */
@Injectable()
export class SiteCoverage {
  private layers:
    | {
        of: readonly ExpressLayer[];
        length: number;
        doubtful: ExpressLayer[];
        cors: ExpressLayer | undefined;
      }
    | undefined;
  private graphql: string[] | undefined;

  constructor(
    host: HttpAdapterHost,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(StateKeeper) private readonly keeper: StateKeeper,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(Refuser) private readonly refuser: Refuser,
    @Inject(Bypass) private readonly bypass: Bypass,
    @Inject(IgnorePaths) private readonly ignorePaths: IgnorePaths,
    @Inject(StalePolicy) private readonly stale: StalePolicy,
  ) {
    // as soon as there is an adapter, before the application mounts anything on it
    host.init$.subscribe(() => {
      const adapter = host.httpAdapter;
      const instance: unknown = adapter?.getInstance?.();
      if (adapter?.getType?.() === 'express') {
        this.mountOnExpress(instance as ExpressApp);
      } else if (adapter?.getType?.() === 'fastify') {
        this.mountOnFastify(instance as FastifyApp);
      }
    });
  }

  private mountOnExpress(app: ExpressApp): void {
    app.use((request, reply, next) =>
      this.handle(
        request,
        reply,
        next,
        () => this.expressIsCertain(app, request),
        (send) => {
          const cors = request.headers.origin === undefined ? undefined : this.expressLayers(app).cors;
          if (cors) {
            (cors.handle as (...args: unknown[]) => void)(request, reply, send);
          } else {
            send();
          }
        },
      ),
    );
  }

  private mountOnFastify(app: FastifyApp): void {
    const hook =
      (late: boolean) =>
      (request: FastifyRequest, reply: HttpReply, ...rest: unknown[]): void => {
        const done = rest[rest.length - 1] as Next;
        // a cross-origin visitor is refused once the CORS plugin has set its headers
        if ((request.headers.origin !== undefined) !== late) {
          done();
          return;
        }
        this.handle(
          request,
          reply,
          done,
          () => this.fastifyIsCertain(request),
          (send) => send(),
        );
      };
    app.addHook('onRequest', hook(false));
    app.addHook('preParsing', hook(true));
  }

  private handle(
    request: HttpRequest,
    reply: HttpReply,
    next: Next,
    certain: () => boolean,
    prepare: (send: Next) => void,
  ): void {
    const link = this.bypass.link(request);
    if (link) {
      setLinkHeaders(reply, link.cookie);
      setHeader(reply, 'Location', link.location);
      sendBody(reply, 303, Buffer.alloc(0));
      return;
    }
    if (this.keeper.lease.lapsed()) {
      void this.stale.catchUp().then(() => this.decide(request, reply, next, certain, prepare));
      return;
    }
    this.decide(request, reply, next, certain, prepare);
  }

  private decide(
    request: HttpRequest,
    reply: HttpReply,
    next: Next,
    certain: () => boolean,
    prepare: (send: Next) => void,
  ): void {
    const blocks = this.stale.blocks;
    if ((this.keeper.snapshot.active.length === 0 && !blocks) || request.method === 'OPTIONS' || !certain()) {
      next();
      return;
    }
    const verdict = blocks
      ? { refused: this.stale.status(request) }
      : this.admission.judge(request, request, undefined, isSafeMethod(request.method));
    const carryOut = ({ refused, bypassed }: Verdict): void => {
      if (refused) {
        prepare(() => this.refuse(request, reply, refused));
        return;
      }
      if (bypassed) {
        forceHeader(reply, 'Cache-Control', 'private, no-store');
      }
      next();
    };
    if (verdict instanceof Promise) {
      void verdict.then(carryOut);
    } else {
      carryOut(verdict);
    }
  }

  private refuse(request: HttpRequest, reply: HttpReply, status: NonNullable<Verdict['refused']>): void {
    const { refuser } = this;
    const exception = refuser.exception(status, request);
    refuser.setHeaders(reply, exception);
    const representation = refuser.representation(request);
    const elsewhere = representation === 'html' ? refuser.redirect(request) : undefined;
    if (elsewhere !== undefined) {
      setHeader(reply, 'Location', elsewhere);
      sendBody(reply, 302, Buffer.alloc(0));
      return;
    }
    const ready = refuser.body(exception, request, representation);
    if (ready instanceof Promise) {
      void ready.then((body) => refuser.send(reply, exception.getStatus(), body));
    } else {
      refuser.send(reply, exception.getStatus(), ready);
    }
  }

  private expressIsCertain(app: ExpressApp, request: HttpRequest): boolean {
    const path = pathOf(request);
    return !this.isGraphql(path) && !this.expressLayers(app).doubtful.some((layer) => matches(layer, path));
  }

  private fastifyIsCertain(request: FastifyRequest): boolean {
    const { url, handler } = request.routeOptions ?? {};
    return (
      url === undefined ||
      (!this.isGraphql(url) && !this.ignorePaths.matches(url) && isCertain(knowledgeOf(handler)))
    );
  }

  /** Which of the router's layers need a second look; found again when layers were added. */
  private expressLayers(app: ExpressApp): { doubtful: ExpressLayer[]; cors: ExpressLayer | undefined } {
    const stack = app.router?.stack ?? [];
    if (this.layers?.of !== stack || this.layers.length !== stack.length) {
      this.layers = {
        of: stack,
        length: stack.length,
        doubtful: stack.filter(
          ({ route }) =>
            route !== undefined &&
            ((typeof route.path === 'string' && this.ignorePaths.matches(route.path)) ||
              route.stack.some(({ handle }) => !isCertain(knowledgeOf(handle)))),
        ),
        cors: stack.find(({ handle }) => handle.name === 'corsMiddleware'),
      };
    }
    return this.layers;
  }

  /** A resolver may be exempt, and only GraphQL knows which one is asked. */
  private isGraphql(path: string): boolean {
    this.graphql ??= [...this.modules.values()].flatMap((module) => {
      const options = module.providers.get('GqlModuleOptions')?.instance as { path?: string } | undefined;
      return options ? [options.path ?? '/graphql'] : [];
    });
    return this.graphql.some((graphql) => path.toLowerCase().startsWith(graphql.toLowerCase()));
  }
}

function matches(layer: ExpressLayer, path: string): boolean {
  try {
    return layer.match(path);
  } catch {
    return false;
  }
}
