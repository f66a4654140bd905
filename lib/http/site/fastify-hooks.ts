import type { HttpRequest } from '../../request/http-request.js';
import type { HttpReply } from '../../request/http-reply.js';

export type Done = (error?: Error) => void;

/** What Fastify keeps of a route. */
export type RouteConfig = Record<symbol, unknown> & {
  readonly url?: string;
  readonly method?: string | readonly string[];
};

export interface Hooks {
  onRequest: (request: HttpRequest, reply: HttpReply, done: Done) => unknown;
  preParsing: (request: HttpRequest, reply: HttpReply, payload: unknown, done: Done) => unknown;
  onRoute: (route: { config?: RouteConfig }) => void;
}

/** A Fastify application, or the part of one that a plugin encapsulates. */
export interface FastifyApp {
  addHook<Name extends keyof Hooks>(name: Name, hook: Hooks[Name]): unknown;
}

/** What Fastify knows of a request's route: hooks, configuration. */
export type RouteContext = Readonly<Record<string, unknown>> & { readonly config?: RouteConfig };

/** Adds a hook before all others, including in encapsulated parts that exist already. */
export function addFirst<Name extends 'onRequest' | 'preParsing'>(
  app: FastifyApp,
  name: Name,
  hook: Hooks[Name],
): void {
  const hooks = internal(app, 'fastify.hooks') as Record<string, unknown[] | undefined> | undefined;
  const list = hooks?.[name];
  if (Array.isArray(list)) {
    list.unshift(hook);
  } else {
    app.addHook(name, hook);
  }
  for (const child of (internal(app, 'fastify.children') ?? []) as FastifyApp[]) {
    addFirst(child, name, hook);
  }
}

/** Its public form is created each time it is read. */
export function routeContext(request: HttpRequest): RouteContext | undefined {
  return internal(request, 'fastify.context') as RouteContext | undefined;
}

export function routeConfig(request: HttpRequest): RouteConfig | undefined {
  return (
    routeContext(request)?.config ?? (request.routeOptions as { config?: RouteConfig } | undefined)?.config
  );
}

/** The hooks of one phase as they were given, in the order of a route's context. */
export function originalHooks(request: HttpRequest, phase: string): readonly Function[] {
  const { server } = request as { readonly server?: object };
  const hooks = server && (internal(server, 'fastify.hooks') as Record<string, Function[] | undefined>);
  return hooks?.[phase] ?? [];
}

const symbols = new Map<string, symbol>();

/** What Fastify keeps under a symbol that has a name but is not exported. */
export function internal(owner: object, name: string): unknown {
  const known = symbols.get(name);
  if (known && known in owner) {
    return (owner as Record<symbol, unknown>)[known];
  }
  for (let at: object | null = owner; at; at = Object.getPrototypeOf(at) as object | null) {
    const symbol = Object.getOwnPropertySymbols(at).find(({ description }) => description === name);
    if (symbol) {
      symbols.set(name, symbol);
      return (owner as Record<symbol, unknown>)[symbol];
    }
  }
  return undefined;
}
