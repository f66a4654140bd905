import { Controller, Get, HttpStatus, Post } from '@nestjs/common';
import { MaintenanceService } from 'nestjs-maintenance';
import { once } from 'node:events';
import { connect, constants, type ClientHttp2Session, type OutgoingHttpHeaders } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { createFastifyApp, type RunningApp } from '../support/apps.js';
import { until } from '../support/until.js';
import { adminModule, ALL } from '../admin/operators.js';

let arrived: () => void;
let settle: () => void;

@Controller()
class ShopController {
  @Get('page')
  page(): string {
    return 'page';
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

describe.each(['handlers', 'site'] as const)("HTTP/2 on Fastify, coverage '%s'", (coverage) => {
  async function withSite(
    check: (session: ClientHttp2Session, at: RunningApp, service: MaintenanceService) => Promise<void>,
  ): Promise<void> {
    const source = { imports: [adminModule({ coverage })], controllers: [ShopController] };
    await using at = await createFastifyApp(source, undefined, {
      instance: { http2: true, forceCloseConnections: true },
    });
    const session = connect(at.url);
    try {
      await check(session, at, at.app.get(MaintenanceService));
    } finally {
      session.destroy();
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
});
