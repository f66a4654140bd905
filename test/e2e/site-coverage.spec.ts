import { fileURLToPath } from 'node:url';
import { Body, Controller, Get, Post, UseGuards, type INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { ServeStaticModule } from '@nestjs/serve-static';
import { Test } from '@nestjs/testing';
import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceStatus,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { maintenance, serviceOf, SHOP } from '../apps/shop.js';
import { adapters, type RunningApp } from '../support/apps.js';
import { raw, request } from '../support/http.js';

const PUBLIC = fileURLToPath(new URL('../apps/public', import.meta.url));

const serveStatic = (app: INestApplication): void => {
  if (app.getHttpAdapter().getType() === 'express') {
    (app as NestExpressApplication).useStaticAssets(PUBLIC, { prefix: '/assets' });
  } else {
    (app as NestFastifyApplication).useStaticAssets({ root: PUBLIC, prefix: '/assets/' });
  }
};

@MaintenanceExempt()
@Controller('echo')
class EchoController {
  @Post()
  echo(@Body() body: unknown): unknown {
    return body;
  }
}

@Controller()
class PagesController {
  @MaintenanceKeys('billing')
  @Get(['assets/:file', 'pages/bill'])
  page(): string {
    return 'page';
  }

  @MaintenanceExempt('stock')
  @Get('pages/free')
  free(): string {
    return 'free';
  }
}

class Deny {
  canActivate(): boolean {
    return false;
  }
}

@MaintenanceExempt()
@UseGuards(Deny)
@Controller('private')
class PrivateController {
  @Get()
  get(): string {
    return 'private';
  }
}

describe.each(adapters)("coverage: 'site' on %s", (name, createApp) => {
  const source = (options: MaintenanceRootOptions = {}, imports: object[] = []) => ({
    imports: [maintenance({ coverage: 'site', ...options }), ...(imports as never[])],
    controllers: [...SHOP.controllers, EchoController, PrivateController],
    providers: SHOP.providers,
  });
  const closed = async (running: RunningApp, key?: string): Promise<RunningApp> => {
    await serviceOf(running).setMaintenance(true, key);
    return running;
  };

  it('refuses static files, unmatched routes and any method', async () => {
    await using running = await createApp(source(), serveStatic);
    const { port } = running;
    const paths = ['/assets/style.css', '/assets/', '/assets/missing.js', '/nowhere', '/', '/favicon.ico'];
    const before = await Promise.all(paths.map(async (path) => (await request(port, path)).status));
    expect(before).toEqual([200, 200, 404, 404, 404, 404]);

    await closed(running);
    for (const path of paths) {
      const answer = await request(port, path);
      expect([path, answer.status]).toEqual([path, 503]);
      expect(answer.headers).toMatchObject({
        'retry-after': '60',
        'cache-control': 'no-store',
        'x-maintenance-mode': '1',
        vary: 'Accept',
      });
      expect(answer.headers).not.toHaveProperty('etag');
      expect(answer.headers).not.toHaveProperty('last-modified');
    }
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'HEAD'] as const) {
      expect([method, (await request(port, '/nowhere', { method })).status]).toEqual([method, 503]);
    }
    const page = await request(port, '/nowhere', { headers: { accept: 'text/html' } });
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');

    await serviceOf(running).setMaintenance(false);
    const after = await Promise.all(paths.map(async (path) => (await request(port, path)).status));
    expect(after).toEqual(before);
  });

  it('refuses a file that hides a marked or partly exempt handler, and one for which only another method is exempt', async () => {
    const keys = [
      new MaintenanceKey('billing', { scope: 'marked', order: -1 }),
      new MaintenanceKey('stock', { order: 1 }),
    ];
    await using running = await createApp(
      {
        imports: [maintenance({ coverage: 'site', keys })],
        controllers: [PagesController, EchoController],
      },
      serveStatic,
    );
    const ask = async (path: string, method = 'GET') =>
      (await request(running.port, path, { method })).status;
    const service = serviceOf(running);
    const seen = async () => [
      await ask('/assets/style.css'),
      await ask('/pages/bill'),
      await ask('/pages/free'),
      await ask('/echo'),
      await ask('/echo', 'POST'),
    ];
    expect(await seen()).toEqual([200, 200, 200, 404, 201]);
    await service.setMaintenance(true, 'billing', { message: 'Bills.' });
    // Express asks its static files first, Fastify the handler
    expect(await seen()).toEqual([name === 'express' ? 200 : 503, 503, 200, 404, 201]);
    await service.setMaintenance(true);
    expect(await seen()).toEqual([503, 503, 503, 503, 201]);
    // the first key in order decides, as the guard would have it
    expect((await request(running.port, '/pages/bill')).json()).toMatchObject({ message: 'Bills.' });
    await service.setMaintenance(false);
    await service.setMaintenance(true, 'stock');
    expect((await seen()).slice(1)).toEqual([503, 200, 503, 201]);
  });

  it("'handlers' leaves static files and unmatched routes alone", async () => {
    await using running = await closed(await createApp(source({ coverage: 'handlers' }), serveStatic));
    expect((await request(running.port, '/assets/style.css')).status).toBe(200);
    expect((await request(running.port, '/nowhere')).status).toBe(404);
    expect((await request(running.port, '/shop')).status).toBe(503);
  });

  it('refuses before ServeStaticModule', async () => {
    const files = ServeStaticModule.forRoot({ rootPath: PUBLIC, exclude: ['/shop{/*path}', '/health'] });
    await using running = await createApp(source({}, [files]));
    expect((await request(running.port, '/style.css')).status).toBe(200);
    expect((await request(running.port, '/index.html')).text).toContain('static index');
    await closed(running);
    expect((await request(running.port, '/style.css')).status).toBe(503);
    expect((await request(running.port, '/index.html')).status).toBe(503);
    expect((await request(running.port, '/shop')).status).toBe(503);
    expect((await request(running.port, '/health')).status).toBe(200);
    expect((await request(running.port, '/maintenance/ping')).json()).toMatchObject({
      maintenanceMode: true,
    });
  });

  it('exempt handlers get body, guards and 404 as usual', async () => {
    await using running = await closed(await createApp(source(), (app) => app.setGlobalPrefix('api')));
    const { port } = running;
    const echoed = await request(port, '/api/echo', { method: 'POST', json: { a: [1] } });
    expect(echoed.json()).toEqual({ a: [1] });
    expect((await request(port, '/api/private')).status).toBe(403);
    expect((await request(port, '/api/health?x=1')).status).toBe(200);
    // another method of an exempt path has no handler
    expect([404, 503]).toContain((await request(port, '/api/echo')).status);
    expect((await request(port, '/echo', { method: 'POST', json: {} })).status).toBe(503);
  });

  it('keys with scope marked and readOnly keys mean the same as for handlers', async () => {
    const keys = [
      new MaintenanceKey('billing', { scope: 'marked' }),
      new MaintenanceKey('frozen', { readOnly: true }),
    ];
    await using running = await createApp(source({ keys }), serveStatic);
    const service = serviceOf(running);
    await service.setMaintenance(true, 'billing');
    expect((await request(running.port, '/assets/style.css')).status).toBe(200);
    expect((await request(running.port, '/nowhere')).status).toBe(404);
    expect((await request(running.port, '/billing')).status).toBe(503);
    await service.setMaintenance(false, 'billing');
    await service.setMaintenance(true, 'frozen');
    expect((await request(running.port, '/assets/style.css')).status).toBe(200);
    expect((await request(running.port, '/nowhere')).status).toBe(404);
    expect((await request(running.port, '/nowhere', { method: 'POST' })).status).toBe(503);
  });

  it('static files with an ignored path are served', async () => {
    await using running = await closed(await createApp(source({ ignorePaths: ['/assets'] }), serveStatic));
    expect((await request(running.port, '/assets/style.css')).status).toBe(200);
    expect((await request(running.port, '/nowhere?/assets')).status).toBe(503);
  });

  it('refusals have CORS headers, and preflights are answered', async () => {
    await using running = await closed(
      await createApp(source(), (app) => {
        app.enableCors({ origin: ['https://shop.example'], credentials: true });
        serveStatic(app);
      }),
    );
    const headers = { origin: 'https://shop.example' };
    for (const path of ['/shop', '/nowhere', '/assets/style.css']) {
      expect(await request(running.port, path, { headers })).toMatchObject({
        status: 503,
        headers: {
          'access-control-allow-origin': 'https://shop.example',
          'access-control-allow-credentials': 'true',
          vary: 'Origin, Accept',
        },
      });
      const other = await request(running.port, path, { headers: { origin: 'https://evil.example' } });
      expect(other.status).toBe(503);
      expect(other.headers).not.toHaveProperty('access-control-allow-origin');
      const preflight = await request(running.port, path, {
        method: 'OPTIONS',
        headers: { ...headers, 'access-control-request-method': 'PUT' },
      });
      expect(preflight).toMatchObject({
        status: 204,
        headers: { 'access-control-allow-origin': 'https://shop.example' },
      });
    }
  });

  it.each([
    ['anybody', {}],
    ['one site', { origin: 'https://shop.example' }],
  ])(
    'refusals have the CORS headers of any other response, without an Origin too: for %s',
    async (_whom, cors) => {
      await using running = await closed(await createApp(source(), (app) => app.enableCors(cors)));
      const corsOf = async (path: string, headers = {}): Promise<unknown> => {
        const answer = await request(running.port, path, { headers });
        return [
          answer.headers['access-control-allow-origin'],
          /\borigin\b/i.test(String(answer.headers.vary)),
        ];
      };
      for (const headers of [{}, { origin: 'https://shop.example' }]) {
        const open = await corsOf('/health', headers);
        for (const path of ['/shop', '/nowhere']) {
          expect(await corsOf(path, headers), path).toEqual(open);
        }
      }
      expect(await corsOf('/shop')).not.toEqual([undefined, false]);
    },
  );

  it("applies the application's own rules to the framework's request", async () => {
    /** Express' and Fastify's requests have it, Node's has not. */
    const isFramework = (request: unknown): boolean => 'hostname' in (request as object);
    class Staff extends MaintenanceStatus {
      override maintaining(): boolean {
        return !(isFramework(this.request) && this.state?.message === 'staff passes');
      }
    }
    const answers = async (options: MaintenanceRootOptions, headers = {}): Promise<unknown[]> => {
      await using running = await createApp(source(options));
      await serviceOf(running).setMaintenance(true, 'general', { message: 'staff passes' });
      if (options.keys?.[0]?.name === 'site') {
        await serviceOf(running).setMaintenance(false);
        await serviceOf(running).setMaintenance(true, 'site', { message: 'staff passes' });
      }
      const { status, headers: answered, text } = await request(running.port, '/shop', { headers });
      return [status, answered['content-type'], text.length < 30 ? text : ''];
    };
    const refused = [503, 'application/json; charset=utf-8', ''];
    const html = { accept: 'text/html' };
    expect(await answers({})).toEqual(refused);
    const passed = await answers({ bypass: { ips: ['127.0.0.1'] } });
    expect(passed[0]).toBe(200);
    expect(await answers({ bypass: { ips: ['10.0.0.1'] } })).toEqual(refused);
    expect(await answers({ bypass: { when: isFramework } })).toEqual(passed);
    expect(await answers({ bypass: { when: () => Promise.resolve(false) } })).toEqual(refused);
    expect(await answers({ keys: [new MaintenanceKey('site', { statusClass: Staff })] })).toEqual(passed);
    const page = (text: string) => [503, 'text/html; charset=utf-8', text];
    const responseType = (request: unknown) => (isFramework(request) ? 'html' : 'json');
    expect(await answers({ responseType, template: () => 'own' })).toEqual(page('own'));
    const template = ({ request }: { request: unknown }): string => String(isFramework(request));
    expect(await answers({ template }, html)).toEqual(page('true'));
    const translate = (text: string, _language: string, request?: unknown): string =>
      text === 'staff passes' ? String(isFramework(request)) : text;
    expect(await answers({ translate })).toEqual(refused);
    expect(await answers({ redirect: '/status' }, html)).toEqual([302, undefined, '']);
  });

  it('works in a testing module, and can be overridden with its options', async () => {
    await using running = await closed(
      await createApp(Test.createTestingModule(source()), (app) => {
        app.setGlobalPrefix('api');
        serveStatic(app);
      }),
    );
    expect((await request(running.port, '/assets/style.css')).status).toBe(503);
    expect((await request(running.port, '/nowhere')).status).toBe(503);
    expect((await request(running.port, '/api/health')).status).toBe(200);
  });

  it('routes that the application registers manually are refused', async () => {
    await using running = await createApp(source(), (app) => {
      const instance = app.getHttpAdapter().getInstance() as {
        get(path: string, handler: (request: unknown, reply: { send(text: string): void }) => void): void;
      };
      instance.get('/by-hand/:id', (_request, reply) => reply.send('by hand'));
    });
    expect((await request(running.port, '/by-hand/1')).text).toBe('by hand');
    await closed(running);
    expect((await request(running.port, '/by-hand/1')).status).toBe(503);
  });

  it('keeps connections open through many refusals with unread bodies', async () => {
    await using running = await closed(await createApp(source()));
    const body = 'x'.repeat(70_000);
    const one = `POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const chunked =
      'POST /shop HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n' +
      '8\r\n{"a": 1}\r\n0\r\n\r\n';
    const last = 'GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
    const answer = await raw(running.port, one + chunked + one + chunked + last);
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual([
      ...Array.from({ length: 4 }, () => 'HTTP/1.1 503'),
      'HTTP/1.1 200',
    ]);
  });
});
