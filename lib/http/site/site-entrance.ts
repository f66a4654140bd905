import type { HttpAdapterHost } from '@nestjs/core';
import type { ResolvedStructure } from '../../options/structural-options.js';
import type { Bypass } from '../../access/bypass.js';
import { ExpressEntrance, type ExpressAdapterLike } from './express-entrance.js';
import { ExpressRoutes } from './express-routes.js';
import { FastifyEntrance, type FastifyAdapterLike } from './fastify-entrance.js';
import { addFirst } from './fastify-hooks.js';
import { preventCaching } from '../prevent-caching.js';
import type { HttpRequest } from '../../request/http-request.js';
import type { HttpReply } from '../../request/http-reply.js';
import { whenAdapterIsKnown } from '../../request/when-adapter-is-known.js';
import { addCookie, setHeader } from '../http-port.js';
import type { MountedPaths } from '../mounted-path.js';
import type { IgnorePaths } from '../../decision/ignore-paths.js';
import { sendBody } from '../refusal/send-body.js';
import type { SiteCoverage } from './site-coverage.js';
import type { SiteRequests } from './site-requests.js';
import type { GraphqlPaths } from './site-routes.js';

/**
 * What happens before anything of the application sees a request: bypass links are followed wherever they lead, and with
 * `coverage: 'site'` the whole site is covered. If neither is on, nothing is mounted.
 */
export class SiteEntrance {
  private readonly covers: boolean;
  private readonly guarded: boolean;

  constructor(
    host: HttpAdapterHost,
    structure: ResolvedStructure,
    private readonly coverage: SiteCoverage,
    private readonly bypass: Bypass,
    private readonly ignorePaths: IgnorePaths,
    private readonly graphql: GraphqlPaths,
    private readonly paths: MountedPaths,
    private readonly requests: SiteRequests,
  ) {
    this.covers = structure.coverage === 'site';
    this.guarded = structure.guard !== false;
    if (!this.covers && !bypass.offersLinks) {
      return;
    }
    // as soon as there is an adapter, before the application mounts anything on it
    whenAdapterIsKnown(host, (adapter) => {
      if (adapter?.getType?.() === 'express') {
        this.mountOnExpress(adapter as unknown as ExpressAdapterLike);
      } else if (adapter?.getType?.() === 'fastify') {
        this.mountOnFastify(adapter as unknown as FastifyAdapterLike);
      }
    });
  }

  private mountOnExpress(adapter: ExpressAdapterLike): void {
    const app = adapter.getInstance();
    if (this.covers) {
      this.requests.expect();
      const routes = new ExpressRoutes(() => app.router.stack, this.ignorePaths, this.graphql);
      new ExpressEntrance(app, this.coverage, routes, this.requests, this.guarded).mount(adapter);
    }
    if (this.bypass.offersLinks) {
      const { router } = app;
      const handle = router.handle.bind(router);
      router.handle = (request, reply, done) => {
        if (!this.followsLink(request, reply)) {
          handle(request, reply, done);
        }
      };
    }
  }

  private mountOnFastify(adapter: FastifyAdapterLike): void {
    if (this.covers) {
      this.requests.expect();
      new FastifyEntrance(adapter, this.coverage, this.graphql, this.requests, this.guarded).mount();
    }
    if (this.bypass.offersLinks) {
      addFirst(adapter.getInstance(), 'onRequest', (request, reply, done) => {
        if (!this.followsLink(request, reply)) {
          done();
        }
      });
    }
  }

  /** Redirects a visitor with a valid token to the same page without it. */
  private followsLink(request: HttpRequest, reply: HttpReply): boolean {
    const link = this.bypass.link(request);
    if (!link) {
      return false;
    }
    addCookie(reply, link.cookie);
    // the token must not stay in a cache or a referrer
    preventCaching(reply);
    setHeader(reply, 'Referrer-Policy', 'no-referrer');
    setHeader(reply, 'Location', this.paths.outside(link.location, request));
    sendBody(reply, 303, '');
    return true;
  }
}
