import { Controller, Get, Options, Res } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import type { ServerResponse } from 'node:http';
import { MINUTE, type MaintenanceRootOptions } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { Ledger, maintenance, serviceOf, SHOP, shop } from '../apps/shop.js';
import { adapters, createFastifyApp, type CreateApp } from '../support/apps.js';
import { raw, request } from '../support/http.js';

const MESSAGE = 'We are carrying out maintenance and will be back as soon as we can.';

const CONTENT_HEADERS = ['encoding', 'disposition', 'range', 'location'].map((name) => `content-${name}`);

interface RawResponse {
  setHeader(name: string, value: string): void;
}

@Controller('options')
class OptionsController {
  @Options()
  answer(@Res({ passthrough: true }) _response: unknown): string {
    return 'by hand';
  }

  @Get()
  get(): string {
    return 'got';
  }
}

describe.each(adapters)('a refusal on %s', (_name, createApp) => {
  it('is sent only while maintenance is on', async () => {
    await using running = await shop(createApp);
    const service = serviceOf(running);
    const before = await request(running.port, '/shop');
    expect(before).toMatchObject({ status: 200 });
    expect(before.headers).not.toHaveProperty('x-maintenance-mode');

    await service.setMaintenance(true);
    const refused = await request(running.port, '/shop');
    expect(refused).toMatchObject({
      status: 503,
      headers: {
        'retry-after': '60',
        'cache-control': 'no-store',
        'x-maintenance-mode': '1',
        vary: 'Accept',
        'content-type': 'application/json; charset=utf-8',
      },
    });
    expect(refused.headers).not.toHaveProperty('etag');
    expect(refused.json()).toEqual({
      statusCode: 503,
      error: 'Service Unavailable',
      message: MESSAGE,
      maintenanceMode: true,
      retryAfter: 60,
      until: null,
    });

    await service.setMaintenance(false);
    expect(await request(running.port, '/shop')).toMatchObject({ status: 200 });
  });

  it('keeps writes from their handlers', async () => {
    await using running = await shop(createApp);
    await serviceOf(running).setMaintenance(true);
    const refused = await request(running.port, '/shop', { method: 'POST', json: { a: 1 } });
    expect(refused.status).toBe(503);
    expect(running.app.get(Ledger).entries).toEqual([]);
  });

  it('announces the end in whole seconds, at least 1', async () => {
    await using running = await shop(createApp);
    const service = serviceOf(running);
    const { port } = running;

    const until = new Date(Date.now() + 10 * MINUTE);
    await service.setMaintenance(true, 'general', {
      until,
      message: 'New shelves.',
      reason: 'secret',
      actor: 'Ada',
    });
    const known = await request(port, '/shop');
    const body = known.json<{ retryAfter: number; until: string }>();
    expect(body).toMatchObject({ message: 'New shelves.', until: until.toISOString() });
    expect(body.retryAfter).toBeGreaterThan(550);
    expect(body.retryAfter).toBeLessThanOrEqual(600);
    expect(known.headers['retry-after']).toBe(String(body.retryAfter));
    expect(known.text).not.toMatch(/secret|Ada/);

    // the key's own timeout is a safety net and no promise
    await service.setMaintenance(true, 'general', { until: null });
    expect((await request(port, '/shop')).json()).toMatchObject({ retryAfter: 60, until: null });

    await service.setMaintenance(true, 'general', { timeout: 4_900 });
    const before = Date.now();
    const soon = await request(port, '/shop');
    const after = Date.now();
    // rounded up
    const end = Date.parse(soon.json<{ until: string }>().until);
    expect(Number(soon.headers['retry-after'])).toBeGreaterThanOrEqual(Math.ceil((end - after) / 1_000));
    expect(Number(soon.headers['retry-after'])).toBeLessThanOrEqual(Math.ceil((end - before) / 1_000));
  });

  it('takes refreshDelay and statusCode from the options', async () => {
    await using running = await shop(createApp, { refreshDelay: 1_500, statusCode: 500 });
    await serviceOf(running).setMaintenance(true);
    const refused = await request(running.port, '/shop');
    expect(refused).toMatchObject({ status: 500, headers: { 'retry-after': '2' } });
    expect(refused.json()).toMatchObject({ statusCode: 500, retryAfter: 2 });
    const page = await request(running.port, '/shop', { headers: { accept: 'text/html' } });
    expect(page).toMatchObject({ status: 500, headers: { refresh: expect.stringMatching(/^\d+$/) } });
  });

  it('replaces what middleware has set', async () => {
    await using running = await shop(createApp, {}, (app) => {
      app.use((_request: unknown, response: RawResponse, next: () => void) => {
        response.setHeader('Cache-Control', 'public, max-age=31536000, immutable');
        response.setHeader('ETag', '"abc"');
        response.setHeader('Last-Modified', 'Mon, 01 Jan 2024 00:00:00 GMT');
        response.setHeader('Expires', 'Mon, 01 Jan 2034 00:00:00 GMT');
        response.setHeader('Vary', 'Origin, Accept-Encoding');
        response.setHeader('Retry-After', '7200');
        // what a browser would save, not show, or cannot decode
        response.setHeader('Content-Encoding', 'gzip');
        response.setHeader('Content-Disposition', 'attachment; filename="report.pdf"');
        response.setHeader('Content-Range', 'bytes 0-9/10');
        response.setHeader('Content-Location', '/report.pdf');
        response.setHeader('X-Own', 'kept');
        next();
      });
    });
    await serviceOf(running).setMaintenance(true);
    for (const accept of ['application/json', 'text/html', 'application/problem+json']) {
      const { status, headers } = await request(running.port, '/shop', { headers: { accept } });
      expect(status).toBe(503);
      expect(headers).toMatchObject({
        'cache-control': 'no-store',
        'retry-after': '60',
        vary: 'Origin, Accept-Encoding, Accept',
        'x-own': 'kept',
      });
      expect(headers).not.toHaveProperty('etag');
      expect(headers).not.toHaveProperty('last-modified');
      expect(headers).not.toHaveProperty('expires');
      expect(CONTENT_HEADERS.filter((name) => name in headers)).toEqual([]);
    }
  });

  it('carries CORS headers, and preflights are answered', async () => {
    await using running = await shop(createApp, {}, (app) =>
      app.enableCors({
        origin: ['https://shop.example'],
        credentials: true,
        exposedHeaders: ['Retry-After'],
      }),
    );
    await serviceOf(running).setMaintenance(true);
    const headers = { origin: 'https://shop.example' };
    const refused = await request(running.port, '/shop', { headers });
    expect(refused).toMatchObject({
      status: 503,
      headers: {
        'access-control-allow-origin': 'https://shop.example',
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': 'Retry-After',
        vary: 'Origin, Accept',
      },
    });
    const preflight = await request(running.port, '/shop', {
      method: 'OPTIONS',
      headers: { ...headers, 'access-control-request-method': 'POST' },
    });
    expect(preflight).toMatchObject({
      status: 204,
      headers: { 'access-control-allow-origin': 'https://shop.example' },
    });
    expect(preflight.headers).not.toHaveProperty('x-maintenance-mode');
  });

  it('of HEAD has the headers of GET and no body', async () => {
    await using running = await shop(createApp);
    await serviceOf(running).setMaintenance(true);
    for (const accept of ['text/html', 'application/json']) {
      const head = await raw(
        running.port,
        `HEAD /shop HTTP/1.1\r\nHost: a\r\nAccept: ${accept}\r\nConnection: close\r\n\r\n`,
      );
      const [headers, ...body] = head.split('\r\n\r\n');
      expect(headers).toMatch(/^HTTP\/1\.1 503 /);
      expect(headers).toMatch(/^x-maintenance-mode: 1$/im);
      expect(headers).toMatch(/^content-length: [1-9]\d+$/im);
      expect(body.join('')).toBe('');
    }
  });

  it('applies to an OPTIONS handler of the application', async () => {
    await using running = await createApp({ imports: [maintenance()], controllers: [OptionsController] });
    expect(await request(running.port, '/options', { method: 'OPTIONS' })).toMatchObject({ status: 200 });
    await serviceOf(running).setMaintenance(true);
    expect(await request(running.port, '/options', { method: 'OPTIONS' })).toMatchObject({
      status: 503,
      headers: { 'x-maintenance-mode': '1' },
    });
  });

  it('leaves a keep-alive connection usable, also with an unread body', async () => {
    await using running = await shop(createApp, { coverage: 'site' });
    await serviceOf(running).setMaintenance(true);
    const big = 'x'.repeat(300_000);
    const answer = await raw(
      running.port,
      `POST /shop HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: ${big.length}\r\n\r\n${big}` +
        'GET /health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    );
    expect(answer.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 503', 'HTTP/1.1 200']);
  });

  it('is not sent by a module that registers no guard', async () => {
    await using running = await createApp({ imports: [maintenance({ guard: false })], ...SHOP });
    await serviceOf(running).setMaintenance(true);
    expect(await request(running.port, '/shop')).toMatchObject({ status: 200 });
    expect(await request(running.port, '/maintenance/ping')).toMatchObject({ status: 503 });
  });
});

describe('a custom serializer on fastify', () => {
  const createApp = createFastifyApp as CreateApp;
  const ways = {
    'set on each reply': (fastify: FastifyInstance) =>
      fastify.addHook('onRequest', async (_request, reply) => void reply.serializer(JSON.stringify)),
    'set for all replies': (fastify: FastifyInstance) =>
      fastify.setReplySerializer((body) => JSON.stringify(body)),
  };

  it.each(Object.entries(ways))('%s does not encode a refusal a second time', async (_way, set) => {
    for (const coverage of ['handlers', 'site'] as const) {
      await using running = await shop(createApp, { coverage }, (app) =>
        set(app.getHttpAdapter().getInstance() as FastifyInstance),
      );
      expect((await request(running.port, '/shop')).json()).toEqual({ entries: 0 });
      await serviceOf(running).setMaintenance(true);
      const refused = await request(running.port, '/shop');
      expect(refused).toMatchObject({ status: 503 });
      expect(refused.json()).toMatchObject({ statusCode: 503, maintenanceMode: true });
      const page = await request(running.port, '/shop', { headers: { accept: 'text/html' } });
      expect(page.text).toMatch(/^<!doctype html>/i);
    }
  });
});

describe('hooks of fastify that run when a response is sent', () => {
  it.each<[string, MaintenanceRootOptions]>([
    ["coverage 'handlers'", {}],
    ["coverage 'site', headers of its own", { coverage: 'site', refusalHeaders: () => ({ 'X-Own': 'yes' }) }],
    ["coverage 'site', after middleware", { coverage: 'site', bypass: { when: () => false } }],
  ])('do not make a refusal cacheable, or a 304: %s', async (_what, { bypass, ...options }) => {
    const secret = 'a secret of more than thirty-two characters';
    const all = { ...options, bypass: { ...bypass, secret } };
    await using running = await shop(createFastifyApp as CreateApp, all, (app) => {
      const fastify = app.getHttpAdapter().getInstance() as FastifyInstance;
      fastify.addHook('onRequest', async (request) => {
        // replaced by a hook: Fastify puts these on top of what was sent
        if (request.headers['x-replaced']) {
          request.headers = { ...request.headers };
        }
      });
      // like @fastify/etag, and like an application that caches everything
      fastify.addHook('onSend', async (request, reply, payload) => {
        reply.headers({ etag: '"tag"', 'cache-control': 'public, max-age=60', 'x-hook': 'ran' });
        if (request.headers['if-none-match'] === '"tag"') {
          reply.code(304);
          return '';
        }
        return payload;
      });
    });
    const headers = { 'if-none-match': '"tag"', 'x-replaced': 'yes' };
    expect((await request(running.port, '/shop', { headers })).status).toBe(304);
    expect((await request(running.port, '/maintenance/ping')).headers['cache-control']).toBe('no-store');
    const token = serviceOf(running).createBypassToken();
    const followed = await request(running.port, `/shop?maintenance-bypass=${token}`);
    expect(followed).toMatchObject({ status: 303, headers: { 'cache-control': 'no-store' } });
    await serviceOf(running).setMaintenance(true);
    for (const [path, accept] of [
      ['/shop', 'application/json'],
      ['/shop', 'text/html'],
      ['/maintenance/ping', '*/*'],
    ] as const) {
      const refused = await request(running.port, path, { headers: { ...headers, accept } });
      expect([path, refused.status]).toEqual([path, 503]);
      expect(refused.headers).toMatchObject({ 'cache-control': 'no-store', 'x-hook': 'ran' });
      expect(refused.headers).not.toHaveProperty('etag');
      expect(refused.text).not.toBe('');
    }
  });
});

describe.each(adapters)('middleware that sets headers when a response is sent, on %s', (name, createApp) => {
  const CACHEABLE = {
    'Cache-Control': 'public, max-age=600',
    'CDN-Cache-Control': 'max-age=600',
    'Edge-Control': 'cache-maxage=600s',
  };
  const setAll = (response: ServerResponse): void => {
    if (!response.headersSent) {
      Object.entries(CACHEABLE).forEach(([name, value]) => response.setHeader(name, value));
    }
  };
  type Around = (response: ServerResponse) => void;
  const ways: Record<string, Around> = {
    // as the package on-headers does, and with it express-cache-controller and others
    'around writeHead()': (response) => {
      const { writeHead } = response;
      response.writeHead = function (this: ServerResponse, status: number, headers: object = {}) {
        Object.entries(headers).forEach(([name, value]) => this.setHeader(name, value as string));
        setAll(this);
        return writeHead.call(this, status);
      } as ServerResponse['writeHead'];
    },
    'around end()': (response) => {
      const { end } = response;
      response.end = function (this: ServerResponse, ...args: unknown[]) {
        setAll(this);
        return end.apply(this, args as never);
      } as ServerResponse['end'];
    },
  };

  describe.each<[string, MaintenanceRootOptions]>([
    ["coverage 'handlers'", {}],
    ["coverage 'site', before everything", { coverage: 'site' }],
    ["coverage 'site', after middleware", { coverage: 'site', bypass: { when: () => false } }],
  ])('%s', (_what, { bypass, ...options }) => {
    // Fastify sends the head before it calls end()
    it.each(Object.entries(ways).slice(0, name === 'express' ? 2 : 1))(
      '%s, makes nothing cacheable that must not be',
      async (_way, around) => {
        const secret = 'a secret of more than thirty-two characters';
        await using running = await shop(createApp, { ...options, bypass: { ...bypass, secret } }, (app) =>
          app.use((_request: unknown, response: ServerResponse, next: () => void) => {
            around(response);
            next();
          }),
        );
        const cached = async (path: string, headers: Record<string, string> = {}) => {
          const answer = await request(running.port, path, { headers });
          const others = ['cdn-cache-control', 'edge-control'].filter((name) => name in answer.headers);
          return [answer.status, answer.headers['cache-control'], ...others];
        };
        const open = await cached('/shop');
        expect(open).toEqual([200, 'public, max-age=600', 'cdn-cache-control', 'edge-control']);
        expect(await cached('/maintenance/ping')).toEqual([200, 'no-store']);
        const service = serviceOf(running);
        await service.setMaintenance(true);
        for (const path of ['/shop', '/maintenance/ping', ...(options.coverage ? ['/nowhere'] : [])]) {
          for (const accept of ['application/json', 'text/html']) {
            expect([path, ...(await cached(path, { accept }))]).toEqual([path, 503, 'no-store']);
          }
        }
        const token = service.createBypassToken();
        const bypassed = { 'x-maintenance-bypass': token };
        for (const path of ['/shop', '/maintenance/ping']) {
          expect([path, ...(await cached(path, bypassed))]).toEqual([path, 200, 'private, no-store']);
        }
        expect(await cached(`/shop?maintenance-bypass=${token}`)).toEqual([303, 'no-store']);
      },
    );
  });
});
