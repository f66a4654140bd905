import { describe, expect, it } from 'vitest';
import { Controller, Get, Injectable, type INestApplication } from '@nestjs/common';
import type { MaintenanceRootOptions } from 'nestjs-maintenance';
import { maintenance, serviceOf, SHOP } from '../apps/shop.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

@Injectable()
@Controller()
class OwnController {
  @Get('maintenance/diary')
  diary(): string {
    return 'diary';
  }
}

type Row = [method: 'GET' | 'POST' | 'PUT', path: string, status: number];

/** What nobody serves there is answered by the application; what is its own, or only looks like it, is refused. */
const rows = (prefix: string): Row[] => [
  ['GET', `${prefix}/maintenance`, 404],
  ['GET', `${prefix}/maintenance/`, 404],
  ['GET', `${prefix}/maintenance/nothing`, 404],
  ['GET', `${prefix}/maintenance/keys/a/b`, 404],
  ['POST', `${prefix}/maintenance/ping`, 404],
  ['PUT', `${prefix}/maintenance/events`, 404],
  ['GET', `${prefix}/maintenance/diary`, 503],
  ['GET', `${prefix}/maintenances`, 503],
  ['GET', `/other${prefix}/maintenance/nothing`, 503],
  ['GET', `${prefix}/maintenance/../shop`, 503],
  ['GET', `${prefix}/shop/maintenance/nothing`, 503],
];

describe.each(adapters)('routes next to ours on %s', (_name, createApp) => {
  it.each<[string, MaintenanceRootOptions, string]>([
    ['handlers', {}, ''],
    ['site', { coverage: 'site' }, ''],
    ['site, after middleware', { coverage: 'site', bypass: { when: () => false } }, ''],
    ['site, below a prefix', { coverage: 'site' }, '/api'],
  ])('are exempt as configured, with coverage %s', async (_what, options, prefix) => {
    await using running = await createApp(
      { imports: [maintenance(options)], ...SHOP, controllers: [...SHOP.controllers, OwnController] },
      (app: INestApplication) => prefix && app.setGlobalPrefix(prefix),
    );
    await serviceOf(running).setMaintenance(true);
    for (const [method, path, status] of rows(prefix)) {
      if (options.coverage === undefined && status === 503 && !path.endsWith('/diary')) continue;
      const answer = await request(running.port, path, { method });
      expect([method, path, answer.status]).toEqual([method, path, status]);
    }
  });
});
