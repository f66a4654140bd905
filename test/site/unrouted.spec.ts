import { Controller, Get, Param } from '@nestjs/common';
import {
  MaintenanceExempt,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { adapters, createFastifyApp } from '../support/apps.js';
import { request } from '../support/http.js';

@Controller('items')
class ItemsController {
  @Get(':id')
  get(@Param('id') id: string): string {
    return id;
  }

  @MaintenanceExempt()
  @Get(':id/open')
  open(@Param('id') id: string): string {
    return id;
  }
}

const start = (
  createApp: (typeof adapters)[number][1],
  options: MaintenanceRootOptions = {},
  instance?: unknown,
) =>
  createApp(
    {
      imports: [
        MaintenanceModule.forRoot({
          redis: false,
          coverage: 'site',
          socket: false,
          ignorePaths: ['/open'],
          ...options,
        }),
      ],
      controllers: [ItemsController],
    },
    (app) => app.enableCors({ origin: 'https://shop.example' }),
    { instance },
  );

const close = ({ app }: Awaited<ReturnType<typeof start>>) =>
  app.get(MaintenanceService).setMaintenance(true);

/** Routers reject them before there is a route, or Nest has no handler for the route that Fastify finds: an empty parameter. */
const UNROUTED = [
  '/%',
  '/%ff',
  '/items/%',
  '/items/%E0%A4%A',
  '/open/%ff',
  `/items/${'x'.repeat(300)}`,
  '/items/',
  '/items//open',
];

describe.each(adapters)("what %s' router rejects", (_name, createApp) => {
  it.each<[string, MaintenanceRootOptions]>([
    ['before everything', {}],
    ['after middleware', { bypass: { when: () => false } }],
    ['with headers for each request', { refusalHeaders: () => ({ 'X-Own': 'yes' }) }],
  ])('is refused like everything else: %s', async (_what, options) => {
    await using running = await start(createApp, options);
    await close(running);
    for (const path of UNROUTED) {
      for (const accept of ['application/json', 'text/html']) {
        const { status, headers, text } = await request(running.port, path, { headers: { accept } });
        expect([path, status]).toEqual([path, 503]);
        expect(headers).toMatchObject({
          'cache-control': 'no-store',
          'retry-after': '60',
          'x-maintenance-mode': '1',
          'access-control-allow-origin': 'https://shop.example',
        });
        expect(text).toContain(accept === 'text/html' ? '<!doctype html>' : '"maintenanceMode":true');
      }
      expect((await request(running.port, path, { method: 'HEAD' })).status).toBe(503);
    }
  });
});

describe('what fastify rejects', () => {
  const createApp = createFastifyApp as (typeof adapters)[number][1];
  const LONG = `/items/${'x'.repeat(300)}`;

  it('is rejected as usual while the site is open, and for those who may pass', async () => {
    await using running = await start(createApp, {
      bypass: { when: ({ headers }: { headers: Record<string, unknown> }) => headers['x-staff'] === 'yes' },
    });
    const open = await request(running.port, '/%ff');
    expect(open).toMatchObject({ status: 400 });
    expect(open.json()).toMatchObject({ code: 'FST_ERR_BAD_URL', statusCode: 400 });
    expect((await request(running.port, LONG)).status).toBe(414);
    await close(running);
    const passed = await request(running.port, '/%ff', { headers: { 'x-staff': 'yes' } });
    expect(passed).toMatchObject({ status: 400, headers: { 'cache-control': 'private, no-store' } });
    expect(passed.json()).toMatchObject({ code: 'FST_ERR_BAD_URL' });
    expect((await request(running.port, '/%ff', { method: 'OPTIONS' })).status).toBe(400);
  });

  it("is left to the application's own function otherwise", async () => {
    await using running = await start(
      createApp,
      {},
      {
        frameworkErrors: (
          error: Error,
          _request: unknown,
          reply: { code(status: number): { send(text: string): void } },
        ) => reply.code(422).send(`own: ${error.name}`),
      },
    );
    expect(await request(running.port, '/%ff')).toMatchObject({ status: 422, text: 'own: FastifyError' });
    await close(running);
    expect((await request(running.port, '/%ff')).status).toBe(503);
    await running.app.get(MaintenanceService).setMaintenance(false);
    expect((await request(running.port, LONG)).status).toBe(422);
  });
});
