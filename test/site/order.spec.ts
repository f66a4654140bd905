import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import { All, Controller, Get, Req, type INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import session from 'express-session';
import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  MaintenanceStatus,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { adapters, type RunningApp } from '../support/apps.js';
import { createExpress, createFastify } from '../support/frameworks.js';
import { request } from '../support/http.js';

const FILES = fileURLToPath(new URL('files', import.meta.url));
const SECRET = 'a secret of more than thirty-two characters';

interface WithSession {
  session?: { staff?: boolean };
}

const isStaff = (subject: unknown): boolean => (subject as WithSession).session?.staff === true;

@Controller()
class ShopController {
  @Get('shop')
  shop(): string {
    return 'shop';
  }

  @MaintenanceExempt()
  @Get('login')
  login(@Req() { session: own }: { session: { staff?: boolean } }): string {
    own.staff = true;
    return 'welcome';
  }
}

/** Lets staff pass. */
class OpenForStaff extends MaintenanceStatus {
  override maintaining(): boolean {
    return this.value && !isStaff(this.request);
  }
}

interface Routes {
  get(path: string, handler: (request: unknown, reply: { send(text: string): void }) => void): void;
}

const addPage = (app: unknown, path: string): void =>
  (app as Routes).get(path, (_request, reply) => reply.send('page'));

const addSession = async (app: INestApplication): Promise<void> => {
  const cookie = { secure: false };
  if (app.getHttpAdapter().getType() === 'express') {
    app.use(session({ secret: SECRET, resave: false, saveUninitialized: false, cookie }));
    return;
  }
  const fastify = app as NestFastifyApplication;
  await fastify.register(fastifyCookie);
  await fastify.register(fastifySession, { secret: SECRET, saveUninitialized: false, cookie });
};

const addFiles = (app: INestApplication, prefix: string): void => {
  if (app.getHttpAdapter().getType() === 'express') {
    (app as NestExpressApplication).useStaticAssets(FILES, { prefix });
  } else {
    (app as NestFastifyApplication).useStaticAssets({ root: FILES, prefix: `${prefix}/` });
  }
};

/** Rules that need what middleware puts on a request. */
const RULES: readonly (readonly [string, string, MaintenanceRootOptions])[] = [
  ['bypass.when', 'general', { bypass: { when: isStaff } }],
  ['a slow bypass.when', 'general', { bypass: { when: async (who) => Promise.resolve(isStaff(who)) } }],
  ['a status class', 'site', { keys: [new MaintenanceKey('site', { statusClass: OpenForStaff })] }],
];

describe.each(adapters)('what middleware puts on a request, on %s', (_name, createApp) => {
  describe.each(['handlers', 'site'] as const)("with coverage '%s'", (coverage) => {
    it.each(RULES)('is visible for %s', async (_what, key, options) => {
      await using running = await createApp(
        {
          imports: [MaintenanceModule.forRoot({ coverage, socket: false, admin: false, ...options })],
          controllers: [ShopController],
        },
        async (app) => {
          await addSession(app);
          addPage(app.getHttpAdapter().getInstance(), '/by-hand');
          addFiles(app, '/assets');
        },
      );
      await running.app.get(MaintenanceService).setMaintenance(true, key);
      const ask = (path: string, headers: Record<string, string> = {}) =>
        request(running.port, path, { headers });
      const login = await ask('/login');
      expect(login).toMatchObject({ status: 200, text: 'welcome' });
      const [cookie = ''] = String(login.headers['set-cookie']).split(';');
      const staff = { cookie, origin: 'https://elsewhere.example' };
      const covered = coverage === 'site' ? 503 : 200;
      for (const [path, visitor, text] of [
        ['/shop', 503, 'shop'],
        ['/by-hand', covered, 'page'],
        ['/assets/style.css', covered, 'margin'],
      ] as const) {
        expect([path, (await ask(path)).status]).toEqual([path, visitor]);
        const passed = await ask(path, staff);
        expect([path, passed.status, passed.text.includes(text)]).toEqual([path, 200, true]);
        // for this visitor only, whatever let it pass
        expect(passed.headers['cache-control'] === 'private, no-store').toBe(visitor === 503);
      }
      expect((await ask('/nowhere')).status).toBe(coverage === 'site' ? 503 : 404);
      expect((await ask('/nowhere', staff)).status).toBe(404);
    });
  });
});

@Controller()
class CatchAllController {
  @MaintenanceExempt()
  @All('{*any}')
  any(): string {
    return 'application';
  }
}

@Controller()
class HealthController {
  @MaintenanceExempt()
  @Get('health')
  health(): string {
    return 'healthy';
  }

  @MaintenanceExempt()
  @Get('users/:id')
  user(): string {
    return 'user';
  }

  @Get('shop')
  shop(): string {
    return 'shop';
  }
}

const site = (options: MaintenanceRootOptions = {}) =>
  MaintenanceModule.forRoot({ coverage: 'site', socket: false, admin: false, ...options });
const close = ({ app }: RunningApp, key?: string) => app.get(MaintenanceService).setMaintenance(true, key);

describe('on express', () => {
  const [[, createApp]] = adapters as readonly [(typeof adapters)[0]];

  it('a session is not visible to what was registered before it', async () => {
    const instance = createExpress();
    addPage(instance, '/early');
    await using running = await createApp(
      {
        imports: [site({ bypass: { when: isStaff } })],
        controllers: [ShopController],
      },
      async (app) => {
        (app as NestExpressApplication).useStaticAssets(FILES);
        await addSession(app);
      },
      { instance },
    );
    await running.app.get(MaintenanceService).setMaintenance(true);
    const login = await request(running.port, '/login');
    const headers = { cookie: String(login.headers['set-cookie']).split(';')[0] ?? '' };
    const statusOf = async (path: string) => (await request(running.port, path, { headers })).status;
    expect(await statusOf('/early')).toBe(503);
    for (const path of ['/style.css', '/nowhere.css']) {
      const refused = await request(running.port, path, { headers });
      expect(refused).toMatchObject({ status: 503, headers: { 'cache-control': 'no-store' } });
    }
    // but what comes after it is decided with it, static files in front or not
    expect(await statusOf('/shop')).toBe(200);
  });
});

describe.each([
  ['before everything', {}],
  ['after middleware', { bypass: { when: () => false } }],
] as const)('on express, decided %s', (_moment, options) => {
  const [[, createApp]] = adapters as readonly [(typeof adapters)[0]];

  it('an exempt catch-all handler opens nothing that is registered before it', async () => {
    const instance = createExpress();
    let writes = 0;
    instance.post('/legacy/orders', (_request, reply) => {
      writes++;
      reply.send('written');
    });
    addPage(instance, '/legacy');
    const router = createExpress.Router();
    addPage(router, '/page');
    instance.use('/router', router);
    const mounted = createExpress();
    addPage(mounted, '/page');
    instance.use('/mounted', mounted);
    await using running = await createApp(
      { imports: [site(options)], controllers: [CatchAllController] },
      (app) => addFiles(app, '/assets'),
      { instance },
    );
    await close(running);
    const ask = (path: string, method: 'GET' | 'POST' = 'GET') => request(running.port, path, { method });
    for (const path of ['/legacy', '/router/page', '/mounted/page']) {
      expect([path, (await ask(path)).status]).toEqual([path, 503]);
    }
    expect((await ask('/legacy/orders', 'POST')).status).toBe(503);
    expect(writes).toBe(0);
    // files are passed over: what is exempt behind them answers
    for (const path of ['/assets/style.css', '/router/other', '/anything', '/legacy/other']) {
      expect([path, (await ask(path)).text]).toEqual([path, 'application']);
    }
  });

  it('middleware that runs before handlers also runs for exempt ones', async () => {
    const seen: string[] = [];
    const instance = createExpress();
    instance.all('/{*any}', (_request, _reply, next) => {
      seen.push('all');
      next();
    });
    const router = createExpress.Router();
    router.use((_request, _reply, next) => {
      seen.push('router');
      next();
    });
    router.get('/users/:id', (_request, _reply, next) => {
      seen.push('check');
      next();
    });
    instance.use(router);
    const other = createExpress();
    other.use((_request, _reply, next) => {
      seen.push('application');
      next();
    });
    instance.use(other);
    await using running = await createApp(
      { imports: [site(options)], controllers: [HealthController] },
      undefined,
      { instance },
    );
    await close(running);
    expect((await request(running.port, '/health')).text).toBe('healthy');
    expect(seen).toEqual(['all', 'router', 'application']);
    seen.length = 0;
    expect((await request(running.port, '/users/7')).text).toBe('user');
    expect(seen).toEqual(['all', 'router', 'check', 'application']);
    expect((await request(running.port, '/shop')).status).toBe(503);
    expect((await request(running.port, '/nowhere')).status).toBe(503);
  });

  it('a router without routes is decided where it stands below a path', async () => {
    const instance = createExpress();
    const answering = createExpress.Router().use((_request, reply) => void reply.send('router'));
    instance.use('/own', answering);
    instance.use('/outer', createExpress.Router().use('/inner', answering));
    // one at the root passes requests on: it may hold nothing but a session
    let passed = 0;
    instance.use(
      createExpress.Router().use((_request, _reply, next) => {
        passed++;
        next();
      }),
    );
    // so does one before handlers
    instance.use(
      '/users',
      createExpress.Router().use((_request, _reply, next) => next()),
    );
    await using running = await createApp(
      { imports: [site(options)], controllers: [HealthController] },
      undefined,
      { instance },
    );
    const statusOf = async (path: string) => (await request(running.port, path)).status;
    expect(await statusOf('/outer/inner/page')).toBe(200);
    await close(running);
    for (const path of ['/own', '/own/page', '/outer/inner', '/outer/inner/page', '/outer', '/nowhere']) {
      expect([path, await statusOf(path)]).toEqual([path, 503]);
    }
    expect(await statusOf('/users/7')).toBe(200);
    expect(await statusOf('/health')).toBe(200);
    expect(passed).toBeGreaterThan(1);
  });

  it('a connect application, such as that of Vite, is middleware', async () => {
    const own = (_request: unknown, reply: { end(text: string): void }): void => reply.end('connect');
    // it has a stack as routers do, but of other layers
    const connect = Object.assign(
      (request: { url: string }, reply: { end(text: string): void }, next: () => void): void =>
        request.url === '/own' ? own(request, reply) : next(),
      { route: '/', stack: [{ route: '/own', handle: own }], handle: own },
    );
    await using running = await createApp(
      { imports: [site(options)], controllers: [HealthController] },
      (app) => app.use(connect),
    );
    await close(running);
    const answers = ['/own', '/health', '/shop', '/nowhere'].map((path) => request(running.port, path));
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([
      'bypass' in options ? 200 : 503,
      200,
      503,
      503,
    ]);
  });

  it.each(['/', '/sub', '/sub/deeper'])('works mounted at %s of another application', async (path) => {
    const inner = createExpress();
    const outer = createExpress();
    await using running = await createApp(
      {
        imports: [
          MaintenanceModule.forRoot({
            coverage: 'site',
            permissions: () => true,
            ignorePaths: ['/assets', '/robots.txt'],
            ...options,
          }),
        ],
        controllers: [HealthController],
      },
      (app) => addFiles(app, '/assets'),
      { instance: inner },
    );
    addPage(outer, '/outer');
    outer.use(path, inner);
    const server = outer.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const { port } = server.address() as { port: number };
      const base = path === '/' ? '' : path;
      const statusOf = async (at: string, headers = {}) =>
        (await request(port, base + at, { headers })).status;
      await close(running);
      expect(await statusOf('/shop')).toBe(503);
      expect(await statusOf('/shop', { origin: 'https://elsewhere.example' })).toBe(503);
      expect(await statusOf('/nowhere')).toBe(503);
      expect(await statusOf('/health')).toBe(200);
      expect(await statusOf('/users/7')).toBe(200);
      expect(await statusOf('/assets/style.css')).toBe(200);
      expect(await statusOf('/maintenance/ping')).toBe(503);
      expect(await statusOf('/maintenance/script')).toBe(200);
      expect(await statusOf('/maintenance/admin', { accept: 'text/html' })).toBe(200);
      expect(await statusOf('/maintenance/keys')).toBe(200);
      // the other application's own is its own business
      expect((await request(port, '/outer')).status).toBe(200);
      const opened = await request(port, `${base}/maintenance/keys/general`, {
        method: 'PUT',
        headers: { origin: `http://127.0.0.1:${port}` },
        json: { mode: false },
      });
      expect(opened.status).toBe(200);
      expect(await statusOf('/shop')).toBe(200);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

describe.each(adapters)('on %s', (adapter, createApp) => {
  it.each([
    ['before everything', {}],
    ['after middleware', { bypass: { when: () => false } }],
  ] as const)(
    'a request in flight when maintenance begins is decided where it is served: %s',
    async (_moment, options) => {
      let reached: () => void = () => undefined;
      let goOn: () => void = () => undefined;
      const waiting = new Promise<void>((resolve) => (reached = resolve));
      const instance =
        adapter === 'express' ? createExpress() : createFastify({ forceCloseConnections: true });
      await using running = await createApp(
        { imports: [site(options)] },
        (app) => {
          app.use('/by-hand', (_request: unknown, _reply: unknown, next: () => void) => {
            goOn = next;
            reached();
          });
          addPage(app.getHttpAdapter().getInstance(), '/by-hand');
        },
        { instance },
      );
      const answer = request(running.port, '/by-hand');
      await waiting;
      await close(running);
      goOn();
      expect((await answer).status).toBe(503);
    },
  );
});
