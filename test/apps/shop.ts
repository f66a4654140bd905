import { Body, Controller, Get, Header, Injectable, Post, type DynamicModule } from '@nestjs/common';
import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import type { AppSource, CreateApp, RunningApp } from '../support/apps.js';

/** What handlers have written: a refused request must not be in it. */
@Injectable()
export class Ledger {
  readonly entries: unknown[] = [];
}

@Controller('shop')
export class ShopController {
  constructor(private readonly ledger: Ledger) {}

  @Get()
  list(): { entries: number } {
    return { entries: this.ledger.entries.length };
  }

  @Get('cached')
  @Header('Cache-Control', 'public, max-age=3600')
  cached(): string {
    return 'cached';
  }

  @Post()
  buy(@Body() body: unknown): { bought: true } {
    this.ledger.entries.push(body);
    return { bought: true };
  }

  @Get('failing')
  failing(): never {
    throw new Error('on purpose');
  }

  @MaintenanceExempt()
  @Get('terms')
  terms(): string {
    return 'terms';
  }

  @MaintenanceExempt('billing')
  @Get('prices')
  prices(): string {
    return 'prices';
  }
}

@MaintenanceExempt()
@Controller('health')
export class HealthController {
  @Get()
  check(): { status: 'ok' } {
    return { status: 'ok' };
  }
}

@MaintenanceKeys('billing')
@Controller('billing')
export class BillingController {
  @Get()
  bill(): string {
    return 'bill';
  }
}

export const SHOP = {
  controllers: [ShopController, HealthController, BillingController],
  providers: [Ledger],
};

/** The module alone, with the key that the shop's decorators name: realtime and admin have specs of their own. */
export const maintenance = ({ keys = [], ...options }: MaintenanceRootOptions = {}): DynamicModule =>
  MaintenanceModule.forRoot({
    socket: false,
    admin: false,
    ...options,
    keys: keys.some(({ name }) => name === 'billing') ? keys : [...keys, new MaintenanceKey('billing')],
  });

export const serviceOf = ({ app }: RunningApp): MaintenanceService => app.get(MaintenanceService);

/** The shop with these options. */
export const shop = (
  createApp: CreateApp,
  options?: MaintenanceRootOptions,
  configure?: Parameters<CreateApp>[1],
  settings?: Parameters<CreateApp>[2],
): Promise<RunningApp> => {
  const source: AppSource = { imports: [maintenance(options)], ...SHOP };
  return createApp(source, configure, settings);
};
