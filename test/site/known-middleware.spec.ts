import { build } from 'esbuild';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recogniseMiddleware } from '../../lib/http/site/known-middleware.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** What applications `use()`, by what it is; `hooks` of plugins are what Fastify was given. */
const source = `
import cors from 'cors';
import express from 'express';
import fastifyCors from '@fastify/cors';
import fastifyHelmet from '@fastify/helmet';
import helmet from 'helmet';
import serveStatic from 'serve-static';

const app = express();
app.use('/shop', express());
const hooks = {};
const fastify = (name) => ({
  hasReplyDecorator: () => true,
  decorateRequest() {},
  decorateReply() {},
  options() {},
  addHook: (phase, hook) => (hooks[name] ??= []).push(hook),
});
fastifyCors(fastify('cors'), { origin: 'https://shop.example' }, () => {});
fastifyCors(fastify('cors'), { hook: 'preParsing' }, () => {});
fastifyCors(fastify('cors'), (request, done) => done(null, {}), () => {});
fastifyHelmet(fastify('helmet'), {});
const isPart = (name) => !['default', 'module.exports'].includes(name) && typeof helmet[name] === 'function';

module.exports = {
  cors: [cors(), cors({ origin: (origin, done) => done(null, true) }), ...hooks.cors],
  helmet: [
    helmet(),
    helmet({ contentSecurityPolicy: { directives: { scriptSrc: [() => "'nonce-1'"] } } }),
    helmet.contentSecurityPolicy({ directives: { defaultSrc: [() => "'self'"] } }),
    ...Object.keys(helmet).filter(isPart).map((name) => helmet[name]()),
    ...hooks.helmet.filter((hook) => hook.length !== 1),
  ],
  static: [serveStatic('.'), express.static('.')],
  application: [app.router.stack.at(-1).handle],
  own: [
    (request, response, next) => next(),
    (request, response, next) => { response.setHeader('x-visited', String(Date.now())); next(); },
    (request, response, next) => { if (!request.headers.authorization) { response.statusCode = 401; response.end(); return; } next(); },
    (request, response, next) => { request.user = { name: request.headers['x-user'] }; next(); },
    async (request, response, next) => { await Promise.resolve(); next(); },
    (request, response, next) => { response.on('finish', () => console.log(request.url)); next(); },
    (request, response, next) => request.headers.origin === 'https://shop.example' ? next() : response.end(),
    express.json(),
    express.urlencoded({ extended: false }),
  ],
};
`;

describe.each([
  ['as it is', {}],
  ['minified', { minify: true }],
  ['minified, names kept', { minify: true, keepNames: true }],
  ['minified, for old engines', { minify: true, target: 'es2015' }],
])('middleware of other packages is recognised: %s', (_what, options) => {
  let folder: string;
  let made: Record<string, Function[]>;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'known-middleware-'));
    const outfile = join(folder, 'made.cjs');
    await build({
      stdin: { contents: source, resolveDir: root },
      bundle: true,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
      outfile,
      ...options,
    });
    made = createRequire(import.meta.url)(outfile) as Record<string, Function[]>;
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(['cors', 'helmet', 'static', 'application'])('%s', (kind) => {
    const found = (made[kind] ?? []).map(
      (middleware) => recogniseMiddleware(middleware) ?? String(middleware),
    );
    expect(found.length).toBeGreaterThan(0);
    expect(found).toEqual(found.map(() => kind));
  });

  it('is recognised when Fastify has bound it', () => {
    for (const kind of ['cors', 'helmet']) {
      const hook = made[kind]?.at(-1) as Function;
      expect(recogniseMiddleware(hook.bind(undefined) as Function, hook)).toBe(kind);
    }
  });

  it('is recognised when instrumentation has wrapped it, as OpenTelemetry does', () => {
    for (const [kind, all] of Object.entries(made)) {
      const wrapped = all.map((middleware) => Object.assign(() => undefined, { __original: middleware }));
      const expected = kind === 'own' ? undefined : kind;
      expect(wrapped.map((middleware) => recogniseMiddleware(middleware))).toEqual(
        wrapped.map(() => expected),
      );
    }
    // what it wraps twice
    const [middleware] = made['helmet'] as [Function];
    const wrapped: Function = Object.assign(() => undefined, { __original: middleware });
    expect(recogniseMiddleware(Object.assign(() => undefined, { __original: wrapped }))).toBe('helmet');
    expect(recogniseMiddleware(Object.assign(wrapped, { __original: wrapped }))).toBeUndefined();
  });

  it("does not match the application's own middleware", () => {
    expect(made['own']?.map((middleware) => recogniseMiddleware(middleware))).toEqual(
      made['own']?.map(() => undefined),
    );
  });
});
