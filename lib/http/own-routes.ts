import { Logger } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import type { HttpAdapterHost } from '@nestjs/core';
import 'reflect-metadata';
import { EXEMPT_POLICY } from '../decision/handler-policy.js';
import { messageOf } from '../core/errors/message-of.js';
import { LogThrottle } from '../core/common/log-throttle.js';
import type { HttpRequest } from '../request/http-request.js';
import type { HttpReply } from '../request/http-reply.js';
import { rawResponse, setHeader } from './http-port.js';
import type { MountedPaths } from './mounted-path.js';
import { preventCaching } from './prevent-caching.js';
import { sendBody } from './refusal/send-body.js';
import type { ExpressLayer } from './site/express-layers.js';
import { knowledgeOf, TARGET } from './site/site-routes.js';

/** Responds to one of this library's routes by itself. */
export type OwnRouteHandler = (request: HttpRequest, reply: HttpReply) => void | Promise<void>;

/**
 * The routes that a visitor's page depends on. They are registered on the HTTP adapter and not as controllers, so that an
 * application's global guards, throttlers, interceptors and filters do not touch them, and its OpenAPI document does not list
 * them.
 */
export class OwnRoutes {
  private readonly routes = new Map<string, OwnRouteHandler>();
  private readonly mounted = new Set<object>();
  private readonly failures = new LogThrottle((message) => new Logger('Maintenance').error(message));

  constructor(
    private readonly host: HttpAdapterHost,
    private readonly paths: MountedPaths,
  ) {}

  /**
   * Serves `GET {path}/{name}`, and with it HEAD. Call it while providers are created.
   * @param name relative to the base route; may have parameters as both routers know them, such as `gate/:key`
   * @param handle answers; an error that it throws is logged and answered with 500
   */
  add(name: string, handle: OwnRouteHandler): void {
    this.routes.set(name, handle);
  }

  /**
   * Registers them: behind everything that the application has added with `use()` (CORS, sessions), before its routes. Call it
   * when prefix and versioning are known, before Nest registers its own routes.
   */
  mount(): void {
    for (const [name, handle] of this.routes) {
      const path = this.paths.local(name);
      const route = (request: HttpRequest, reply: HttpReply): void =>
        void this.answer(path, handle, request, reply);
      // coverage of the whole site reads what it reads from Nest's handlers
      Reflect.defineMetadata(PATH_METADATA, path, route);
      Reflect.defineMetadata(TARGET, EXEMPT_POLICY, route);
      this.host.httpAdapter.get(path, route);
      this.mounted.add(route);
    }
  }

  /**
   * On Express the order of registration counts, and Nest registers the middleware of modules only after {@link mount}: moves
   * the routes behind it, before Nest's own. Call it when Nest has registered that middleware.
   */
  settle(): void {
    const adapter = this.host.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    if (adapter?.getType() !== 'express') {
      return;
    }
    const { stack } = adapter.getInstance<{ router: { stack: ExpressLayer[] } }>().router;
    const has = (layer: ExpressLayer, test: (handler: object) => boolean): boolean =>
      layer.route?.stack.some(({ handle }) => test(handle)) === true;
    const own = stack.filter((layer) => has(layer, (handler) => this.mounted.has(handler)));
    const others = stack.filter((layer) => !own.includes(layer));
    const first = others.findIndex((layer) => has(layer, (handler) => knowledgeOf(handler) !== 'not-nest'));
    others.splice(first < 0 ? others.length : first, 0, ...own);
    stack.splice(0, stack.length, ...others);
  }

  private async answer(
    path: string,
    handle: OwnRouteHandler,
    request: HttpRequest,
    reply: HttpReply,
  ): Promise<void> {
    try {
      await handle(request, reply);
    } catch (error) {
      // not the URL, which visitors invent, and which may carry a token
      this.failures.write(path, `GET ${path} failed: ${messageOf(error)}`);
      if (!rawResponse(reply).headersSent) {
        preventCaching(reply);
        setHeader(reply, 'Content-Type', 'application/json; charset=utf-8');
        sendBody(reply, 500, JSON.stringify({ statusCode: 500, message: 'Internal server error' }));
      }
    }
  }
}
