import {
  Controller,
  Get,
  Module,
  Post,
  RequestMethod,
  Version,
  VERSION_NEUTRAL,
  VersioningType,
} from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { MaintenanceExempt, MaintenanceKey, MaintenanceKeys, MaintenanceService } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { adminModule, as } from './operators.js';

@Controller(['shop', 'store'])
class ShopController {
  @Get()
  list() {
    return 'list';
  }
  @Post('orders')
  order() {
    return 'ordered';
  }
  @MaintenanceExempt()
  @Get('health')
  health() {
    return 'well';
  }
  @MaintenanceExempt('site')
  @Get('help')
  help() {
    return 'help';
  }
  @MaintenanceKeys('reports')
  @Get('reports')
  reports() {
    return 'reports';
  }
  @Get('public/page')
  page() {
    return 'page';
  }
}

@Controller({ path: 'versioned', version: '1' })
class VersionedController {
  @Get()
  one() {
    return 'one';
  }
  @Version('2')
  @Get('two')
  two() {
    return 'two';
  }
}

@Controller('inner')
class InnerController {
  @Get('thing')
  thing() {
    return 'thing';
  }
  @Get('status')
  status() {
    return 'status';
  }
}

@Module({ controllers: [InnerController] })
class InnerModule {}

describe.each(adapters)('the routes that a key affects on %s', (_name, createApp) => {
  it('are exactly those that it refuses', async () => {
    await using app = await createApp(
      {
        imports: [
          adminModule({
            ignorePaths: ['shop/public'],
            keys: [
              new MaintenanceKey('site'),
              new MaintenanceKey('writes', { readOnly: true }),
              new MaintenanceKey('reports', { scope: 'marked' }),
              new MaintenanceKey('paths', { ignorePaths: ['/inner', 'versioned'] }),
            ],
          }),
          InnerModule,
          RouterModule.register([{ path: 'mounted', module: InnerModule }]),
        ],
        controllers: [ShopController, VersionedController],
      },
      (nest) =>
        nest
          .setGlobalPrefix('api', { exclude: [{ path: 'mounted/inner/status', method: RequestMethod.GET }] })
          .enableVersioning({ type: VersioningType.URI }),
    );
    const service = app.app.get(MaintenanceService);
    type Routes = { closes: string[]; staysOpen: string[] };
    const routesOf = async (key: string): Promise<Routes> =>
      (await as('see_info', app.port, `/api/maintenance/keys/${key}/routes`)).json();
    const all = await routesOf('site');
    expect([...all.closes, ...all.staysOpen].sort()).toEqual([
      'GET /api/mounted/inner/thing',
      'GET /api/shop',
      'GET /api/shop/health',
      'GET /api/shop/help',
      'GET /api/shop/public/page',
      'GET /api/shop/reports',
      'GET /api/store',
      'GET /api/store/health',
      'GET /api/store/help',
      'GET /api/store/public/page',
      'GET /api/store/reports',
      'GET /api/v1/versioned',
      'GET /api/v2/versioned/two',
      'GET /mounted/inner/status',
      'POST /api/shop/orders',
      'POST /api/store/orders',
    ]);
    for (const key of ['site', 'writes', 'reports', 'paths']) {
      const { closes, staysOpen } = await routesOf(key);
      await service.setMaintenance(true, key);
      const seen: Routes = { closes: [], staysOpen: [] };
      for (const route of [...closes, ...staysOpen]) {
        const [method = '', path = ''] = route.split(' ');
        const { status } = await request(app.port, path, { method });
        expect([200, 201, 503], route).toContain(status);
        seen[status === 503 ? 'closes' : 'staysOpen'].push(route);
      }
      expect({ key, ...seen }).toEqual({ key, closes, staysOpen });
      await service.setMaintenance(false, key);
    }
  });

  it.each([
    ['1', ['/v1/inner/status', '/v1/inner/thing']],
    [
      ['2', VERSION_NEUTRAL],
      ['/inner/status', '/inner/thing', '/v2/inner/status', '/v2/inner/thing'],
    ],
  ] as const)('have the version that is the default, %j', async (defaultVersion, unversioned) => {
    await using app = await createApp(
      { imports: [adminModule(), InnerModule], controllers: [VersionedController] },
      (nest) =>
        nest.enableVersioning({
          type: VersioningType.URI,
          defaultVersion: [defaultVersion].flat() as string[],
        }),
    );
    const answer = await as('see_info', app.port, '/maintenance/keys/general/routes');
    const paths = [...unversioned, '/v1/versioned', '/v2/versioned/two'].sort();
    expect(answer.json()).toEqual({ closes: paths.map((path) => `GET ${path}`), staysOpen: [] });
    for (const path of paths) expect((await request(app.port, path)).status).toBe(200);
  });

  it('are visible only with permission to see key data', async () => {
    await using app = await createApp({ imports: [adminModule()] });
    expect((await as('', app.port, '/maintenance/keys/general/routes')).status).toBe(403);
    expect((await as('see_info', app.port, '/maintenance/keys/nothing/routes')).status).toBe(404);
  });
});
