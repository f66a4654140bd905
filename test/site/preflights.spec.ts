import { Controller, Get, type INestApplication } from '@nestjs/common';
import { MaintenanceModule, MaintenanceService, type MaintenanceRootOptions } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { createExpress, createFastify } from '../support/frameworks.js';
import { request } from '../support/http.js';

interface Answer {
  setHeader?(name: string, value: string): unknown;
  header(name: string, value: string): { send(text: string): unknown };
}
type Handler = (request: { method?: string }, reply: Answer, next?: () => void) => void;
type Routes = Record<'options' | 'get' | 'all', (path: string, handler: Handler) => unknown>;

@Controller('handler')
class HandlerController {
  @Get()
  get(): string {
    return 'handled';
  }
}

const preflight: Handler = (_request, reply) =>
  void reply.header('Access-Control-Allow-Origin', 'https://shop.example').send('');

/** As applications do it without the CORS of their framework. */
function addRoutes(app: unknown, path: string, reached: string[]): void {
  const routes = app as Routes;
  routes.options(path, preflight);
  routes.get(path, (_request, reply) => void reply.header('X-Page', 'yes').send('page'));
  routes.all(`${path}/all`, (asked, reply) => {
    reached.push(`${asked.method} ${path}`);
    reply.header('X-Page', 'yes').send('all');
  });
}

function startExpress(reached: string[]): unknown {
  const app = createExpress();
  addRoutes(app, '/early', reached);
  const router = createExpress.Router();
  addRoutes(router, '/page', reached);
  app.use('/part', router);
  // cors() for all that lies below a path
  const answering: Handler = (asked, reply, next) =>
    asked.method === 'OPTIONS' ? preflight(asked, reply) : next?.();
  app.use('/below', createExpress.Router().use(answering as never));
  const mounted = createExpress();
  mounted.use(answering as never);
  mounted.get('/page', (_request, reply) => void reply.send('page'));
  app.use('/mounted', mounted);
  return app;
}

async function startFastify(reached: string[]): Promise<unknown> {
  const app = createFastify({ forceCloseConnections: true });
  addRoutes(app, '/early', reached);
  await app.register(
    (part, _options, done) => {
      addRoutes(part, '/page', reached);
      done();
    },
    { prefix: '/part' },
  );
  return app;
}

const addLate = (app: INestApplication, reached: string[]): void =>
  addRoutes(app.getHttpAdapter().getInstance(), '/late', reached);

describe.each(adapters)("preflights of routes by hand, with coverage 'site' on %s", (name, createApp) => {
  it.each<[string, MaintenanceRootOptions]>([
    ['before everything', {}],
    ['after middleware', { bypass: { when: () => false } }],
  ])('are answered as usual, decided %s', async (_moment, options) => {
    const reached: string[] = [];
    await using running = await createApp(
      {
        imports: [MaintenanceModule.forRoot({ coverage: 'site', socket: false, admin: false, ...options })],
        controllers: [HandlerController],
      },
      (app) => addLate(app, reached),
      { instance: await (name === 'express' ? startExpress(reached) : startFastify(reached)) },
    );
    await running.app.get(MaintenanceService).setMaintenance(true);
    const headers = { origin: 'https://shop.example', 'access-control-request-method': 'PUT' };
    const own = name === 'express' ? ['/below/page', '/mounted/page'] : [];
    for (const path of ['/early', '/part/page', '/late', ...own]) {
      const answer = await request(running.port, path, { method: 'OPTIONS', headers });
      expect([path, answer.status, answer.headers['access-control-allow-origin']]).toEqual([
        path,
        200,
        'https://shop.example',
      ]);
      expect([path, (await request(running.port, path)).status]).toEqual([path, 503]);
      // others are requests like any other
      const plain = await request(running.port, path, { method: 'OPTIONS' });
      expect([path, plain.status]).toEqual([path, 503]);
    }
    // nor is that different where nothing is: at the end, and at a path that only other methods have
    for (const path of ['/nowhere', '/handler']) {
      expect([path, (await request(running.port, path, { method: 'OPTIONS', headers })).status]).toEqual([
        path,
        404,
      ]);
      expect([path, (await request(running.port, path, { method: 'OPTIONS' })).status]).toEqual([path, 503]);
    }
    for (const path of ['/early/all', '/part/page/all', '/late/all']) {
      expect((await request(running.port, path, { method: 'OPTIONS', headers })).status).toBe(503);
    }
    expect(reached).toEqual([]);
  });
});
