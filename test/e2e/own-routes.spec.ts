import {
  Controller,
  Get,
  HttpException,
  Injectable,
  Module,
  Param,
  RequestMethod,
  SetMetadata,
  UnauthorizedException,
  VersioningType,
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type MiddlewareConsumer,
  type ModuleMetadata,
  type NestModule,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, Reflector } from '@nestjs/core';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { MaintenanceModule, MaintenanceService, type MaintenanceRootOptions } from 'nestjs-maintenance';
import { map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { OwnRoutes } from '../../lib/http/own-routes.js';
import { adapters, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';

@Controller()
class AnyController {
  @Get(':one/:two')
  two(@Param('two') two: string): string {
    return `caught ${two}`;
  }
}

@Controller()
class HomeController {
  @Get('home')
  home(): string {
    return 'home';
  }
}

const root = (options: MaintenanceRootOptions = {}, more: ModuleMetadata = {}): ModuleMetadata => ({
  imports: [MaintenanceModule.forRoot({ permissions: () => true, ...options })],
  controllers: [HomeController],
  ...more,
});

const visitor = { headers: { accept: 'text/html' } };
const close = ({ app }: RunningApp) => app.get(MaintenanceService).setMaintenance(true);
const scriptOf = (page: string): string | undefined => /<script src="([^"]*)"/.exec(page)?.[1];

describe.each(adapters)('our own routes on %s', (_name, createApp) => {
  describe.each(['handlers', 'site'] as const)('with coverage %s', (coverage) => {
    it('are not touched by guards, interceptors and filters of the whole application, nor by its routes', async () => {
      let asked = 0;
      const refuse = {
        canActivate(): never {
          asked++;
          throw new UnauthorizedException();
        },
      };
      await using running = await createApp(
        root(
          { coverage },
          {
            controllers: [AnyController],
            providers: [
              { provide: APP_GUARD, useValue: refuse },
              {
                provide: APP_INTERCEPTOR,
                useValue: {
                  intercept: (_context: ExecutionContext, next: CallHandler) =>
                    next.handle().pipe(map((data) => ({ wrapped: data }))),
                },
              },
              {
                provide: APP_FILTER,
                useValue: {
                  catch: (error: HttpException, host: { getArgByIndex(index: number): unknown }) => {
                    const reply = host.getArgByIndex(1) as {
                      status(code: number): { send(body: unknown): void };
                    };
                    reply.status(error.getStatus()).send('mine');
                  },
                },
              },
            ],
          },
        ),
        (app: INestApplication) =>
          app.useGlobalGuards({
            canActivate(): never {
              asked++;
              throw new HttpException('too many', 429);
            },
          }),
      );
      expect((await request(running.port, '/maintenance/other')).status).toBe(401);
      asked = 0;
      const ping = await request(running.port, '/maintenance/ping');
      expect(ping.json()).toMatchObject({ maintenanceMode: false, maintenance: { general: {} } });
      expect((await request(running.port, '/maintenance/script')).text).toContain('Socket.IO');
      await close(running);
      expect((await request(running.port, '/maintenance/ping')).json()).toMatchObject({
        maintenanceMode: true,
      });
      expect((await request(running.port, '/maintenance/script')).status).toBe(200);
      expect(asked).toBe(0);
    });

    it('answer HEAD, and preflights and cross-origin requests as the application does', async () => {
      await using running = await createApp(root({ coverage }), (app: INestApplication) =>
        app.enableCors({ origin: 'https://shop.example' }),
      );
      for (const closed of [false, true]) {
        if (closed) await close(running);
        for (const path of ['/maintenance/ping', '/maintenance/script']) {
          const head = await request(running.port, path, { method: 'HEAD' });
          expect([head.status, head.text]).toEqual([closed && path.endsWith('ping') ? 503 : 200, '']);
          expect(Number(head.headers['content-length'])).toBeGreaterThan(10);
          const origin = { origin: 'https://shop.example' };
          const foreign = await request(running.port, path, { headers: origin });
          expect(foreign.headers['access-control-allow-origin']).toBe('https://shop.example');
          const preflight = await request(running.port, path, {
            method: 'OPTIONS',
            headers: { ...origin, 'access-control-request-method': 'GET' },
          });
          expect(preflight.status).toBe(204);
          expect(preflight.headers['access-control-allow-origin']).toBe('https://shop.example');
        }
      }
    });

    describe('see what middleware puts on the request', () => {
      interface Incoming {
        headers: { cookie?: string };
        staff?: boolean;
      }
      const session = (incoming: Incoming, _: unknown, next: () => void): void => {
        incoming.staff = incoming.headers.cookie === 'staff';
        next();
      };
      const isStaff = (asked: unknown): boolean => {
        const { raw, staff } = asked as Incoming & { raw?: Incoming };
        return (raw ?? { staff }).staff === true;
      };
      @Module({ controllers: [AnyController] })
      class SessionModule implements NestModule {
        configure(consumer: MiddlewareConsumer): void {
          consumer.apply(session).forRoutes('*path');
        }
      }
      @Module({ controllers: [AnyController] })
      class GetSessionModule implements NestModule {
        configure(consumer: MiddlewareConsumer): void {
          consumer.apply(session).forRoutes({ path: '*path', method: RequestMethod.GET });
        }
      }

      it.each<[string, ModuleMetadata['imports'], (app: INestApplication) => unknown]>([
        ['with use()', [], (app) => app.use(session)],
        ['in a module', [SessionModule], () => undefined],
        ['in a module, for one method', [GetSessionModule], () => undefined],
      ])('%s', async (_where, imports, configure) => {
        const module = MaintenanceModule.forRoot({
          coverage,
          permissions: (_permission, subject) => isStaff((subject as { request: unknown }).request),
          bypass: { when: isStaff },
        });
        await using running = await createApp({ imports: [module, ...(imports ?? [])] }, configure);
        await close(running);
        const staff = await request(running.port, '/maintenance/ping', { headers: { cookie: 'staff' } });
        expect(staff.json()).toMatchObject({ maintenanceMode: false, maintenance: {} });
        const visit = await request(running.port, '/maintenance/ping');
        expect(visit.json()).toMatchObject({ maintenanceMode: true });
        expect(visit.json()).not.toHaveProperty('maintenance');
      });
    });

    it.each<[string, (app: INestApplication) => unknown, string, string]>([
      ['a global prefix', (app) => app.setGlobalPrefix('/api/'), '/api/maintenance', '/api/home'],
      [
        'a global prefix that excludes them',
        (app) => app.setGlobalPrefix('api', { exclude: ['maintenance/*path'] }),
        '/maintenance',
        '/api/home',
      ],
      [
        'a global prefix with a parameter',
        (app) => app.setGlobalPrefix('shops/:shop'),
        '/shops/north/maintenance',
        '/shops/north/home',
      ],
      [
        'versions in the path',
        (app) =>
          app
            .setGlobalPrefix('api')
            .enableVersioning({ type: VersioningType.URI, defaultVersion: '2', prefix: 'version-' }),
        '/api/maintenance',
        '/api/version-2/home',
      ],
      [
        'versions in a header',
        (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-v', defaultVersion: '2' }),
        '/maintenance',
        '/home',
      ],
    ])('with %s are where menu and page link to', async (_what, configure, base, home) => {
      await using running = await createApp(root({ coverage }), configure);
      expect((await request(running.port, `${base}/menu`)).json()).toMatchObject({ url: `${base}/admin` });
      expect((await request(running.port, `${base}/admin`, visitor)).status).toBe(200);
      expect((await request(running.port, `${base}/ping`)).json()).toMatchObject({ maintenanceMode: false });
      await close(running);
      const headers = { ...visitor.headers, 'x-v': '2' };
      const page = await request(running.port, home, { headers });
      expect(page.status).toBe(503);
      expect(scriptOf(page.text)).toBe(`${base}/script`);
      const script = await request(running.port, `${base}/script`, { headers });
      expect(script.text).toContain(`"script":"${base}/script"`);
      expect((await request(running.port, `${base}/ping`, { headers })).json()).toMatchObject({
        maintenanceMode: true,
      });
    });

    it('below a prefix with a parameter, each page has the addresses of its own location', async () => {
      await using running = await createApp(root({ coverage }), (app) => app.setGlobalPrefix(':shop'));
      await close(running);
      for (const shop of ['north', 'south', 'north', '%22%3E', '..;', ':shop']) {
        const page = await request(running.port, `/${shop}/home`, visitor);
        expect(page.status).toBe(503);
        expect(scriptOf(page.text)).toBe(`/${shop}/maintenance/script`);
      }
      const quoted = await request(running.port, `/a"b/home`, visitor);
      expect(quoted.status).toBe(503);
      expect(scriptOf(quoted.text)).toBe('/:shop/maintenance/script');
    });
  });

  it.each([
    ['ping', { socket: true }],
    ['ping', { socket: false }],
    ['events', { socket: false }],
  ] as const)(
    'a global prefix that excludes %s only: the script knows where it is, with %j',
    async (name, options) => {
      await using running = await createApp(root(options), (app) =>
        app.setGlobalPrefix('api', { exclude: [`maintenance/${name}`] }),
      );
      const { text } = await request(running.port, '/api/maintenance/script');
      expect(text).toContain(`{"script":"/api/maintenance/script","${name}":"/maintenance/${name}"`);
      const at = async (path: string) =>
        (await request(running.port, `${path}/${name}`, { method: 'HEAD' })).status;
      expect([await at('/maintenance'), await at('/api/maintenance')]).toEqual([200, 404]);
    },
  );

  it('one that fails is logged, and its caller learns no details', async () => {
    const broken = {
      provide: 'broken',
      inject: [OwnRoutes],
      useFactory: (routes: OwnRoutes) =>
        routes.add('broken', () => {
          throw new Error('the wheel came off');
        }),
    };
    await using running = await createApp(root({}, { providers: [broken] }));
    const answer = await request(running.port, '/maintenance/broken');
    for (const invented of ['?maintenance-bypass=its-token', '?%1b[2J', '?a=2']) {
      expect((await request(running.port, `/maintenance/broken${invented}`)).status).toBe(500);
    }
    expect(answer).toMatchObject({ status: 500, headers: { 'cache-control': 'no-store' } });
    expect(answer.json()).toEqual({ statusCode: 500, message: 'Internal server error' });
    // once, and nothing of what clients invent or keep secret
    expect(running.log.filter((line) => line.startsWith('error'))).toEqual([
      'error [Maintenance] GET /maintenance/broken failed: the wheel came off',
    ]);
  });

  it('menu, admin page and API carry the decorators that the application gives them', async () => {
    @Injectable()
    class SessionGuard implements CanActivate {
      constructor(private readonly reflector: Reflector) {}

      canActivate(context: ExecutionContext): boolean {
        const isPublic = this.reflector.getAllAndOverride<boolean>('public', [
          context.getHandler(),
          context.getClass(),
        ]);
        return isPublic === true;
      }
    }
    const session = { providers: [{ provide: APP_GUARD, useClass: SessionGuard }] };
    const statuses = async ({ port }: RunningApp) => {
      const of = async (path: string) => (await request(port, `/maintenance/${path}`)).status;
      return [
        await of('menu'),
        await of('admin'),
        await of('keys'),
        await of('keys/general'),
        await of('ping'),
      ];
    };
    await using plain = await createApp(root({}, session));
    expect(await statuses(plain)).toEqual([403, 403, 403, 403, 200]);
    const order: string[] = [];
    const noted = (name: string) => () => void order.push(name);
    await using open = await createApp(
      root({ decorators: [noted('above'), SetMetadata('public', true), noted('below')] }, session),
    );
    expect(await statuses(open)).toEqual([200, 200, 200, 200, 200]);
    expect(order).toEqual(['below', 'above']);
    // the classes are this application's own
    expect(await statuses(plain)).toEqual([403, 403, 403, 403, 200]);
  });

  it('of the admin page are not in the OpenAPI document', async () => {
    await using running = await createApp(root());
    const document = SwaggerModule.createDocument(running.app, new DocumentBuilder().build());
    expect(Object.keys(document.paths)).toEqual(['/home']);
  });

  it('warn about missing permissions only applications that need them', async () => {
    await using running = await createApp(root({ permissions: undefined }));
    expect((await request(running.port, '/maintenance/ping')).status).toBe(200);
    const warnings = () => running.log.filter((line) => line.includes('"permissions" is not set'));
    expect(warnings()).toEqual([]);
    for (let i = 0; i < 2; i++) {
      expect((await request(running.port, '/maintenance/keys/general')).status).toBe(403);
    }
    expect(warnings()).toHaveLength(1);
  });
});
