import { Controller, Get, Inject, Injectable, Scope, type INestApplication, type Type } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

@Injectable({ scope: Scope.REQUEST })
class Visitor {
  constructor(@Inject(REQUEST) readonly request: { readonly url: string }) {}
}

@Injectable({ scope: Scope.REQUEST, durable: true })
class Tenant {}

@Controller('shop')
class ShopController {
  constructor(private readonly visitor: Visitor) {}

  @Get()
  read(): string {
    return this.visitor.request.url;
  }

  @MaintenanceExempt()
  @Get('open')
  open(): string {
    return this.visitor.request.url;
  }

  @MaintenanceKeys('billing')
  @Get('invoices')
  invoices(): string {
    return this.visitor.request.url;
  }
}

@Controller('stock')
class StockController {
  constructor(readonly visitor: Visitor) {}

  @Get()
  read(): string {
    return this.visitor.request.url;
  }
}

/** Its handler is that of the class that it extends. */
@MaintenanceExempt()
@Controller('status')
class StatusController extends StockController {}

@Controller('tenant')
class TenantController {
  constructor(readonly tenant: Tenant) {}

  @Get()
  read(): string {
    return 'tenant';
  }
}

describe.each(adapters)(
  "coverage 'site' on %s, controllers that are created for each request",
  (_name, createApp) => {
    async function start(options: MaintenanceRootOptions = {}, ...others: Type[]) {
      const ran: string[] = [];
      const running = await createApp(
        {
          imports: [
            MaintenanceModule.forRoot({
              coverage: 'site',
              socket: false,
              keys: [new MaintenanceKey('billing', { scope: 'marked' })],
              ...options,
            }),
          ],
          controllers: [ShopController, TenantController, ...others],
          providers: [Visitor, Tenant],
        },
        (app: INestApplication) =>
          app.use(({ url }: { url: string }, _response: unknown, next: () => void) => {
            ran.push(url);
            next();
          }),
      );
      const status = async (path: string) => (await request(running.port, path)).status;
      return Object.assign(running, { ran, status, service: running.app.get(MaintenanceService) });
    }

    it.each([undefined, false] as const)('are refused before everything, with guard: %j', async (guard) => {
      await using at = await start({ guard });
      expect(await at.status('/shop')).toBe(200);
      at.ran.length = 0;
      await at.service.setMaintenance(true);
      for (const path of ['/shop', '/shop/invoices', '/tenant']) {
        expect([path, await at.status(path)]).toEqual([path, 503]);
      }
      expect(at.ran).toEqual([]);
      expect(await at.status('/shop/open')).toBe(200);
    });

    it('are refused by the keys of their decorators', async () => {
      await using at = await start({ guard: false });
      await at.service.setMaintenance(true, 'billing');
      expect(await at.status('/shop/invoices')).toBe(503);
      expect([await at.status('/shop'), await at.status('/shop/open'), await at.status('/tenant')]).toEqual([
        200, 200, 200,
      ]);
    });

    it('are exempt by their own class, whatever that of an inherited handler says', async () => {
      await using at = await start({}, StockController, StatusController);
      await at.service.setMaintenance(true);
      expect([await at.status('/status'), await at.status('/stock')]).toEqual([200, 503]);
    });
  },
);
