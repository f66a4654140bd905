// What an application's compiler sees. Here `tsc` is the test: `expectTypeOf` asserts nothing at run time.
import { Body, Controller, Get, Injectable, Post, type DynamicModule } from '@nestjs/common';
import type { Request } from 'express';
import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceModule,
  MaintenanceService,
  MaintenanceStatus,
  OnMaintenance,
  RegisterMaintenanceKey,
  type Maintenance,
  type MaintenanceAsyncOptions,
  type MaintenanceBypassOptions,
  type MaintenanceChange,
  type MaintenanceKeyJson,
  type MaintenanceModuleOptions,
  type MaintenanceOptionsFactory,
  type MaintenancePermissions,
  type MaintenanceState,
} from 'nestjs-maintenance';
import type { Observable } from 'rxjs';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { started } from './started.js';

class Config {
  readonly url = 'redis://127.0.0.1';
}

@Injectable()
class Options implements MaintenanceOptionsFactory {
  constructor(readonly config: Config) {}

  createMaintenanceOptions(): MaintenanceModuleOptions {
    return { redis: this.config.url };
  }
}

class Invoice {
  readonly total = 0;
}

// With emitDecoratorMetadata, on every kind of thing that may carry them, beside Nest's own.
@MaintenanceKeys('billing', new MaintenanceKey('shop'))
@Controller()
class BillingController {
  @MaintenanceExempt()
  @Get()
  list(): Invoice[] {
    return [];
  }

  @Post()
  @MaintenanceExempt('billing')
  @MaintenanceKeys('shop')
  async create(@Body() invoice: Invoice): Promise<Invoice> {
    return Promise.resolve(invoice);
  }
}

@RegisterMaintenanceKey('billing', { label: 'Billing' })
class BillingKey extends MaintenanceKey {
  constructor(private readonly config: Config) {
    super();
  }

  override isEditable(request: Request): boolean {
    return request.hostname === this.config.url;
  }

  override getStatusClass() {
    return OfficeHours;
  }
}

class OfficeHours extends MaintenanceStatus {
  declare readonly request: Request;

  override maintaining(): boolean {
    return this.value && this.request.method !== 'GET';
  }
}

@Injectable()
class Members {
  @RegisterMaintenanceKey()
  readonly key = new MaintenanceKey('one');

  @RegisterMaintenanceKey()
  readonly keys: readonly MaintenanceKey[] = [];

  @RegisterMaintenanceKey()
  method(): MaintenanceKey[] {
    return [];
  }

  @OnMaintenance('changing', 'billing', new MaintenanceKey('shop'))
  async changing(change: MaintenanceChange): Promise<void> {
    expectTypeOf(change.key).toBeString();
    expectTypeOf(change.at).toEqualTypeOf<Date>();
    await Promise.resolve();
  }
}

/** Never called: only its types count. */
export async function calls(service: MaintenanceService, request: Request): Promise<void> {
  expectTypeOf(
    service.isInMaintenance(request, ['a', new MaintenanceKey('b')]),
  ).toEqualTypeOf<MaintenanceStatus>();
  expectTypeOf(service.isInMaintenance().state).toEqualTypeOf<MaintenanceState | undefined>();
  expectTypeOf(service.setMaintenance(true)).resolves.toEqualTypeOf<MaintenanceChange>();
  expectTypeOf(service.unsetMaintenance('a')).resolves.toBeVoid();
  expectTypeOf(service.changes).toEqualTypeOf<Observable<MaintenanceChange>>();
  expectTypeOf(service.getKeys()).toEqualTypeOf<readonly MaintenanceKey[]>();
  expectTypeOf(service.getKeyData()).resolves.toEqualTypeOf<Record<string, MaintenanceKeyJson>>();

  expectTypeOf(service.maintain()).resolves.toEqualTypeOf<Maintenance>();
  expectTypeOf(service.maintain('a')).resolves.toEqualTypeOf<Maintenance>();
  expectTypeOf(service.maintain('a', { blocking: true, timeout: 5 })).resolves.toEqualTypeOf<Maintenance>();
  expectTypeOf(service.maintain('a', () => 42)).resolves.toBeNumber();
  expectTypeOf(service.maintain('a', async () => 42)).resolves.toBeNumber();
  expectTypeOf(service.maintain('a', async () => {})).resolves.toBeVoid();
  expectTypeOf(service.maintain(undefined, () => ({ a: 1 }), { lock: false })).resolves.toEqualTypeOf<{
    a: number;
  }>();
  await service.maintain(new MaintenanceKey('a'), (maintenance) => {
    expectTypeOf(maintenance).toEqualTypeOf<Maintenance>();
    expectTypeOf(maintenance.signal).toEqualTypeOf<AbortSignal>();
    expectTypeOf(maintenance.fence).toBeNumber();
  });
  await using maintenance = await service.maintain('a');
  expectTypeOf(maintenance).toExtend<AsyncDisposable>();

  // @ts-expect-error: an option that does not exist
  await service.setMaintenance(true, 'a', { timeOut: 5 });
  // @ts-expect-error: a date is a Date
  await service.setMaintenance(true, 'a', { until: '2030-01-01' });
}

/** Never called, like the one above. */
export function modules(): DynamicModule[] {
  return [
    MaintenanceModule.forRoot(),
    MaintenanceModule.forRoot({ redis: 'redis://127.0.0.1', socket: { namespace: '/m' }, admin: false }),
    MaintenanceModule.forRootAsync({
      inject: [Config],
      useFactory: (config: Config) => ({ redis: config.url }),
      isGlobal: false,
    }),
    MaintenanceModule.forRootAsync({ useFactory: async () => Promise.resolve({ statusCode: 503 }) }),
    MaintenanceModule.forRootAsync({ useClass: Options, path: 'ops' }),
    MaintenanceModule.forRootAsync({ useExisting: Options }),
    MaintenanceModule.forRootAsync({ useExisting: 'options' }),
    // @ts-expect-error: a class that does not make options
    MaintenanceModule.forRootAsync({ useClass: Config }),
    // @ts-expect-error: keys belong in what useFactory returns
    MaintenanceModule.forRootAsync({ useFactory: () => ({}), keys: [] }),
    // @ts-expect-error: an option that does not exist
    MaintenanceModule.forRoot({ statuscode: 503 }),
  ];
}

describe('the types', () => {
  it('let functions declare the type of their request', () => {
    const bypass: MaintenanceBypassOptions = { when: (request: Request) => request.ip === '::1' };
    const options: MaintenanceModuleOptions = {
      bypass,
      responseType: (request: Request) => (request.path === '/' ? 'html' : 'json'),
      permissions: (permission, subject) => permission === 'see_info' && subject.type === 'http',
      translate: (text, language, request?: Request) => `${language} ${text} ${String(request?.url)}`,
    };
    expectTypeOf<MaintenanceModuleOptions['permissions']>().toEqualTypeOf<
      MaintenancePermissions | undefined
    >();
    expectTypeOf<MaintenanceAsyncOptions>().toHaveProperty('coverage');
    expect(options.bypass?.when?.({ ip: '::1' })).toBe(true);
  });

  it('work with metadata of injected types', async () => {
    expect(Reflect.getMetadata('design:paramtypes', BillingKey)).toEqual([Config]);
    expect(Reflect.getMetadata('design:paramtypes', BillingController.prototype, 'create')).toEqual([
      Invoice,
    ]);
    const metadata = { controllers: [BillingController], providers: [Config, BillingKey, Members] };
    await using running = await started({ keys: [new MaintenanceKey('shop')] }, metadata);
    expect(running.service.getKeys().map(({ name }) => name)).toEqual(['general', 'shop', 'billing', 'one']);
  });
});
