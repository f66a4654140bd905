import type { ApplicationCalls } from '../../core/common/application-calls.js';
import type { MaintenanceHeaderMiddleware } from '../../options/refusal-headers-option.js';
import type { HttpRequest } from '../../request/http-request.js';
import type { HttpReply } from '../../request/http-reply.js';
import { rawResponse } from '../http-port.js';
import { originalHooks, routeContext, type RouteContext } from './fastify-hooks.js';
import { recogniseMiddleware, type Known } from './known-middleware.js';
import { inTurn } from './in-turn.js';

type Hook = (...args: unknown[]) => unknown;

/** Hooks that plugins for CORS and helmet can be configured to use. */
const PHASES = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const;

/** The hooks whose headers a refusal carries although it precedes all hooks: CORS, helmet, Nest's security headers. */
export class FastifyHeaders {
  private readonly known = new WeakMap<RouteContext, readonly Hook[]>();
  private security: Hook | undefined;

  /**
   * @param adapter hides the hook of `enableCors()`
   * @param more what the application adds
   */
  constructor(
    private readonly adapter: object,
    private readonly more: readonly MaintenanceHeaderMiddleware[],
    private readonly calls: ApplicationCalls,
  ) {
    const watched = adapter as { registerSecurityHook?: Hook };
    const register = watched.registerSecurityHook;
    if (register) {
      watched.registerSecurityHook = (hook) => {
        this.security = hook as Hook;
        return register.call(adapter, hook);
      };
    }
  }

  /** Sets their headers, one after the other, then calls back. */
  apply(request: HttpRequest, reply: HttpReply, then: () => void): void {
    try {
      this.security?.(request, rawResponse(reply));
    } catch {
      // whatever it objects to: the request is refused anyway
    }
    const { raw } = request;
    const middleware = this.more.map(
      (one): Hook =>
        (_request, _reply, next) =>
          one(raw, rawResponse(reply), next as () => void),
    );
    inTurn(
      [...this.hooksFor(request), ...middleware],
      {
        call: (hook, next) =>
          hook.length > 3 ? hook(request, reply, undefined, next) : hook(request, reply, next),
        response: rawResponse(reply),
        calls: this.calls,
      },
      then,
    );
  }

  private hooksFor(request: HttpRequest): readonly Hook[] {
    const context = routeContext(request);
    if (!context) {
      return [];
    }
    let found = this.known.get(context);
    if (!found) {
      const hooks = PHASES.flatMap((phase) => {
        const originals = originalHooks(request, phase);
        return ((context[phase] ?? []) as Hook[]).map((hook, index) => {
          // a bound function does not show its text
          const known = recogniseMiddleware(hook, originals[index]);
          return [hook, known] as const;
        });
      });
      const all = (kind: Known): Hook[] => hooks.filter(([, known]) => known === kind).map(([hook]) => hook);
      found = [...all('cors'), ...all('helmet')];
      this.known.set(context, found);
    }
    const { corsHook } = this.adapter as { corsHook?: Hook };
    return corsHook ? [corsHook, ...found] : found;
  }
}
