import { rawResponse, type HttpReply, type HttpRequest } from '../http-port.js';
import { routeContext, type Done, type RouteContext } from './fastify-hooks.js';
import { isHelmet } from './helmet.js';

type Hook = (...args: unknown[]) => unknown;

/** Hooks that plugins for CORS and helmet may have been told to use. */
const PHASES = ['onRequest', 'preParsing', 'preValidation', 'preHandler'] as const;

/** The hooks whose headers a refusal carries although it comes before all hooks: CORS, helmet, Nest's security headers. */
export class FastifyHeaders {
  private readonly known = new WeakMap<RouteContext, { cors: readonly Hook[]; helmet: readonly Hook[] }>();
  private security: Hook | undefined;

  /** @param adapter keeps the hook of `enableCors()` to itself */
  constructor(private readonly adapter: object) {
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
    const hooks = this.hooksFor(request);
    const run = (index: number): void => {
      const hook = hooks[index];
      if (hook) {
        callOnce(hook, request, reply, () => run(index + 1));
      } else {
        then();
      }
    };
    run(0);
  }

  private hooksFor(request: HttpRequest): readonly Hook[] {
    const context = routeContext(request);
    if (!context) {
      return [];
    }
    let found = this.known.get(context);
    if (!found) {
      const hooks = PHASES.flatMap((phase) => (context[phase] ?? []) as Hook[]);
      const named = (is: (name: string) => boolean): Hook[] =>
        hooks.filter(({ name }) => is(name.replace(/^bound /, '')));
      found = { cors: named((name) => name === 'handleCors'), helmet: named(isHelmet) };
      this.known.set(context, found);
    }
    if (request.headers.origin === undefined) {
      return found.helmet;
    }
    const { corsHook } = this.adapter as { corsHook?: Hook };
    return [...(corsHook ? [corsHook] : []), ...found.cors, ...found.helmet];
  }
}

/** An error of a hook is no reason to let the request pass. */
function callOnce(hook: Hook, request: HttpRequest, reply: HttpReply, next: () => void): void {
  let called = false;
  const once: Done = () => {
    if (!called) {
      called = true;
      next();
    }
  };
  try {
    const result = hook.length > 3 ? hook(request, reply, undefined, once) : hook(request, reply, once);
    if (result instanceof Promise) {
      result.then(() => once(), once);
    }
  } catch {
    once();
  }
}
