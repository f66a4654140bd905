import type { ExpressHeaders } from './express-headers.js';
import { isApplication, type LayerKind } from './express-layers.js';
import type { ExpressRoutes } from './express-routes.js';

type Method = (...args: unknown[]) => unknown;

/** What a method of the adapter has added, if its layer does not show it. */
const ADDED: Readonly<Record<string, LayerKind>> = { setNotFoundHandler: 'end', useStaticAssets: 'static' };

/**
 * Notes what layers are if they do not show it: functions of bundled applications may have lost their names, and some never had
 * one.
 * @param adapter Nest's adapter for Express
 */
export function watchExpress(
  adapter: object,
  app: { use: Method },
  routes: ExpressRoutes,
  headers: ExpressHeaders,
): void {
  const methods = adapter as Record<string, Method | undefined>;
  const around = (name: string, wrap: (call: () => unknown) => unknown): void => {
    const method = methods[name];
    if (typeof method === 'function') {
      methods[name] = (...args) => wrap(() => method.apply(adapter, args));
    }
  };
  for (const [name, kind] of Object.entries(ADDED)) {
    around(name, (call) => routes.marking(kind, call));
  }
  around('enableCors', (call) => headers.marking(call));
  around('registerSecurityHook', (call) => headers.marking(call));
  // middleware that Nest registers for single methods looks like a route
  around('createMiddlewareFactory', (call) => {
    const register = call() as Method;
    return (...args: unknown[]) => routes.marking('middleware', () => register(...args));
  });
  const use = app.use.bind(app);
  app.use = (...args) =>
    args.flat(Infinity).some(isApplication)
      ? routes.marking('application', () => use(...args))
      : use(...args);
}
