import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  isFastifyReply,
  rawResponse,
  setHeader,
  trustsProxy,
  vary,
  type HttpReply,
  type HttpRequest,
} from '../http/http-port.js';
import { sendBody } from '../http/refusal/send-body.js';
import type { ResolvedStructure } from '../options/structural-options.js';
import { MountedPaths } from '../http/mounted-path.js';
import { OwnRoutes } from '../http/own-routes.js';
import { STRUCTURE } from '../options/tokens.js';
import { messageOf } from '../core/store/store.js';
import { StatusBroadcaster } from './status-broadcaster.js';
import { socketOptionsOf } from './gateway-options.js';
import { ScriptSource } from './script-source.js';

const logger = new Logger('Maintenance');

/** Seconds a browser may use the script without asking. */
const FRESH = 300;

/** `GET {path}/script`: the browser script. */
@Injectable()
export class ScriptRoute {
  constructor(
    @Inject(OwnRoutes) routes: OwnRoutes,
    @Inject(MountedPaths) private readonly paths: MountedPaths,
    @Inject(STRUCTURE) private readonly structure: ResolvedStructure,
    @Inject(ScriptSource) private readonly source: ScriptSource,
    @Inject(StatusBroadcaster) private readonly broadcaster: StatusBroadcaster,
  ) {
    routes.add('script', (request, reply) => this.script(request, reply));
  }

  private script(request: HttpRequest, reply: HttpReply): void {
    const { namespace, url } = socketOptionsOf(this.structure);
    const origin = url ? this.urlFor(request, url) : null;
    const { body, etag } = this.source.of({
      script: this.paths.url('script', request),
      url: origin,
      // Socket.IO listens on the server itself, and one of another origin is not behind this proxy
      path: (origin === null ? this.paths.stripped(request) : '') + this.broadcaster.path,
      namespace,
    });
    setHeader(reply, 'Content-Type', 'text/javascript; charset=utf-8');
    setHeader(reply, 'X-Content-Type-Options', 'nosniff');
    setHeader(reply, 'Cross-Origin-Resource-Policy', 'cross-origin');
    setHeader(reply, 'Cache-Control', `${url ? 'private' : 'public'}, max-age=${FRESH}`);
    setHeader(reply, 'ETag', etag);
    if (trustsProxy(request)) {
      vary(reply, 'X-Forwarded-Prefix');
    }
    if (matches(request.headers['if-none-match'], etag)) {
      sendNotModified(reply);
    } else {
      sendBody(reply, 200, body);
    }
  }

  /** A page without the right URL still has the ping endpoint. */
  private urlFor(request: HttpRequest, url: (request: never) => string): string | null {
    try {
      return new URL(url(request as never)).origin;
    } catch (error) {
      logger.error(`"socket.url" gave no URL: ${messageOf(error)}`);
      return null;
    }
  }
}

/** A 304 has no length of its own. */
function sendNotModified(reply: HttpReply): void {
  if (reply.code && reply.send && isFastifyReply(reply)) {
    reply.code(304);
    reply.send('');
    return;
  }
  const response = rawResponse(reply);
  response.statusCode = 304;
  response.end();
}

/** Weakly, as RFC 9110 wants it for `If-None-Match`: a proxy may have weakened the tag. */
function matches(header: string | undefined, etag: string): boolean {
  return (header ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === etag || tag === '*');
}
