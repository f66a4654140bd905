import { build, type BuildOptions, type Plugin } from 'esbuild';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import webpack, { type Configuration } from 'webpack';
import { startChromium } from '../support/chromium.js';
import { request } from '../support/http.js';
import { end, spawnMortal } from '../support/process.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { PackedPackage } from './packed.js';

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

/** What Nest asks for and does without. */
const absent = [
  '@nestjs/microservices',
  '@nestjs/graphql',
  'class-transformer/storage',
  'bufferutil',
  'utf-8-validate',
];

/** An application that is closed whole, behind middleware that everybody uses, with guards in front of the admin page. */
const source = `
import 'reflect-metadata';
import { Controller, Get, Injectable, Module, Scope } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import cors from 'cors';
import express from 'express';
import helmet from 'helmet';
import { MaintenanceConfigurationError, MaintenanceKey, MaintenanceModule } from 'nestjs-maintenance';

const decorate = (decorators, ...target) => Reflect.decorate(decorators, ...target);
class Home { home() { return 'home'; } }
decorate([Get()], Home.prototype, 'home', Object.getOwnPropertyDescriptor(Home.prototype, 'home'));
decorate([Controller()], Home);
class Open { canActivate() { return true; } }
let asked = 0;
class PerRequest { constructor() { asked++; } canActivate() { return true; } }
decorate([Injectable({ scope: Scope.REQUEST })], PerRequest);
class App {}
const options = { redis: process.argv[2], coverage: 'site', permissions: () => true, admin: { guards: [Open, PerRequest] } };
decorate([Module({ imports: [MaintenanceModule.forRoot(options)], controllers: [Home], providers: [PerRequest] })], App);
let named = '';
try { new MaintenanceKey('no name'); } catch (error) { named = error.name + ' ' + (error instanceof MaintenanceConfigurationError); }
NestFactory.create(App, new ExpressAdapter(), { logger: ['error', 'warn'], forceCloseConnections: true }).then(async (app) => {
  app.use(helmet({ contentSecurityPolicy: false }));
  app.use(cors({ origin: 'https://shop.example' }));
  app.use('/files', express.static('.'));
  app.use('/asked', (request, response) => response.end(String(asked)));
  await app.listen(0, '127.0.0.1');
  console.log(JSON.stringify({ port: app.getHttpServer().address().port, named }));
});
`;

let packed: PackedPackage;
let browser: Browser;
let redis: RedisServer;
beforeAll(async () => {
  [packed, browser, redis] = await Promise.all([
    PackedPackage.create(),
    startChromium(),
    RedisServer.start(),
  ]);
  await writeFile(join(packed.app, 'main.mjs'), source);
}, 60_000);
afterAll(() => Promise.all([browser?.close(), packed?.remove(), redis?.stop()]));

async function byEsbuild(outfile: string, options: BuildOptions): Promise<void> {
  // what CommonJS modules in an ESM bundle need
  const js = `import { createRequire as make } from 'node:module'; const require = make(import.meta.url);`;
  await build({
    entryPoints: [join(packed.app, 'main.mjs')],
    bundle: true,
    platform: 'node',
    target: 'node20',
    nodePaths: [modules],
    external: absent.flatMap((name) => [name, `${name}/*`]),
    logLevel: 'error',
    outfile,
    ...(options.format === 'esm' && { banner: { js } }),
    ...options,
  });
}

/** What older versions of webpack, and ncc, make of a CommonJS package that exports a function. */
const onlyDefault = (name: string): Plugin => ({
  name: 'only-default',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: new RegExp(`^${name}$`) }, ({ path, kind }) =>
      kind === 'dynamic-import' ? { path, namespace: 'only-default' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'only-default' }, ({ path }) => ({
      contents: `export { default } from ${JSON.stringify(path)};`,
      resolveDir: modules,
    }));
  },
});

async function byWebpack(outfile: string, options: Configuration): Promise<void> {
  const compiler = webpack({
    // as Nest's own builder has it
    mode: 'none',
    target: 'node20',
    entry: join(packed.app, 'main.mjs'),
    context: packed.app,
    output: { path: packed.app, filename: outfile.slice(packed.app.length + 1) },
    resolve: { modules: ['node_modules', modules] },
    externals: ({ request = '' }, done) => {
      const isAbsent = absent.some((name) => request === name || request.startsWith(`${name}/`));
      done(undefined, isAbsent ? `node-commonjs ${request}` : undefined);
    },
    ...options,
  });
  const stats = await new Promise<webpack.Stats | undefined>((resolve, reject) => {
    compiler?.run((error, result) => (error ? reject(error) : resolve(result)));
  });
  expect(stats?.hasErrors(), stats?.toString('errors-only')).toBe(false);
}

/** Starts a bundled application; what it says is read line by line. */
async function start(file: string) {
  const child = spawnMortal(process.execPath, [file, redis.url], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const lines = createInterface({ input: child.stdout! });
  const ready = once(lines, 'line') as Promise<[string]>;
  const gone = once(child, 'exit').then(() => expect.fail(`The application ended:\n${output}`));
  gone.catch(() => undefined);
  const [line] = await Promise.race([ready, gone]);
  const facts = JSON.parse(line) as { port: number; named: string };
  return { ...facts, output: () => output, [Symbol.asyncDispose]: () => end(child) };
}

const bundles: [name: string, file: string, make: (outfile: string) => Promise<void>][] = [
  ['esbuild, ESM', 'esm.mjs', (file) => byEsbuild(file, { format: 'esm' })],
  [
    'esbuild, ESM, minified',
    'esm-min.mjs',
    (file) => byEsbuild(file, { format: 'esm', minify: true, keepNames: true }),
  ],
  ['esbuild, CommonJS, names kept', 'cjs.cjs', (file) => byEsbuild(file, { format: 'cjs', keepNames: true })],
  ['esbuild, CommonJS, minified', 'cjs-min.cjs', (file) => byEsbuild(file, { format: 'cjs', minify: true })],
  [
    'a bundler that shows functions only below `default`',
    'default.cjs',
    (file) => byEsbuild(file, { format: 'cjs', plugins: [onlyDefault('ioredis')] }),
  ],
  ['webpack', 'webpack.cjs', (file) => byWebpack(file, {})],
];

describe.each(bundles)('an application bundled by %s', (_name, name, make) => {
  it('serves the page, the script and the admin page, and they are live', async () => {
    const file = join(packed.app, name);
    await make(file);
    await using app = await start(file);
    const { port } = app;
    expect(app.named).toBe('MaintenanceConfigurationError true');
    expect((await request(port, '/')).text).toBe('home');
    expect((await request(port, '/maintenance/script')).status).toBe(200);

    expect((await request(port, '/maintenance/keys')).status).toBe(200);
    expect(Number((await request(port, '/asked')).text)).toBe(1);

    const errors: string[] = [];
    const admin = await browser.newPage();
    admin.on('pageerror', (error) => errors.push(error.message));
    await admin.goto(`http://127.0.0.1:${port}/maintenance/admin`);
    await admin.locator('[data-link=live]').waitFor();
    const visitor = await browser.newPage();
    visitor.on('pageerror', (error) => errors.push(error.message));
    const json = { mode: true, message: 'Bundled' };
    const headers = { 'sec-fetch-site': 'same-origin' };
    expect((await request(port, '/maintenance/keys/general', { method: 'PUT', json, headers })).status).toBe(
      200,
    );
    await admin.locator('.badge', { hasText: 'In maintenance' }).waitFor();
    for (const path of ['/', '/files/main.mjs']) {
      const refused = await request(port, path, { headers: { origin: 'https://shop.example' } });
      expect([path, refused.status]).toEqual([path, 503]);
      expect(refused.headers['access-control-allow-origin']).toBe('https://shop.example');
      expect(refused.headers['x-frame-options']).toBe('SAMEORIGIN');
    }
    await visitor.goto(`http://127.0.0.1:${port}/`);
    expect(await visitor.textContent('.message')).toBe('Bundled');
    const live = () =>
      visitor.evaluate(
        () => (globalThis as unknown as { maintenance?: { connection: string } }).maintenance?.connection,
      );
    await until(async () => (await live()) === 'live', { what: 'a live connection', timeout: 15_000 });
    await request(port, '/maintenance/keys/general', { method: 'PUT', json: { mode: false }, headers });
    await until(async () => (await visitor.textContent('body')) === 'home', { timeout: 15_000 });
    expect(errors).toEqual([]);
    expect(app.output()).toBe('');
    await Promise.all([admin.close(), visitor.close()]);
  }, 120_000);
});
