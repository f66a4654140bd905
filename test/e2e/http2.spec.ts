import { Controller, Get, HttpStatus, Post, StreamableFile, type INestApplication } from '@nestjs/common';
import { MaintenanceService } from 'nestjs-maintenance';
import { once } from 'node:events';
import {
  connect,
  constants,
  type ClientHttp2Session,
  type Http2Server,
  type Http2Session,
  type OutgoingHttpHeaders,
} from 'node:http2';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createFastifyApp, type RunningApp } from '../support/apps.js';
import { until } from '../support/until.js';
import { adminModule, ALL } from '../admin/operators.js';

let arrived: () => void;
let settle: () => void;

/** Bytes: more than a client takes that reads nothing. */
const MORE_THAN_FITS = 1_000_000;

/** Waits for its reader. */
const endless = (): Readable =>
  new Readable({
    read() {
      this.push(Buffer.alloc(20_000));
    },
  });

@Controller()
class ShopController {
  @Get('page')
  page(): string {
    return 'page';
  }

  @Get('catalog')
  catalog(): StreamableFile {
    return new StreamableFile(endless());
  }

  @Get('ended')
  ended(): StreamableFile {
    return new StreamableFile(Buffer.alloc(MORE_THAN_FITS));
  }

  @Post('order')
  async order(): Promise<string> {
    const settled = new Promise<void>((resolve) => (settle = resolve));
    arrived();
    await settled;
    return 'ordered';
  }
}

/** One request of a session; `until` says when enough has come. */
async function ask(session: ClientHttp2Session, headers: OutgoingHttpHeaders, body?: unknown) {
  const stream = session.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(JSON.stringify(body));
  const answered = once(stream, 'response');
  let text = '';
  stream.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    if (headers.accept === 'text/event-stream' && text.includes('data: '))
      stream.close(constants.NGHTTP2_CANCEL);
  });
  const [[response]] = (await Promise.all([answered, once(stream, 'close')])) as unknown as [
    [Record<string, unknown>],
  ];
  return { status: response[':status'], headers: response, text };
}

interface Fastify {
  get(path: string, handler: (request: object, reply: { send(body: unknown): unknown }) => void): unknown;
}

/** Routes that belong to no controller. */
function addByHand(app: INestApplication): void {
  const fastify = app.getHttpAdapter().getInstance() as Fastify;
  fastify.get('/by-hand/catalog', (_request, reply) => void reply.send(endless()));
  fastify.get('/by-hand/ended', (_request, reply) => void reply.send(Buffer.alloc(MORE_THAN_FITS)));
}

describe.each(['handlers', 'site'] as const)("HTTP/2 on Fastify, coverage '%s'", (coverage) => {
  async function withSite(
    check: (session: ClientHttp2Session, at: RunningApp, service: MaintenanceService) => Promise<void>,
  ): Promise<void> {
    const source = { imports: [adminModule({ coverage })], controllers: [ShopController] };
    await using at = await createFastifyApp(source, addByHand, {
      instance: { http2: true, forceCloseConnections: true },
    });
    const sessions: Http2Session[] = [];
    (at.app.getHttpServer() as unknown as Http2Server).on('session', (one) => sessions.push(one));
    const session = connect(at.url);
    try {
      await check(session, at, at.app.get(MaintenanceService));
    } finally {
      session.destroy();
      // Node keeps those with streams that it never destroys
      sessions.forEach((one) => one.destroy());
    }
  }

  it('refuses with JSON or a page, and serves its own routes', () =>
    withSite(async (session, _at, service) => {
      expect(await ask(session, { ':path': '/page' })).toMatchObject({ status: 200, text: 'page' });
      await service.setMaintenance(true, undefined, { message: 'Upgrading' });
      const refused = await ask(session, { ':path': '/page' });
      expect(refused).toMatchObject({ status: HttpStatus.SERVICE_UNAVAILABLE });
      expect(JSON.parse(refused.text)).toMatchObject({ message: 'Upgrading', maintenanceMode: true });
      const page = await ask(session, { ':path': '/page', accept: 'text/html' });
      expect(page.text).toContain('<p class="message" dir="auto">Upgrading</p>');
      const events = await ask(session, { ':path': '/maintenance/events', accept: 'text/event-stream' });
      expect(events.text).toContain('"maintenanceMode":true');
      expect(await ask(session, { ':path': '/maintenance/script' })).toMatchObject({ status: 200 });
    }));

  it('accepts changes only from this site, as named by `:authority`', () =>
    withSite(async (session, { port }, service) => {
      const change = (origin: string) =>
        ask(
          session,
          {
            ':method': 'PATCH',
            ':path': '/maintenance/keys/general',
            'content-type': 'application/json',
            'x-may': ALL,
            origin,
          },
          { mode: true },
        );
      expect(await change('https://evil.example')).toMatchObject({ status: HttpStatus.FORBIDDEN });
      expect(service.isActive()).toBe(false);
      expect(await change(`http://127.0.0.1:${port}`)).toMatchObject({ status: HttpStatus.OK });
      expect(service.isActive()).toBe(true);
    }));

  it('waits for a request before work starts', () =>
    withSite(async (session, _at, service) => {
      const running = new Promise<void>((resolve) => (arrived = resolve));
      const ordered = ask(session, { ':method': 'POST', ':path': '/order' });
      await running;
      const order: string[] = [];
      const worked = service.maintain('general', () => void order.push('work'));
      await until(() => service.isActive());
      expect(await ask(session, { ':path': '/page' })).toMatchObject({
        status: HttpStatus.SERVICE_UNAVAILABLE,
      });
      order.push('ordered');
      settle();
      expect(await ordered).toMatchObject({ text: 'ordered' });
      await worked;
      expect(order).toEqual(['ordered', 'work']);
    }));

  it('waits for the handler of a request that was cancelled', () =>
    withSite(async (session, _at, service) => {
      const running = new Promise<void>((resolve) => (arrived = resolve));
      const ordered = session.request({ ':method': 'POST', ':path': '/order' });
      await running;
      ordered.close(constants.NGHTTP2_CANCEL);
      await once(ordered, 'close');
      const order: string[] = [];
      const worked = service.maintain('general', () => void order.push('work'));
      await until(() => service.isActive());
      await ask(session, { ':path': '/page' });
      order.push('settled');
      settle();
      await worked;
      expect(order).toEqual(['settled', 'work']);
    }));

  const byHand = coverage === 'site' ? ['/by-hand/catalog', '/by-hand/ended'] : [];

  it.each(['/catalog', '/ended', ...byHand])(
    'does not wait for %s once its client has closed it without an error',
    (path) =>
      withSite(async (session, _at, service) => {
        const download = session.request({ ':path': path });
        await once(download, 'response');
        const drain = service.maintain('general', () => 'work', { drain: 10_000 });
        await until(() => service.isActive());
        download.close(constants.NGHTTP2_NO_ERROR);
        expect(await drain).toBe('work');
      }),
  );
});
