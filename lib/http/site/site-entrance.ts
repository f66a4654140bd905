import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { ResolvedStructure } from '../../options/structural-options.js';
import { STRUCTURE } from '../../options/tokens.js';
import { Bypass } from '../../access/bypass.js';
import { ExpressRoutes, type ExpressApp } from './express-routes.js';
import { FastifyRoutes, type FastifyAdapterLike } from './fastify-routes.js';
import { preventCaching } from '../prevent-caching.js';
import { setHeader, type HttpReply, type HttpRequest } from '../http-port.js';
import { MountedPaths } from '../mounted-path.js';
import { IgnorePaths } from '../../decision/ignore-paths.js';
import { sendBody } from '../refusal/send-body.js';
import { SiteCoverage } from './site-coverage.js';
import { GraphqlPaths } from './site-routes.js';

type Next = () => void;

/**
 * What is done before static files and routers see a request: bypass links are followed wherever they lead, and with
 * `coverage: 'site'` the whole site is answered for. Where neither is switched on nothing is mounted.
 */
@Injectable()
export class SiteEntrance {
  private readonly covers: boolean;

  constructor(
    host: HttpAdapterHost,
    @Inject(STRUCTURE) structure: ResolvedStructure,
    @Inject(SiteCoverage) private readonly coverage: SiteCoverage,
    @Inject(Bypass) private readonly bypass: Bypass,
    @Inject(IgnorePaths) private readonly ignorePaths: IgnorePaths,
    @Inject(GraphqlPaths) private readonly graphql: GraphqlPaths,
    @Inject(MountedPaths) private readonly paths: MountedPaths,
  ) {
    this.covers = structure.coverage === 'site';
    if (!this.covers && !bypass.offersLinks) {
      return;
    }
    // as soon as there is an adapter, before the application mounts anything on it
    host.init$.subscribe(() => {
      const adapter = host.httpAdapter;
      if (adapter?.getType?.() === 'express') {
        this.mountOnExpress(adapter.getInstance<ExpressApp>());
      } else if (adapter?.getType?.() === 'fastify') {
        this.mountOnFastify(adapter as unknown as FastifyAdapterLike);
      }
    });
  }

  private mountOnExpress(app: ExpressApp): void {
    const routes = new ExpressRoutes(app, this.ignorePaths, this.graphql);
    if (this.covers) {
      this.shortcut(app, routes);
    }
    app.use((request, reply, next) => {
      if (this.followsLink(request, reply)) {
        return;
      }
      if (this.covers) {
        this.coverage.handle(request, reply, next, routes);
      } else {
        next();
      }
    });
  }

  /** What Express does to a request before its first middleware costs several times what a refusal does. */
  private shortcut(app: ExpressApp, routes: ExpressRoutes): void {
    const handle = app.handle.bind(app);
    app.handle = (request, response, ...rest) => {
      // another Express application that this one is mounted on has begun already
      const begun = request.originalUrl !== undefined;
      if (begun || !this.coverage.refusesAtOnce(request, response, routes)) {
        handle(request, response, ...rest);
      }
    };
  }

  private mountOnFastify(adapter: FastifyAdapterLike): void {
    const app = adapter.getInstance();
    const routes = new FastifyRoutes(this.ignorePaths, this.graphql);
    if (this.covers) {
      routes.watch(adapter);
    }
    app.addHook('onRequest', (request, reply, done: Next) => {
      if (this.followsLink(request, reply)) {
        return;
      }
      // a cross-origin visitor is refused once the CORS plugin has set its headers
      if (this.covers && request.headers.origin === undefined) {
        this.coverage.handle(request, reply, done, routes);
      } else {
        done();
      }
    });
    if (this.covers) {
      app.addHook('preParsing', (request, reply, _payload, done: Next) => {
        if (request.headers.origin === undefined) {
          done();
        } else {
          this.coverage.handle(request, reply, done, routes);
        }
      });
    }
  }

  /** A visitor who comes with a good token is sent to the same page without it. */
  private followsLink(request: HttpRequest, reply: HttpReply): boolean {
    const link = this.bypass.link(request);
    if (!link) {
      return false;
    }
    const present = [reply.getHeader('set-cookie')].flat().filter((value) => typeof value === 'string');
    setHeader(reply, 'Set-Cookie', [...present, link.cookie]);
    // the token must not stay in a cache or a referrer
    preventCaching(reply);
    setHeader(reply, 'Referrer-Policy', 'no-referrer');
    setHeader(reply, 'Location', this.paths.outside(link.location, request));
    sendBody(reply, 303, '');
    return true;
  }
}
