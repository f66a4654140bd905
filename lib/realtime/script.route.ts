import { STREAM_SCRIPT } from '../browser/stream.generated.js';
import type { ScriptSettings, SocketScriptSettings } from '../browser/settings.js';
import type { ResolvedOptions } from '../options/options.js';
import { trustsProxy, type HttpRequest } from '../request/http-request.js';
import type { HttpReply } from '../request/http-reply.js';
import { forceHeaders, type ForcedHeaders } from '../http/force-header.js';
import { isFastifyReply, rawResponse, setHeader, vary } from '../http/http-port.js';
import { sendBody } from '../http/refusal/send-body.js';
import type { MountedPaths } from '../http/mounted-path.js';
import type { OwnRoutes } from '../http/own-routes.js';
import type { Localizer } from '../i18n/localizer.js';
import { SCRIPT_TEXTS } from '../i18n/texts.js';
import type { SocketUrl } from '../http/socket-url.js';
import type { ScriptSource, ScriptProgram } from './script-source.js';

/** Seconds for which a browser may use the script without revalidation. */
const FRESH = 300;
/** Some shared caches keep a cookie with what is public: a session that one visitor gets with the script would reach others. */
const NO_COOKIES: ForcedHeaders = [['Set-Cookie', undefined]];

/** A gateway, and the script that talks to it. */
export interface GatewayAddress {
  readonly program: ScriptProgram;
  /** Path of the Socket.IO server. */
  readonly path: string;
  readonly namespace: string;
}

/** `GET {path}/script`: the browser script. */
export class ScriptRoute {
  private gateway: GatewayAddress | undefined;

  constructor(
    routes: OwnRoutes,
    private readonly paths: MountedPaths,
    private readonly source: ScriptSource,
    private readonly socketUrl: SocketUrl,
    private readonly localizer: Localizer,
    private readonly options: ResolvedOptions,
  ) {
    routes.add('script', (request, reply) => this.script(request, reply));
  }

  /** From here on the script connects to a gateway. */
  connectTo(gateway: GatewayAddress): void {
    this.gateway = gateway;
  }

  private script(request: HttpRequest, reply: HttpReply): void {
    const { gateway } = this;
    const settings: ScriptSettings = {
      script: this.paths.url('script', request),
      ...this.apart('ping', request),
      ...(!gateway && this.apart('events', request)),
      ...(this.localizer.active && { texts: this.texts(request) }),
      ...(this.options.visitor && { asks: true }),
    };
    const { body, etag } = gateway
      ? this.source.of(gateway.program, this.withGateway(settings, gateway, request))
      : this.source.of(STREAM_SCRIPT, settings);
    setHeader(reply, 'Content-Type', 'text/javascript; charset=utf-8');
    setHeader(reply, 'X-Content-Type-Options', 'nosniff');
    setHeader(reply, 'Cross-Origin-Resource-Policy', 'cross-origin');
    setHeader(
      reply,
      'Cache-Control',
      `${gateway && this.socketUrl.isPersonal ? 'private' : 'public'}, max-age=${FRESH}`,
    );
    setHeader(reply, 'ETag', etag);
    forceHeaders(reply, NO_COOKIES);
    if (this.localizer.active) {
      vary(reply, 'Accept-Language');
    }
    if (trustsProxy(request)) {
      vary(reply, 'X-Forwarded-Prefix');
    }
    if (matches(request.headers['if-none-match'], etag)) {
      sendNotModified(reply);
    } else {
      sendBody(reply, 200, body);
    }
  }

  private texts(request: HttpRequest): ScriptSettings['texts'] {
    const { on, close, inTime } = SCRIPT_TEXTS;
    const translate = (text: string): string => this.localizer.translate(text, request);
    return { on: translate(on), close: translate(close), inTime: translate(inTime) };
  }

  /** The address of a route that browsers would not find beside the script. */
  private apart(name: 'ping' | 'events', request: HttpRequest): Partial<ScriptSettings> {
    const beside = this.paths.local('script').replace(/[^/]*$/, name);
    return this.paths.local(name) === beside ? {} : { [name]: this.paths.url(name, request) };
  }

  private withGateway(
    settings: ScriptSettings,
    { path, namespace }: GatewayAddress,
    request: HttpRequest,
  ): SocketScriptSettings {
    const origin = this.socketUrl.originFor(request);
    return {
      ...settings,
      url: origin,
      // Socket.IO listens on the server itself, and one of another origin is not behind this proxy
      path: (origin === null ? this.paths.stripped(request) : '') + path,
      namespace,
    };
  }
}

/** A 304 has no length of its own. */
function sendNotModified(reply: HttpReply): void {
  if (reply.code && reply.send && isFastifyReply(reply)) {
    reply.code(304);
    // for an empty text Fastify would give one
    reply.send(undefined);
    return;
  }
  const response = rawResponse(reply);
  response.statusCode = 304;
  response.end();
}

/** Weak comparison, which RFC 9110 requires for `If-None-Match`: a proxy may have weakened the tag. */
function matches(header: string | undefined, etag: string): boolean {
  return (header ?? '')
    .split(',')
    .map((tag) => tag.trim().replace(/^W\//, ''))
    .some((tag) => tag === etag || tag === '*');
}
