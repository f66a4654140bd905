import type { HttpRequest } from '../../request/http-request.js';
import type { HttpReply } from '../../request/http-reply.js';
import { recogniseMiddleware } from './known-middleware.js';
import { knowledgeOf } from './site-routes.js';

export type Next = (error?: unknown) => void;

/** A layer of Express' router. */
export interface ExpressLayer {
  readonly handle: ((request: HttpRequest, reply: HttpReply, next: Next) => unknown) & {
    readonly stack?: readonly ExpressLayer[];
    readonly handle?: unknown;
    readonly set?: unknown;
  };
  readonly route?: {
    readonly path: unknown;
    readonly methods: Readonly<Record<string, boolean | undefined>>;
    readonly stack: readonly { readonly handle: object }[];
  };
  /** Whether it matches every path. */
  readonly slash?: boolean;
  /** The same in version 4 of Express. */
  readonly regexp?: { readonly fast_slash?: boolean };
  /** What it was registered with, in versions of the router that keep it. */
  readonly rawPath?: unknown;
  /** What the last match has consumed of a path, in versions of the router whose {@link match} does not return it. */
  readonly path?: string;
  match(path: string): boolean | { readonly path: string };
  handleRequest(request: HttpRequest, reply: HttpReply, next: Next): void;
}

/**
 * What a layer is: one of Nest's routes, another route, a router, static files, an unknown application; the answer to unmatched
 * requests; or something that only passes requests on, like most of what `use()` is given.
 */
export type LayerKind = 'nest' | 'route' | 'router' | 'static' | 'application' | 'end' | 'middleware';

/** What a layer is, as far as can be seen. */
export function recognise({ handle, route }: ExpressLayer): LayerKind {
  if (route) {
    const { stack } = route;
    if (
      stack.length > 0 &&
      stack.every((inner) => recogniseMiddleware(inner.handle as Function) === 'cors')
    ) {
      // `options('*', cors())`: it answers preflight requests and passes all others on
      return 'middleware';
    }
    return stack.some((inner) => knowledgeOf(inner.handle) !== 'not-nest') ? 'nest' : 'route';
  }
  if (isRouter(handle)) {
    return 'router';
  }
  const known = recogniseMiddleware(handle);
  if (known === 'static') {
    return 'static';
  }
  return known === 'application' || isApplication(handle) ? 'application' : 'middleware';
}

/** Whether it is a router of Express; an application of connect, such as that of Vite, has a stack of its own kind. */
const isRouter = ({ stack }: ExpressLayer['handle']): boolean =>
  Array.isArray(stack) && stack.every(({ match }: Partial<ExpressLayer>) => typeof match === 'function');

/** Whether it is an Express application. */
export const isApplication = (value: unknown): boolean =>
  typeof value === 'function' && 'handle' in value && 'set' in value;

/** What is left of a path behind a layer that matches it, `undefined` if it does not match. */
export function enter(layer: ExpressLayer, path: string, method: string): string | undefined {
  if (layer.route && !handles(layer.route.methods, method)) {
    return undefined;
  }
  try {
    const match = layer.match(path);
    if (!match) {
      return undefined;
    }
    const rest = path.slice(((match === true ? layer.path : match.path) ?? '').length);
    return rest.startsWith('/') ? rest : `/${rest}`;
  } catch {
    // not decodable: no route is reached by it
    return undefined;
  }
}

/** As in Express' router: HEAD is answered by GET. */
function handles(methods: Readonly<Record<string, boolean | undefined>>, method: string): boolean {
  const name = method.toLowerCase();
  return methods['_all'] === true || methods[name] === true || (name === 'head' && methods['get'] === true);
}

/**
 * Whether a router has something that answers a path, and not only passes it on. One of nothing but middleware may be a session if
 * it stands at the root; below a path it is more likely to answer.
 */
export function answers(stack: readonly ExpressLayer[], path: string, method: string): boolean {
  return stack.some((layer) => {
    const kind = recognise(layer);
    const rest = kind === 'middleware' ? undefined : enter(layer, path, method);
    const { stack: inner = [] } = layer.handle;
    return (
      rest !== undefined &&
      (kind !== 'router' || answers(inner, rest, method) || (!isAtRoot(layer) && passes(inner, rest, method)))
    );
  });
}

/** Whether the path gets to something, and all that it gets to is middleware. */
function passes(stack: readonly ExpressLayer[], path: string, method: string): boolean {
  const reached = stack.filter((layer) => enter(layer, path, method) !== undefined);
  return reached.length > 0 && reached.every((layer) => recognise(layer) === 'middleware');
}

/** A method for which nobody writes a route. */
const RARE = 'TRACE';

/** Whether the path gets to a route for every method: Express makes one of each for `app.all()`. */
export function handlesAllMethods(stack: readonly ExpressLayer[], path: string): boolean {
  return stack.some((layer) => {
    const rest = enter(layer, path, RARE);
    const { stack: inner = [] } = layer.handle;
    return (
      rest !== undefined &&
      (layer.route !== undefined || (recognise(layer) === 'router' && handlesAllMethods(inner, rest)))
    );
  });
}

/** Whether it is mounted at no path; in version 4 of Express an expression says so. */
const isAtRoot = ({ slash, regexp }: ExpressLayer): boolean => slash ?? regexp?.fast_slash ?? false;
