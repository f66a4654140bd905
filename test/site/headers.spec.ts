import fastifyHelmet from '@fastify/helmet';
import { Controller, Get, Module, type INestApplication, type MiddlewareConsumer } from '@nestjs/common';
import { NestApplication } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import cors from 'cors';
import helmet from 'helmet';
import type { ServerResponse } from 'node:http';
import {
  MaintenanceExempt,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { describe, expect, it, vi } from 'vitest';
import { adapters, type CreateApp } from '../support/apps.js';
import { raw, request } from '../support/http.js';

@Controller()
class ShopController {
  @Get('shop')
  shop(): string {
    return 'shop';
  }

  @MaintenanceExempt()
  @Get('health')
  health(): string {
    return 'healthy';
  }
}

/** Of the options, what is the same in both packages. */
interface HelmetPolicy {
  contentSecurityPolicy?: { reportOnly?: boolean; directives?: { frameAncestors: string[] } };
}

const addHelmet = async (app: INestApplication, options: HelmetPolicy = {}): Promise<void> => {
  if (app.getHttpAdapter().getType() === 'express') {
    app.use(helmet(options));
  } else {
    await (app as NestFastifyApplication).register(fastifyHelmet, options);
  }
};

/** When the site decides: before everything, or after middleware. */
const MOMENTS: readonly (readonly [string, MaintenanceRootOptions])[] = [
  ['before everything', {}],
  ['after middleware', { bypass: { when: () => false } }],
];

describe.each(adapters)("headers of refusals with coverage 'site' on %s", (_name, createApp) => {
  describe.each(MOMENTS)('decided %s', (_moment, options) => {
    const closed = async (
      more: MaintenanceRootOptions = {},
      configure: (app: INestApplication) => unknown = () => undefined,
      create: CreateApp = createApp,
    ) => {
      const module = MaintenanceModule.forRoot({
        coverage: 'site',
        socket: false,
        admin: false,
        ...options,
        ...more,
      });
      const running = await create({ imports: [module], controllers: [ShopController] }, configure);
      await running.app.get(MaintenanceService).setMaintenance(true);
      return running;
    };
    const PATHS = ['/shop', '/nowhere'];

    it('include those of helmet, except for the policy of the page', async () => {
      await using running = await closed({}, addHelmet);
      for (const path of PATHS) {
        const json = await request(running.port, path);
        expect(json.status).toBe(503);
        expect(json.headers).toMatchObject({
          'x-content-type-options': 'nosniff',
          'strict-transport-security': expect.stringContaining('max-age'),
          'content-security-policy': expect.stringContaining("default-src 'self'"),
          'retry-after': '60',
          'cache-control': 'no-store',
        });
        const page = await request(running.port, path, { headers: { accept: 'text/html' } });
        expect(page.headers).toMatchObject({
          'x-content-type-options': 'nosniff',
          'content-security-policy': expect.stringContaining("default-src 'none'"),
        });
        expect([page.headers['content-security-policy']].flat()).toHaveLength(1);
      }
      const other = await request(running.port, '/health');
      expect(other.headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
    });

    it('let the page be shown in the same frames as the pages of the application', async () => {
      const partners = {
        contentSecurityPolicy: { directives: { frameAncestors: [`'self'`, 'https://a.example'] } },
      };
      const ways: [string | undefined, (app: INestApplication) => unknown][] = [
        [undefined, () => undefined],
        [`frame-ancestors 'self'`, addHelmet],
        [`frame-ancestors 'self' https://a.example`, (app) => addHelmet(app, partners)],
      ];
      for (const [expected, configure] of ways) {
        await using running = await closed({}, configure);
        const { headers } = await request(running.port, '/shop', { headers: { accept: 'text/html' } });
        const policy = String(headers['content-security-policy']);
        expect(policy.match(/frame-ancestors[^;,]*/g) ?? [undefined]).toEqual([expected]);
        expect(policy).toMatch(/^default-src 'none'; .*form-action 'none'/);
      }
    });

    it('report no page of ours to those who try out a policy for pages of their own', async () => {
      const trial = { contentSecurityPolicy: { reportOnly: true } };
      await using running = await closed({ admin: {}, permissions: () => true }, (app) =>
        addHelmet(app, trial),
      );
      const json = await request(running.port, '/shop');
      expect(json.headers).toHaveProperty('content-security-policy-report-only');
      for (const path of ['/shop', '/nowhere', '/maintenance/admin']) {
        const { headers } = await request(running.port, path, { headers: { accept: 'text/html' } });
        expect(headers['content-security-policy']).toContain("default-src 'none'");
        expect(headers).not.toHaveProperty('content-security-policy-report-only');
      }
    });

    it('include CORS and helmet together', async () => {
      await using running = await closed({}, async (app) => {
        app.enableCors({ origin: ['https://shop.example'], exposedHeaders: ['Retry-After'] });
        await addHelmet(app);
      });
      for (const path of PATHS) {
        const answer = await request(running.port, path, { headers: { origin: 'https://shop.example' } });
        expect(answer).toMatchObject({
          status: 503,
          headers: {
            'access-control-allow-origin': 'https://shop.example',
            'access-control-expose-headers': 'Retry-After',
            'x-content-type-options': 'nosniff',
            vary: expect.stringMatching(/^Origin, ?Accept$/),
          },
        });
      }
    });

    it('leave preflight requests to CORS, also where a route of its own answers them', async () => {
      await using running = await closed({}, (app) => {
        if (app.getHttpAdapter().getType() !== 'express') {
          app.enableCors();
          return;
        }
        // as the documentation of cors has it
        const express = app.getHttpAdapter().getInstance() as {
          options(path: string, ...handlers: unknown[]): void;
        };
        express.options('/own', (_request: unknown, response: { end(text: string): void }) =>
          response.end('own'),
        );
        express.options('/{*path}', cors());
      });
      for (const path of PATHS) {
        const headers = { origin: 'https://shop.example', 'access-control-request-method': 'PUT' };
        expect(await request(running.port, path, { method: 'OPTIONS', headers })).toMatchObject({
          status: 204,
          headers: { 'access-control-allow-origin': '*' },
        });
        expect((await request(running.port, path)).status).toBe(503);
      }
      const own = await request(running.port, '/own', { method: 'OPTIONS' });
      expect(own.text).not.toBe('own');
    });

    it('include CORS with an asynchronous origin, and none if that fails', async () => {
      let fails = false;
      const origin = (_origin: string | undefined, done: (error: Error | null, allowed?: boolean) => void) =>
        setImmediate(() => (fails ? done(new Error('no answer')) : done(null, true)));
      await using running = await closed({}, (app) => app.enableCors({ origin: origin as never }));
      const headers = { origin: 'https://shop.example' };
      expect(await request(running.port, '/nowhere', { headers })).toMatchObject({
        status: 503,
        headers: { 'access-control-allow-origin': 'https://shop.example' },
      });
      fails = true;
      const failed = await request(running.port, '/nowhere', { headers });
      expect(failed.status).toBe('bypass' in options ? 500 : 503);
      expect(failed.headers).not.toHaveProperty('access-control-allow-origin');
    });

    it.runIf(!('bypass' in options))('omit CORS if the origin callback is late or never called', async () => {
      const dones: ((error: Error | null, allowed?: boolean) => void)[] = [];
      const origin = (_origin: string | undefined, done: (typeof dones)[number]) =>
        void (dones.push(done) === 2 && done(null, true));
      await using running = await closed({ callTimeout: 300 }, (app) =>
        app.enableCors({ origin: origin as never }),
      );
      const headers = { origin: 'https://shop.example' };
      const refused = await request(running.port, '/nowhere', { headers });
      expect(refused.status).toBe(503);
      expect(refused.headers).not.toHaveProperty('access-control-allow-origin');
      // what it does then with an answer that is gone throws nothing where nobody could catch it
      expect(dones).toHaveLength(1);
      dones[0]?.(null, true);
      const next = await request(running.port, '/nowhere', { headers });
      expect(next.headers).toMatchObject({ 'access-control-allow-origin': 'https://shop.example' });
      expect(running.log.join('\n')).toContain('did not answer within 300 ms (the option "callTimeout")');
    });

    it('include those of useSecurityHeaders() from Nest 12 on', async () => {
      const own = 'useSecurityHeaders' in NestApplication.prototype;
      expect(own).toBe(process.env.NEST_MAJOR !== '11');
      await using running = await closed({}, (app) =>
        own
          ? (app as INestApplication & { useSecurityHeaders(): void }).useSecurityHeaders()
          : addHelmet(app),
      );
      for (const path of [...PATHS, '/health']) {
        const { headers } = await request(running.port, path);
        expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff' });
        expect(headers).not.toHaveProperty('x-powered-by');
      }
    });

    it('include refusalHeaders by name, request and middleware; ours take precedence', async () => {
      const requestId = (
        _request: unknown,
        response: { setHeader(name: string, value: string): void },
        next: () => void,
      ) => {
        response.setHeader('X-Request-Id', 'made');
        setImmediate(next);
      };
      const cors = (app: INestApplication): void => app.enableCors({ origin: ['https://shop.example'] });
      const more: MaintenanceRootOptions = {
        refusalHeaders: [
          { 'X-Site': 'shop', Vary: 'Cookie', 'retry-after': '1', 'Cache-Control': 'public' },
          ({ headers }: { headers: Record<string, string> }) => ({
            'X-Asked': headers['x-ask'] ?? 'nothing',
            vary: 'X-Ask',
          }),
          requestId,
        ],
      };
      await using running = await closed(more, cors);
      const seen = { 'x-site': 'shop', 'retry-after': '60', 'cache-control': 'no-store' };
      for (const path of PATHS) {
        const answer = await request(running.port, path, { headers: { 'x-ask': 'this' } });
        expect(answer.status).toBe(503);
        expect(answer.headers).toMatchObject({ ...seen, 'x-asked': 'this' });
        expect(String(answer.headers['vary']).split(/, ?/)).toEqual(
          expect.arrayContaining(['Accept', 'Cookie', 'X-Ask']),
        );
        const crossOrigin = await request(running.port, path, {
          headers: { origin: 'https://shop.example' },
        });
        expect(String(crossOrigin.headers['vary']).split(/, ?/).toSorted()).toEqual([
          'Accept',
          'Cookie',
          'Origin',
          'X-Ask',
        ]);
      }
      // a handler's refusal comes behind the application's middleware, which this one is not part of
      const early = !('bypass' in options);
      expect((await request(running.port, '/nowhere')).headers['x-request-id']).toBe('made');
      expect((await request(running.port, '/shop')).headers['x-request-id']).toBe(early ? 'made' : undefined);
      expect((await request(running.port, '/maintenance/ping')).headers).toMatchObject(seen);
    });

    it('take each cookie of refusalHeaders, and nothing that describes the content or lets caches keep it', async () => {
      const unwanted = {
        ETag: '"a"',
        'Last-Modified': 'Sun, 29 Nov 2026 08:00:00 GMT',
        'Content-Disposition': 'attachment',
        'CDN-Cache-Control': 'max-age=600',
        'Surrogate-Control': 'max-age=600',
        'X-Accel-Expires': '600',
      };
      await using running = await closed({
        refusalHeaders: [
          { ...unwanted, 'Set-Cookie': 'one=1' },
          { 'set-cookie': 'two=2', 'X-Site': 'shop' },
          { 'Set-Cookie': 'three=3' },
        ],
      });
      await using handlers = await closed({
        coverage: 'handlers',
        refusalHeaders: [() => ({ ...unwanted, 'Set-Cookie': 'one=1' }), { 'Set-Cookie': 'two=2' }],
      });
      for (const [port, path, method, cookies] of [
        [running.port, '/shop', 'GET', ['one=1', 'two=2', 'three=3']],
        [running.port, '/nowhere', 'HEAD', ['one=1', 'two=2', 'three=3']],
        [running.port, '/maintenance/ping', 'GET', ['one=1', 'two=2', 'three=3']],
        [handlers.port, '/shop', 'GET', ['one=1', 'two=2']],
        [handlers.port, '/shop', 'HEAD', ['one=1', 'two=2']],
      ] as const) {
        const { status, headers } = await request(port, path, { method });
        expect([status, headers['cache-control'], headers['set-cookie']]).toEqual([503, 'no-store', cookies]);
        for (const name of Object.keys(unwanted)) {
          expect(headers).not.toHaveProperty(name.toLowerCase());
        }
      }
    });

    it('say how the body ends in one way, whatever middleware has set', async () => {
      const streams = (_request: unknown, response: ServerResponse, next: () => void): void => {
        response.setHeader('Transfer-Encoding', 'chunked');
        response.setHeader('Trailer', 'X-Sum');
        next();
      };
      await using early = await closed({ refusalHeaders: [streams] });
      await using late = await closed({}, (app) => app.use(streams));
      await using handlers = await closed({ coverage: 'handlers' }, (app) => app.use(streams));
      for (const { port } of [early, late, handlers]) {
        for (const [accept, end] of [
          ['text/html', '</html>'],
          ['application/json', '}'],
        ] as const) {
          const sent = `GET /shop HTTP/1.1\r\nHost: a\r\nAccept: ${accept}\r\nConnection: close\r\n\r\n`;
          const answer = await raw(port, sent);
          expect(answer).toMatch(/^HTTP\/1\.1 503 [^]*\r\ncontent-length: [1-9]/i);
          expect(answer).not.toMatch(/\r\n(?:transfer-encoding|trailer):/i);
          expect(answer.trimEnd().endsWith(end)).toBe(true);
        }
      }
    });

    it('wait once for refusalHeaders and a CORS function that never call back', async () => {
      const early = !('bypass' in options);
      const never = (_request: unknown, _reply: unknown, _next: () => void): void => undefined;
      await using running = await closed(
        { callTimeout: 300, refusalHeaders: [{ 'X-A': 'a' }, never, never] },
        // where the site is decided later it comes before us, and hangs by itself
        (app) => early && app.enableCors({ origin: () => undefined }),
      );
      for (const [path, headers] of [
        ['/shop', {}],
        ['/nowhere', { origin: 'https://app.example' }],
      ] as const) {
        // a busy machine delays some of them
        const took: number[] = [];
        for (let times = 0; times < 4; times++) {
          const begun = performance.now();
          const answer = await request(running.port, path, { headers });
          expect(answer).toMatchObject({ status: 503, headers: { 'x-a': 'a', 'retry-after': '60' } });
          took.push(performance.now() - begun);
        }
        expect(Math.min(...took)).toBeLessThan(590);
      }
      await request(running.port, '/shop');
      const lines = running.log.filter((line) => line.includes('Middleware that sets headers of refusals'));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain('did not answer within 300 ms');
    });

    it('do not depend on refusalHeaders that throw or are invalid', async () => {
      await using running = await closed({
        refusalHeaders: [
          () => {
            throw new Error('on purpose');
          },
          () => ({ 'X-A': 'a\r\nSet-Cookie: b' }),
          () => undefined as never,
          () => ({ 'Transfer-Encoding': 'chunked' }),
          () => ({ 'content-length': '1', 'Content-Encoding': 'gzip' }),
        ],
      });
      for (const path of PATHS) {
        const answer = await request(running.port, path);
        expect(answer.status).toBe(503);
        expect(answer.headers).not.toHaveProperty('set-cookie');
        expect(answer.headers).not.toHaveProperty('content-encoding');
        expect(answer.json()).toMatchObject({ maintenanceMode: true });
      }
      expect(running.log.join('\n')).toMatch(
        /"refusalHeaders" threw: on purpose[^]+"refusalHeaders" returned "X-A"/,
      );
    });
  });

  it('other middleware does not run for a refusal before everything', async () => {
    const middleware = vi.fn((_request: unknown, _response: unknown, next: () => void) => next());
    @Module({
      imports: [MaintenanceModule.forRoot({ coverage: 'site', socket: false, admin: false })],
      controllers: [ShopController],
    })
    class RootModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer.apply(middleware).forRoutes('{*any}');
      }
    }
    await using running = await createApp(RootModule, (app) => {
      app.use(middleware);
      app.enableCors();
    });
    await running.app.get(MaintenanceService).setMaintenance(true);
    expect((await request(running.port, '/shop', { headers: { origin: 'https://a.example' } })).status).toBe(
      503,
    );
    expect(middleware).not.toHaveBeenCalled();
    expect((await request(running.port, '/health')).status).toBe(200);
    expect(middleware).toHaveBeenCalledTimes(2);
  });

  it('a refusal with status 200 is marked noindex', async () => {
    await using running = await createApp({
      imports: [
        MaintenanceModule.forRoot({ coverage: 'site', statusCode: 200, socket: false, admin: false }),
      ],
      controllers: [ShopController],
    });
    expect((await request(running.port, '/shop')).headers).not.toHaveProperty('x-robots-tag');
    await running.app.get(MaintenanceService).setMaintenance(true);
    for (const path of ['/shop', '/nowhere', '/maintenance/ping']) {
      const answer = await request(running.port, path, { headers: { accept: 'text/html' } });
      expect(answer.status).toBe(200);
      expect(answer.headers).toMatchObject({ 'x-robots-tag': 'noindex', 'x-maintenance-mode': '1' });
    }
    expect((await request(running.port, '/health')).headers).not.toHaveProperty('x-robots-tag');
  });
});
