import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import { Controller, Get, VersioningType, type INestApplication } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import session from 'express-session';
import { MaintenanceModule, MaintenanceService, type MaintenanceRootOptions } from 'nestjs-maintenance';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { adapters, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';

@Controller()
class HomeController {
  @Get()
  home(): string {
    return 'home';
  }
}

const root = (options?: MaintenanceRootOptions) => ({ imports: [MaintenanceModule.forRoot(options)] });
const SECRET = 'a secret with at least 32 characters';
/** A session that visitors get with whatever they load first. */
async function useSessions(app: INestApplication): Promise<void> {
  if (app.getHttpAdapter().getType() === 'express') {
    app.use(session({ secret: SECRET, resave: false, saveUninitialized: true }));
  } else {
    await (app as NestFastifyApplication).register(fastifyCookie);
    await (app as NestFastifyApplication).register(fastifySession, {
      secret: SECRET,
      cookie: { secure: false },
    });
  }
}
const get = ({ port }: RunningApp, path = '/maintenance/script', headers: Record<string, string> = {}) =>
  request(port, path, { headers });

describe.each(adapters)('GET {path}/script on %s', (_name, createApp) => {
  it('is one classic script with the Socket.IO client in it, also during maintenance', async () => {
    await using app = await createApp(root());
    await app.app.get(MaintenanceService).setMaintenance(true);
    const answer = await get(app);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/javascript; charset=utf-8',
      'x-content-type-options': 'nosniff',
      'cache-control': 'public, max-age=300',
      'cross-origin-resource-policy': 'cross-origin',
    });
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.text)));
    expect(answer.text).toContain('Socket.IO v4');
    expect(answer.text).not.toMatch(/sourceMappingURL|innerHTML|\beval\(|new Function|\bimport\b.*from/);
    expect(() => runInNewContext(`(function () { ${answer.text} })`)).not.toThrow();
  });

  it('is sent once: a client that has it gets 304', async () => {
    await using app = await createApp(root());
    const { headers } = await get(app);
    const etag = String(headers['etag']);
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const again = await get(app, undefined, { 'if-none-match': known });
      expect(again.status).toBe(304);
      // that of the script, or none (RFC 9110, 8.6)
      expect(again.headers).not.toHaveProperty('content-length');
      expect(again.text).toBe('');
      expect(again.headers).toMatchObject({ etag, 'cache-control': 'public, max-age=300' });
    }
    expect((await get(app, undefined, { 'if-none-match': '"other"' })).status).toBe(200);
  });

  it('brings no session, which shared caches would keep with it and give to everybody', async () => {
    await using app = await createApp({ ...root(), controllers: [HomeController] }, useSessions);
    expect((await get(app, '/')).headers).toHaveProperty('set-cookie');
    const { headers } = await get(app);
    expect(headers['cache-control']).toBe('public, max-age=300');
    expect(headers).not.toHaveProperty('set-cookie');
    const again = await get(app, undefined, { 'if-none-match': String(headers['etag']) });
    expect(again.status).toBe(304);
    expect(again.headers).not.toHaveProperty('set-cookie');
  });

  it('is served below path and prefix, whatever the version, and knows its addresses', async () => {
    await using app = await createApp(
      root({ path: 'ops/down', socket: { namespace: '/live', path: '/ws' } }),
      (nest) => {
        nest.setGlobalPrefix('api');
        nest.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
      },
    );
    const { text, status } = await get(app, '/api/ops/down/script');
    expect(status).toBe(200);
    expect(text).toContain('{"script":"/api/ops/down/script","url":null,"path":"/ws","namespace":"/live"}');
  });

  it('connects to socket.url, evaluated for each request', async () => {
    await using app = await createApp(
      root({
        socket: {
          url: (request: { headers: { host: string } }) => `https://live.${request.headers.host}/path`,
        },
      }),
    );
    const [one, two] = [
      await get(app, undefined, { host: 'a.example' }),
      await get(app, undefined, { host: 'b.example' }),
    ];
    expect(one.text).toContain('"url":"https://live.a.example"');
    expect(two.text).toContain('"url":"https://live.b.example"');
    expect(one.headers['etag']).not.toBe(two.headers['etag']);
    expect(one.headers['cache-control']).toBe('private, max-age=300');
  });

  it('lets each visitor of the built-in page connect to the URL of socket.url only', async () => {
    await using app = await createApp({
      ...root({
        socket: { url: (request: { headers: { host: string } }) => `https://live.${request.headers.host}` },
      }),
      controllers: [HomeController],
    });
    await app.app.get(MaintenanceService).setMaintenance(true);
    for (const [host, other] of [
      ['a.example', 'b.example'],
      ['b.example', 'a.example'],
    ]) {
      const page = await get(app, '/', { accept: 'text/html', host: host! });
      expect(page.status).toBe(503);
      expect(page.headers['content-security-policy']).toContain(`wss://live.${host}`);
      expect(page.headers['content-security-policy']).not.toContain(other);
    }
  });

  it.each([
    ['throws', () => expect.fail('on purpose')],
    ['returns no URL', () => '</script>'],
    ['returns a URL of another protocol', () => 'about:blank'],
    ['returns a promise', (async () => 'https://live.example') as never],
    ['returns a promise that rejects', (async () => expect.fail('on purpose')) as never],
  ])('connects to its own origin when socket.url %s, and so do the pages', async (_what, url) => {
    const options = { socket: { url }, permissions: () => true };
    await using app = await createApp({ ...root(options), controllers: [HomeController] });
    for (let count = 0; count < 5; count++) expect((await get(app)).text).toContain('"url":null');
    const admin = await get(app, '/maintenance/admin', { accept: 'text/html' });
    expect(admin.status).toBe(200);
    expect(admin.headers['content-security-policy']).toContain("connect-src 'self';");
    await app.app.get(MaintenanceService).setMaintenance(true);
    const page = await get(app, '/', { accept: 'text/html' });
    expect(page.headers['content-security-policy']).toContain("connect-src 'self';");
    expect(app.log.filter((line) => line.includes('socket.url'))).toHaveLength(1);
  });

  it('is smaller without a gateway, by the Socket.IO client', async () => {
    await using app = await createApp(root({ socket: false }));
    const answer = await get(app);
    expect(answer.status).toBe(200);
    expect(answer.text).toContain('{"script":"/maintenance/script"}');
    expect(answer.text).not.toContain('Socket.IO');
    expect(answer.text.length).toBeLessThan(15_000);
    expect(() => runInNewContext(`(function () { ${answer.text} })`)).not.toThrow();
  });
});
