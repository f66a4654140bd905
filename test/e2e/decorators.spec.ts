import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  Post,
  Scope,
  UseGuards,
  VERSION_NEUTRAL,
  Version,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import {
  MaintenanceExempt,
  MaintenanceGuard,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceStatus,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { maintenance, serviceOf, SHOP, shop } from '../apps/shop.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

const billing = (): MaintenanceKey => new MaintenanceKey('billing', { scope: 'marked' });

abstract class CrudController {
  @Get()
  list(): string {
    return 'list';
  }

  @MaintenanceExempt()
  @Get('open')
  open(): string {
    return 'open';
  }
}

@MaintenanceExempt()
@Controller('open-crud')
class OpenCrudController extends CrudController {}

@Controller('crud')
class ClosedCrudController extends CrudController {}

@MaintenanceKeys('billing')
@Controller('marked-crud')
class MarkedCrudController extends CrudController {}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {}

@Controller('scoped')
class ScopedController {
  constructor(@Inject(PerRequest) readonly perRequest: PerRequest) {}

  @Get()
  closed(): string {
    return 'closed';
  }

  @MaintenanceExempt()
  @Get('open')
  open(): string {
    return 'open';
  }
}

@Controller({ path: 'status', version: '1' })
class VersionedController {
  @Get()
  first(): string {
    return 'first';
  }

  @Version('2')
  @Get()
  second(): string {
    return 'second';
  }

  @Version(VERSION_NEUTRAL)
  @Get('neutral')
  neutral(): string {
    return 'neutral';
  }

  @MaintenanceExempt()
  @Get('open/:id')
  open(): string {
    return 'open';
  }
}

@Controller('items')
class ItemsController {
  @Get(':id')
  one(): string {
    return 'one';
  }

  @Get(':id/details')
  details(): string {
    return 'details';
  }
}

@Controller('itemset')
class ItemsetController {
  @Get()
  all(): string {
    return 'all';
  }
}

@UseGuards(MaintenanceGuard)
@Controller('guarded')
class GuardedController {
  @Get()
  get(): string {
    return 'got';
  }

  @Post()
  post(): string {
    return 'posted';
  }
}

@Module({ controllers: [ItemsController] })
class ShelfModule {}

interface Routes {
  post(path: string, handler: (request: unknown, reply: { send(text: string): void }) => void): void;
}

const CONTROLLERS = [
  OpenCrudController,
  ClosedCrudController,
  MarkedCrudController,
  ScopedController,
  ItemsController,
  ItemsetController,
];

describe.each(adapters)('what a key affects on %s', (name, createApp) => {
  describe.each(['handlers', 'site'] as const)('with coverage %s', (coverage) => {
    const start = (
      options: MaintenanceRootOptions = {},
      configure?: Parameters<typeof createApp>[1],
      more = {},
    ) =>
      createApp(
        {
          imports: [maintenance({ coverage, ...options })],
          controllers: [...SHOP.controllers, ...CONTROLLERS],
          providers: [...SHOP.providers, PerRequest],
          ...more,
        },
        configure,
      );
    // two versions of one path need versioning
    const versioned = { controllers: [...SHOP.controllers, VersionedController] };

    const statuses = async (port: number, paths: string[], init = {}) => {
      const found: Record<string, number> = {};
      for (const path of paths) {
        found[path] = (await request(port, path, init)).status;
      }
      return found;
    };

    it('exempt: a class, a method, inherited ones, request-scoped ones', async () => {
      await using running = await start();
      await serviceOf(running).setMaintenance(true);
      expect(
        await statuses(running.port, [
          '/shop',
          '/shop/terms',
          '/health',
          '/open-crud',
          '/open-crud/open',
          '/crud',
          '/crud/open',
          '/scoped',
          '/scoped/open',
          '/maintenance/ping',
        ]),
      ).toEqual({
        '/shop': 503,
        '/shop/terms': 200,
        '/health': 200,
        '/open-crud': 200,
        '/open-crud/open': 200,
        '/crud': 503,
        '/crud/open': 200,
        '/scoped': 503,
        '/scoped/open': 200,
        '/maintenance/ping': 503,
      });
      expect((await request(running.port, '/health')).headers).not.toHaveProperty('x-maintenance-mode');
    });

    it('exempt of one key, and marked by one', async () => {
      await using running = await start({ keys: [billing(), new MaintenanceKey('search')] });
      const service = serviceOf(running);
      const paths = ['/shop', '/shop/prices', '/billing', '/marked-crud', '/marked-crud/open', '/crud'];
      await service.setMaintenance(true, 'billing');
      expect(await statuses(running.port, paths)).toEqual({
        '/shop': 200,
        '/shop/prices': 200,
        '/billing': 503,
        '/marked-crud': 503,
        '/marked-crud/open': 200,
        '/crud': 200,
      });
      await service.setMaintenance(false, 'billing');
      await service.setMaintenance(true, 'search');
      expect(await statuses(running.port, paths)).toEqual({
        '/shop': 503,
        '/shop/prices': 503,
        '/billing': 503,
        '/marked-crud': 503,
        '/marked-crud/open': 200,
        '/crud': 503,
      });
    });

    it('a handler exempt of a site key is not refused by it', async () => {
      await using running = await start({ keys: [new MaintenanceKey('billing')] });
      await serviceOf(running).setMaintenance(true, 'billing');
      expect(await statuses(running.port, ['/shop', '/shop/prices'])).toEqual({
        '/shop': 503,
        '/shop/prices': 200,
      });
    });

    it('readOnly: requests that cannot write pass', async () => {
      await using running = await start({ keys: [new MaintenanceKey('frozen', { readOnly: true })] });
      await serviceOf(running).setMaintenance(true, 'frozen');
      const { port } = running;
      expect(await statuses(port, ['/shop', '/maintenance/ping'])).toEqual({
        '/shop': 200,
        '/maintenance/ping': 200,
      });
      expect(await request(port, '/shop', { method: 'HEAD' })).toMatchObject({ status: 200 });
      for (const method of ['POST', 'PUT', 'PATCH', 'DELETE'] as const) {
        const { status } = await request(port, '/shop', { method, json: {} });
        expect([method, status]).toEqual([method, method === 'POST' || coverage === 'site' ? 503 : 404]);
      }
      expect((await request(port, '/shop')).json()).toEqual({ entries: 0 });
    });

    it.each<[string, MaintenanceRootOptions]>([
      ['', {}],
      [', also if bypass.when is asked', { bypass: { when: () => false } }],
    ])('readOnly: nothing writes because middleware changes the method%s', async (_also, options) => {
      let written = 0;
      await using running = await start(
        { keys: [new MaintenanceKey('frozen', { readOnly: true })], ...options },
        (app) => {
          // as the package method-override does
          app.use(
            (asked: { headers: Record<string, string>; method: string }, _: unknown, next: () => void) => {
              asked.method = asked.headers['x-http-method-override'] ?? asked.method;
              next();
            },
          );
          const routes = app.getHttpAdapter().getInstance() as Routes;
          routes.post('/by-hand', (_, reply) => {
            written++;
            reply.send('written');
          });
        },
      );
      await serviceOf(running).setMaintenance(true, 'frozen');
      const ask = (path: string, method: 'GET' | 'POST', changed: string) =>
        request(running.port, path, { method, headers: { 'x-http-method-override': changed } });
      for (const safe of ['GET', 'OPTIONS']) {
        await ask('/shop', 'POST', safe);
        await ask('/by-hand', 'POST', safe);
      }
      expect((await ask('/shop', 'GET', 'POST')).status).toBe(503);
      expect((await request(running.port, '/shop')).json()).toEqual({ entries: 0 });
      // by default only the handlers of controllers are covered
      expect(written > 0).toBe(coverage === 'handlers' && name === 'fastify');
    });

    it('the first active key in order decides', async () => {
      await using running = await start({
        keys: [
          new MaintenanceKey('late', { order: 5 }),
          new MaintenanceKey('early', { order: -5 }),
          new MaintenanceKey('quiet', { order: -9 }),
        ],
      });
      const service = serviceOf(running);
      for (const key of ['late', 'early', 'general']) {
        await service.setMaintenance(true, key, { message: key });
      }
      const message = async () => (await request(running.port, '/shop')).json<{ message: string }>().message;
      expect(await message()).toBe('early');
      await service.setMaintenance(false, 'early');
      expect(await message()).toBe('general');
      await service.setMaintenance(false, 'general');
      expect(await message()).toBe('late');
    });

    it('a status class of the application decides per request; one that throws refuses and is logged', async () => {
      class Weekdays extends MaintenanceStatus {
        override maintaining(): boolean {
          const { headers } = this.request as { headers: Record<string, string> };
          if (headers['x-day'] === 'broken') throw new Error('no calendar');
          return this.value && headers['x-day'] !== 'sunday';
        }
      }
      await using running = await start({
        keys: [new MaintenanceKey('weekdays', { statusClass: Weekdays })],
      });
      const service = serviceOf(running);
      const on = (day: string) => request(running.port, '/shop', { headers: { 'x-day': day } });
      expect((await on('monday')).status).toBe(200);
      await service.setMaintenance(true, 'weekdays');
      expect((await on('monday')).status).toBe(503);
      expect((await on('sunday')).status).toBe(200);
      expect(running.log.join('\n')).not.toContain('no calendar');
      expect((await on('broken')).status).toBe(503);
      expect(running.log.join('\n')).toContain('no calendar');
    });

    it('ignorePaths: whole segments of the route, in any case, also under a global prefix', async () => {
      const ignorePaths = ['/ITEMS/', 'shop/cached', '/api/billing', '/maintenance'];
      await using running = await start({ ignorePaths }, (app) => app.setGlobalPrefix('api'));
      await serviceOf(running).setMaintenance(true);
      expect(
        await statuses(running.port, [
          '/api/items/1',
          '/api/items/1/details',
          '/api/itemset',
          '/api/shop/cached',
          '/api/shop',
          '/api/billing',
          '/api/crud?/items',
        ]),
      ).toEqual({
        '/api/items/1': 200,
        '/api/items/1/details': 200,
        '/api/itemset': 503,
        '/api/shop/cached': 200,
        '/api/shop': 503,
        '/api/billing': 200,
        '/api/crud?/items': 503,
      });
    });

    it('ignorePaths match the route template, not the URL: a parameter that looks like a path is not one', async () => {
      await using running = await start({ ignorePaths: ['/items/1', '/items/:id/details'] });
      await serviceOf(running).setMaintenance(true);
      expect(await statuses(running.port, ['/items/1', '/items/1/details', '/items/details'])).toEqual({
        '/items/1': 503,
        '/items/1/details': 200,
        '/items/details': 503,
      });
    });

    it('URI versioning: exempt handlers, ignored paths, ping', async () => {
      await using running = await start(
        { ignorePaths: ['/status/neutral', '/v2/status'] },
        (app) => app.setGlobalPrefix('api').enableVersioning({ type: VersioningType.URI }),
        versioned,
      );
      const paths = [
        '/api/v1/status',
        '/api/v2/status',
        '/api/status/neutral',
        '/api/v1/status/open/5',
        '/api/health',
        '/api/maintenance/ping',
      ];
      expect(new Set(Object.values(await statuses(running.port, paths)))).toEqual(new Set([200]));
      await serviceOf(running).setMaintenance(true);
      expect(await statuses(running.port, paths)).toEqual({
        '/api/v1/status': 503,
        '/api/v2/status': 200,
        '/api/status/neutral': 200,
        '/api/v1/status/open/5': 200,
        '/api/health': 200,
        '/api/maintenance/ping': 503,
      });
      expect((await request(running.port, '/api/maintenance/ping')).json()).toMatchObject({
        maintenanceMode: true,
      });
    });

    it('a path ignored without its version is ignored in all of them', async () => {
      await using running = await start(
        { ignorePaths: ['/status'] },
        (app) => app.enableVersioning({ type: VersioningType.URI, prefix: 'version-', defaultVersion: '9' }),
        versioned,
      );
      await serviceOf(running).setMaintenance(true);
      expect(
        await statuses(running.port, ['/version-1/status', '/version-2/status', '/version-9/shop']),
      ).toEqual({ '/version-1/status': 200, '/version-2/status': 200, '/version-9/shop': 503 });
    });

    it.each([
      [{ type: VersioningType.HEADER, header: 'x-version' }, { 'x-version': '1' }],
      [{ type: VersioningType.MEDIA_TYPE, key: 'v=' }, { accept: 'application/json;v=1' }],
    ] as const)('versioning by %o', async (versioning, headers) => {
      await using running = await start({}, (app) => app.enableVersioning(versioning), versioned);
      const paths = ['/status', '/status/open/5', '/health', '/maintenance/ping'];
      expect(await statuses(running.port, paths, { headers })).toEqual({
        '/status': 200,
        '/status/open/5': 200,
        '/health': 200,
        '/maintenance/ping': 200,
      });
      await serviceOf(running).setMaintenance(true);
      expect(await statuses(running.port, paths, { headers })).toEqual({
        '/status': 503,
        '/status/open/5': 200,
        '/health': 200,
        '/maintenance/ping': 503,
      });
      // a ping needs no version
      expect(await request(running.port, '/maintenance/ping')).toMatchObject({
        status: 503,
        headers: { 'x-maintenance-mode': '1' },
      });
    });

    it('routes under RouterModule', async () => {
      await using running = await start({ ignorePaths: ['/inner/items'] }, undefined, {
        imports: [
          maintenance({ coverage, ignorePaths: ['/inner/items/:id/details'] }),
          ShelfModule,
          RouterModule.register([{ path: 'inner', module: ShelfModule }]),
        ],
        controllers: [],
      });
      await serviceOf(running).setMaintenance(true);
      expect(await statuses(running.port, ['/inner/items/1', '/inner/items/1/details'])).toEqual({
        '/inner/items/1': 503,
        '/inner/items/1/details': 200,
      });
    });
  });

  it('guard: false leaves it to @UseGuards(MaintenanceGuard)', async () => {
    await using running = await createApp({
      imports: [maintenance({ guard: false })],
      controllers: [...SHOP.controllers, GuardedController],
      providers: SHOP.providers,
    });
    await serviceOf(running).setMaintenance(true);
    expect(await request(running.port, '/shop')).toMatchObject({ status: 200 });
    expect(await request(running.port, '/guarded')).toMatchObject({
      status: 503,
      headers: { 'x-maintenance-mode': '1' },
    });
  });

  it('a guard that extends ours can override the decision', async () => {
    @Injectable()
    class StaffGuard extends MaintenanceGuard {
      protected override shouldSkip(context: Parameters<MaintenanceGuard['canActivate']>[0]): boolean {
        const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
        return headers['x-staff'] === '1' || super.shouldSkip(context);
      }
    }
    @UseGuards(StaffGuard)
    @Controller('staff')
    class StaffController {
      @Get()
      get(): string {
        return 'got';
      }
    }
    await using running = await createApp({
      imports: [maintenance({ guard: false })],
      controllers: [StaffController],
    });
    await serviceOf(running).setMaintenance(true);
    expect((await request(running.port, '/staff')).status).toBe(503);
    expect((await request(running.port, '/staff', { headers: { 'x-staff': '1' } })).status).toBe(200);
  });

  it('an unmarked application with no key in maintenance responds as ever', async () => {
    await using running = await shop(createApp, { coverage: 'site' });
    for (const path of ['/shop', '/health', '/shop/terms']) {
      const { headers, status } = await request(running.port, path);
      expect(status).toBe(200);
      expect(headers).not.toHaveProperty('retry-after');
      expect(headers).not.toHaveProperty('cache-control');
    }
    expect((await request(running.port, '/nowhere')).status).toBe(404);
  });
});
