/**
 * Middleware and hooks of packages that many applications use. They are recognised by name or, if a bundler has removed the
 * names, by their text: by words that no minifier changes, or by their whole shape.
 */
export type Known = 'cors' | 'helmet' | 'static' | 'application';

/** The names that Express, serve-static, cors, helmet and their plugins for Fastify use. */
const NAMES: ReadonlyMap<string, Known> = new Map<string, Known>([
  ['corsMiddleware', 'cors'],
  ['handleCors', 'cors'],
  ['serveStatic', 'static'],
  ['mounted_app', 'application'],
  ...[
    'helmetMiddleware',
    'contentSecurityPolicyMiddleware',
    'crossOriginEmbedderPolicyMiddleware',
    'crossOriginOpenerPolicyMiddleware',
    'crossOriginResourcePolicyMiddleware',
    'originAgentClusterMiddleware',
    'referrerPolicyMiddleware',
    'strictTransportSecurityMiddleware',
    'xContentTypeOptionsMiddleware',
    'xDnsPrefetchControlMiddleware',
    'xDownloadOptionsMiddleware',
    'xFrameOptionsMiddleware',
    'xPermittedCrossDomainPoliciesMiddleware',
    'xPoweredByMiddleware',
    'xXssProtectionMiddleware',
    'helmetConfigureReply',
    'helmetApplyHeaders',
  ].map((name) => [name, 'helmet'] as const),
]);

/** All of a kind's expressions match its text. */
const TEXTS: readonly (readonly [Known, ...RegExp[]])[] = [
  ['cors', /\.headers\.origin\b/, /\btypeof [\w$]+\.origin\b/],
  // passes request, reply and `next` on to the one function that sets the headers
  ['cors', /^function\s?\(([\w$]+),([\w$]+),(?:[\w$]+,)?([\w$]+)\)\{[\w$]+\([\w$]+,[\w$]+,\1,\2,\3\);?\}$/],
  // calls its parts in turn, and nothing else
  [
    'helmet',
    /^function\s?\(([\w$]+),([\w$]+),[\w$]+\)\{[^.'"`]*function ([\w$]+)\([^.'"`]*\(\1,\2,\3\)[^.'"`]*\}$/,
  ],
  // sets or removes one header, then continues
  ['helmet', /^function\s?\([\w$]+,([\w$]+),([\w$]+)\)\{\1\.(?:set|remove)Header\([^()]*\)[,;]\2\(\);?\}$/],
  ['helmet', /\binstanceof Error\b/, /\.setHeader\([\w$]+,[\w$]+\)[,;][\w$]+\(\)\)?;?\}+$/],
  ['helmet', /\.routeOptions\.config\b/, /\benableCSPNonces\b/],
  ['static', /["'`]GET, HEAD["'`]/, /\.pipe\(/],
  ['application', /\.app\b/, /\bObject\.setPrototypeOf\([\w$]+,\s?[\w$]+\.response\)/],
];

const recognised = new WeakMap<Function, Known | 'unknown'>();

/**
 * What a middleware or hook is; `undefined` for one of the application's own.
 * @param original shows the text, where the other is bound
 */
export function recogniseMiddleware(
  middleware: Function,
  original: Function = middleware,
): Known | undefined {
  let known = recognised.get(middleware);
  if (!known) {
    const found = wrappedIn(middleware).map((one) => identify(one.name, one === middleware ? original : one));
    known = found.find((one) => one !== undefined) ?? 'unknown';
    recognised.set(middleware, known);
  }
  return known === 'unknown' ? undefined : known;
}

/**
 * The function itself, and what instrumentation has put it around: OpenTelemetry, and with it Sentry, wraps what an Express
 * application is given, some of it twice, and then it seems to be around itself.
 */
function wrappedIn(middleware: Function): Function[] {
  const found = new Set<Function>();
  let next: unknown = middleware;
  while (typeof next === 'function' && !found.has(next)) {
    found.add(next);
    ({ __original: next } = next as { readonly __original?: unknown });
  }
  return [...found];
}

function identify(given: string, shown: Function): Known | undefined {
  // bundlers number names that meet in one file
  const name = given.replace(/^bound /, '').replace(/\d+$/, '');
  // minifiers leave no name, or a short one
  return NAMES.get(name) ?? (name.length > 2 ? undefined : byText(String(shown)));
}

const byText = (text: string): Known | undefined =>
  TEXTS.find(([, ...expressions]) => expressions.every((expression) => expression.test(text)))?.[0];
