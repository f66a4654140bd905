import { Catch, Controller, Get, Module, type ArgumentsHost } from '@nestjs/common';
import { APP_FILTER, BaseExceptionFilter } from '@nestjs/core';
import {
  type MaintenanceException,
  MaintenanceExceptionFilter,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

/** Reports what goes wrong, and leaves the response to Nest, as Sentry's filter does. */
@Catch()
class ReportingFilter extends BaseExceptionFilter {
  static readonly reported: unknown[] = [];

  override catch(exception: unknown, host: ArgumentsHost): void {
    ReportingFilter.reported.push(exception);
    // oxlint-disable-next-line promise/valid-params -- it is no promise
    super.catch(exception, host);
  }
}

@Controller()
class CatsController {
  @Get('cats')
  cats(): string {
    return 'cats';
  }

  @Get('broken')
  broken(): never {
    throw new Error('on purpose');
  }
}

const moduleWith = (options: MaintenanceRootOptions) => {
  @Module({
    imports: [MaintenanceModule.forRoot({ socket: false, admin: false, ...options })],
    controllers: [CatsController],
    providers: [{ provide: APP_FILTER, useClass: ReportingFilter }],
  })
  class AppModule {}
  return AppModule;
};

describe.each(adapters)('with a filter that catches all, on %s', (_name, createApp) => {
  const browse = async (port: number) => {
    const { status, headers } = await request(port, '/cats', { headers: { accept: 'text/html' } });
    return [status, headers['content-type'], headers['retry-after'] !== undefined];
  };

  it('a refused browser gets what that filter sends', async () => {
    await using app = await createApp(moduleWith({}));
    await app.app.get(MaintenanceService).setMaintenance(true);
    expect(await browse(app.port)).toEqual([503, expect.stringContaining('application/json'), true]);
  });

  it('a refused browser gets the page if the filter of the library is asked first, which leaves all else to the other', async () => {
    await using app = await createApp(moduleWith({}), (nest) =>
      nest.useGlobalFilters(nest.get(MaintenanceExceptionFilter)),
    );
    await app.app.get(MaintenanceService).setMaintenance(true);
    const before = ReportingFilter.reported.length;
    expect(await browse(app.port)).toEqual([503, expect.stringContaining('text/html'), true]);
    expect((await request(app.port, '/cats')).json()).toMatchObject({ maintenanceMode: true });
    expect(ReportingFilter.reported).toHaveLength(before);
    await app.app.get(MaintenanceService).setMaintenance(false);
    expect((await request(app.port, '/broken')).status).toBe(500);
    expect(ReportingFilter.reported).toHaveLength(before + 1);
  });

  it('can log the exception, which shows nothing of any request, nor what only operators see', async () => {
    await using app = await createApp(moduleWith({}));
    await app.app
      .get(MaintenanceService)
      .setMaintenance(true, 'general', { message: 'Back soon.', reason: 'A leak' });
    ReportingFilter.reported.length = 0;
    await request(app.port, '/cats', { headers: { authorization: 'Bearer of-ada' } });
    await request(app.port, '/cats', { headers: { authorization: 'Bearer of-bob' } });
    expect(ReportingFilter.reported).toHaveLength(2);
    for (const exception of ReportingFilter.reported) {
      expect((exception as MaintenanceException).key?.name).toBe('general');
      for (const logged of [inspect(exception, { depth: 10 }), JSON.stringify(exception)]) {
        expect(logged).toContain('Back soon.');
        expect(logged).not.toMatch(/Bearer|A leak/);
        expect(logged.length).toBeLessThan(2_000);
      }
    }
  });

  it("with coverage: 'site' a refused browser gets the page in any case", async () => {
    await using app = await createApp(moduleWith({ coverage: 'site' }));
    await app.app.get(MaintenanceService).setMaintenance(true);
    expect(await browse(app.port)).toEqual([503, expect.stringContaining('text/html'), true]);
  });
});
