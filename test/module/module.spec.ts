import {
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import { LazyModuleLoader, NestFactory, type ModuleRef } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import {
  MaintenanceConfigurationError,
  MaintenanceGuard,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  RegisterMaintenanceKey,
  type MaintenanceModuleOptions,
  type MaintenanceOptionsFactory,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { RealtimeModule } from '../../lib/realtime/realtime.module.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';
import { failure, started, startedWith } from './started.js';

const off = { socket: false, admin: false } as const;
const compile = (...imports: (DynamicModule | (new () => object))[]) =>
  Test.createTestingModule({ imports }).compile();

@Controller()
class HelloController {
  @Get('hello')
  hello(): string {
    return 'hello';
  }
}

@Injectable()
class Settings {
  readonly status = 418;
}

@Module({ providers: [Settings], exports: [Settings] })
class SettingsModule {}

describe.each(adapters)('forRoot() on %s', (_name, createApp) => {
  it('mounts everything without options: guard, ping', async () => {
    await using running = await createApp({
      imports: [MaintenanceModule.forRoot()],
      controllers: [HelloController],
    });
    expect((await request(running.port, '/hello')).text).toBe('hello');
    expect((await request(running.port, '/maintenance/ping')).json()).toMatchObject({
      maintenanceMode: false,
    });
    await running.app.get(MaintenanceService).setMaintenance(true);
    expect((await request(running.port, '/hello')).status).toBe(503);
    await running.app.get(MaintenanceService).setMaintenance(false);
    expect((await request(running.port, '/hello')).status).toBe(200);
  });

  it('omits the guard on request', async () => {
    await using running = await createApp({
      imports: [MaintenanceModule.forRoot({ ...off, guard: false })],
      controllers: [HelloController],
    });
    await running.app.get(MaintenanceService).setMaintenance(true);
    expect((await request(running.port, '/hello')).status).toBe(200);
  });

  it('refuses once, not once per module that imports the same registration', async () => {
    const maintenance = MaintenanceModule.forRoot(off);
    let calls = 0;

    @Module({ imports: [maintenance] })
    class FeatureModule {}

    await using running = await createApp(
      Test.createTestingModule({ imports: [maintenance, FeatureModule], controllers: [HelloController] })
        .overrideProvider(MaintenanceGuard)
        .useValue({ canActivate: () => ++calls > 0 }),
    );
    expect((await request(running.port, '/hello')).status).toBe(200);
    expect(calls).toBe(1);
  });

  it('lets tests override the guard', async () => {
    const builder = Test.createTestingModule({
      imports: [MaintenanceModule.forRoot(off)],
      controllers: [HelloController],
    })
      .overrideProvider(MaintenanceGuard)
      .useValue({ canActivate: () => true });
    await using running = await createApp(builder);
    await running.app.get(MaintenanceService).setMaintenance(true);
    expect((await request(running.port, '/hello')).status).toBe(200);
  });

  it('keeps two applications in one process apart', async () => {
    const metadata = () => ({
      imports: [MaintenanceModule.forRoot(off)],
      controllers: [HelloController],
    });
    await using one = await createApp(metadata());
    const two = await createApp(metadata());
    await two.app.get(MaintenanceService).setMaintenance(true);
    expect((await request(two.port, '/hello')).status).toBe(503);
    expect((await request(one.port, '/hello')).status).toBe(200);
    expect((await one.app.get(MaintenanceService).getKeyData()).general?.value).toBe(false);
    expect(one.app.get(MaintenanceService).getKeys()[0]?.toJSON().value).toBe(true);
    await two.close();
    // the shared key speaks for the application that is left
    const [general] = one.app.get(MaintenanceService).getKeys();
    expect(general?.toJSON().value).toBe(false);
    expect(await general?.isMaintenance()).toBe(false);
  });
});

describe('forRootAsync()', () => {
  const optionsOf = async (module: DynamicModule): Promise<number | undefined> => {
    await using running = await adapters[0]![1]({ imports: [module], controllers: [HelloController] });
    await running.app.get(MaintenanceService).setMaintenance(true);
    return (await request(running.port, '/hello')).status;
  };

  it('accepts a factory with injected providers', async () => {
    const module = MaintenanceModule.forRootAsync({
      ...off,
      imports: [SettingsModule],
      inject: [Settings],
      useFactory: ({ status }: Settings) => ({ statusCode: status }),
    });
    expect(await optionsOf(module)).toBe(418);
  });

  it('accepts an asynchronous factory', async () => {
    const useFactory = async () => Promise.resolve({ statusCode: 419 });
    expect(await optionsOf(MaintenanceModule.forRootAsync({ ...off, useFactory }))).toBe(419);
  });

  it('accepts a factory that returns nothing', async () => {
    const useFactory = () => undefined as never;
    expect(await optionsOf(MaintenanceModule.forRootAsync({ ...off, useFactory }))).toBe(503);
  });

  it('accepts a class with injected providers', async () => {
    @Injectable()
    class Factory implements MaintenanceOptionsFactory {
      constructor(private readonly settings: Settings) {}

      async createMaintenanceOptions(): Promise<MaintenanceModuleOptions> {
        return { statusCode: this.settings.status };
      }
    }
    const module = MaintenanceModule.forRootAsync({ ...off, imports: [SettingsModule], useClass: Factory });
    expect(await optionsOf(module)).toBe(418);
  });

  it('accepts a class with a method create()', async () => {
    class Factory {
      private readonly status = 420;

      create(): MaintenanceModuleOptions {
        return { statusCode: this.status };
      }
    }
    expect(await optionsOf(MaintenanceModule.forRootAsync({ ...off, useClass: Factory }))).toBe(420);
  });

  it.each(['createMaintenanceOptions', 'create'])(
    'accepts an existing provider with %s()',
    async (method) => {
      const token = Symbol('factory');

      @Module({
        providers: [{ provide: token, useValue: { [method]: () => ({ statusCode: 421 }) } }],
        exports: [token],
      })
      class FactoryModule {}

      const module = MaintenanceModule.forRootAsync({ ...off, imports: [FactoryModule], useExisting: token });
      expect(await optionsOf(module)).toBe(421);
    },
  );

  it('accepts structural options beside the factory', async () => {
    const module = MaintenanceModule.forRootAsync({
      ...off,
      path: 'ops',
      guard: false,
      isGlobal: false,
      useFactory: () => ({ statusCode: 422 }),
    });
    expect(module.global).toBe(false);
    await using running = await adapters[0]![1]({ imports: [module] });
    await running.app.get(MaintenanceService).setMaintenance(true);
    expect((await request(running.port, '/ops/ping')).status).toBe(422);
  });

  it.each(['isGlobal', 'path', 'guard', 'coverage', 'socket', 'admin'])(
    'rejects %s in the result of the factory',
    async (option) => {
      const useFactory = () => ({ [option]: true });
      const error = await failure(compile(MaintenanceModule.forRootAsync({ ...off, useFactory })));
      expect(error).toMatchObject({ name: 'MaintenanceConfigurationError', option });
      expect(error.message).toMatch(/beside useFactory/);
    },
  );

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /accepted: an object with useFactory/],
    ['no source', {}, /received none; accepted: one of useFactory, useClass, useExisting/],
    [
      'two sources',
      { useFactory: () => ({}), useClass: Settings },
      /received useFactory and useClass; accepted: one of/,
    ],
    ['an invalid factory', { useFactory: {} }, /"useFactory" received an object.+accepted: a function/],
    ['an invalid class', { useClass: 'x' }, /"useClass" received "x"; accepted: a class/],
    ['a class without the method', { ...off, useClass: Settings }, /"useClass" names an object \(Settings\)/],
    [
      'an option in the wrong place',
      { useFactory: () => ({}), statusCode: 500 },
      /Unknown maintenance option "statusCode" in forRootAsync\(\).+belong in the object that useFactory returns/,
    ],
  ])('stops the start when it gets %s', async (_what, options, message) => {
    const error = await failure(compile(MaintenanceModule.forRootAsync(options as never)));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toMatch(message);
  });

  it('rethrows what a factory throws', async () => {
    const useFactory = () => {
      throw new RangeError('on purpose');
    };
    expect(await failure(compile(MaintenanceModule.forRootAsync({ ...off, useFactory })))).toBeInstanceOf(
      RangeError,
    );
  });
});

describe('a second registration stops the start', () => {
  const twice = /MaintenanceModule is imported more than once; accepted: one forRoot\(\)/;

  it('two forRoot()', async () => {
    const error = await failure(compile(MaintenanceModule.forRoot(off), MaintenanceModule.forRoot(off)));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toMatch(twice);
  });

  it('forRootAsync() in a feature module', async () => {
    @Module({ imports: [MaintenanceModule.forRootAsync({ ...off, useFactory: () => ({}) })] })
    class FeatureModule {}
    expect((await failure(compile(MaintenanceModule.forRoot(off), FeatureModule))).message).toMatch(twice);
  });

  it('the bare module in a feature module', async () => {
    @Module({ imports: [MaintenanceModule] })
    class FeatureModule {}
    expect((await failure(compile(MaintenanceModule.forRoot(off), FeatureModule))).message).toMatch(twice);
  });

  it('the bare module alone, which has no options', async () => {
    const error = await failure(compile(MaintenanceModule));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toMatch(/imported without options; accepted: MaintenanceModule\.forRoot\(\)/);
  });

  it('also with NestFactory', async () => {
    @Module({ imports: [MaintenanceModule.forRoot(off), MaintenanceModule.forRoot(off)] })
    class RootModule {}
    const settings = { logger: false, abortOnError: false } as const;
    expect((await failure(NestFactory.create(RootModule, settings))).message).toMatch(twice);
  });

  it('also in a lazily loaded module', async () => {
    await using running = await started();
    const loading = running.app.get(LazyModuleLoader).load(() => MaintenanceModule.forRoot(off));
    expect((await failure(loading)).message).toMatch(twice);
  });
});

describe.each(adapters)('a lazily loaded registration on %s', (_name, createApp) => {
  it('works before the application listens', async () => {
    let loaded: ModuleRef | undefined;
    await using running = await createApp({ controllers: [HelloController] }, async (app) => {
      loaded = await app.get(LazyModuleLoader).load(() => MaintenanceModule.forRoot(off));
    });
    await loaded?.get(MaintenanceService, { strict: false }).setMaintenance(true);
    expect((await request(running.port, '/hello')).status).toBe(503);
    expect((await request(running.port, '/maintenance/ping')).status).toBe(503);
  });

  it('is refused once it listens: no route would have the guard', async () => {
    await using running = await createApp({ controllers: [HelloController] });
    const loading = running.app.get(LazyModuleLoader).load(() => MaintenanceModule.forRoot(off));
    const error = await failure(loading);
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toMatch(/listens already, and would refuse nothing; accepted: .+ the root module/);
    expect((await request(running.port, '/hello')).status).toBe(200);
  });
});

describe('a second copy of the library', () => {
  it('stops the start, and the error says how that happens', async () => {
    const [core] = MaintenanceModule.forRoot(off).imports as DynamicModule[];
    expect(RealtimeModule.register(core!).imports).toEqual([core]);
    // the same classes once more, as a loader makes them that compiles packages
    const other = { ...core!, exports: core!.exports!.map(() => class Copy {}) };
    expect(() => RealtimeModule.register(other)).toThrow(MaintenanceConfigurationError);
    expect(() => RealtimeModule.register(other)).toThrow(
      /loaded twice.+such as tsx in a CommonJS application/,
    );
  });
});

describe('isGlobal', () => {
  @Injectable()
  class Job {
    constructor(readonly service: MaintenanceService) {}
  }

  it('true: the service is injectable everywhere', async () => {
    @Module({ providers: [Job] })
    class FeatureModule {}
    await using running = await started({}, { imports: [FeatureModule] });
    expect(running.app.get(Job).service).toBe(running.service);
  });

  it('false: only where the registration is imported', async () => {
    @Module({ providers: [Job] })
    class FeatureModule {}
    const maintenance = MaintenanceModule.forRoot({ ...off, isGlobal: false });
    const error = await failure(compile(maintenance, FeatureModule));
    expect(error.message).toMatch(/resolve dependencies of the Job/);

    @Module({ imports: [maintenance], providers: [Job] })
    class ImportingModule {}
    await using running = await startedWith({ imports: [maintenance, ImportingModule] });
    expect(running.app.get(Job).service).toBe(running.service);
  });
});

describe('the life of the application', () => {
  it('works if it is only compiled', async () => {
    class Billing {
      constructor(@Inject(MaintenanceService) readonly service: MaintenanceService) {}
    }
    const module = await Test.createTestingModule({
      imports: [MaintenanceModule.forRoot({ ...off, keys: [new MaintenanceKey('billing')] })],
      providers: [Billing],
    }).compile();
    const { service } = module.get(Billing);
    expect(service.isInMaintenance(undefined, 'billing').value).toBe(false);
    await service.setMaintenance(true, 'billing');
    expect(service.isInMaintenance(undefined, 'billing').value).toBe(true);
    expect(await service.maintain('billing', () => 'done')).toBe('done');
    await service.unsetMaintenance('billing');
    expect((await service.getKeyData()).billing?.value).toBe(false);
    await module.close();
  });

  it('works without HTTP', async () => {
    await using running = await started();
    await running.service.setMaintenance(true);
    expect(running.service.isInMaintenance().value).toBe(true);
  });

  it('serves providers that use it while the application starts and ends', async () => {
    const said: unknown[] = [];

    @Injectable()
    class Eager implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
      @RegisterMaintenanceKey()
      readonly key = new MaintenanceKey('eager');

      constructor(private readonly service: MaintenanceService) {}

      async onModuleInit(): Promise<void> {
        const { key, to } = await this.service.setMaintenance(true, 'eager');
        said.push(key, to, await this.key.isMaintenance());
      }

      onApplicationBootstrap(): void {
        said.push(this.service.getKeys().length, this.service.isInMaintenance().key?.name);
      }

      async beforeApplicationShutdown(): Promise<void> {
        said.push((await this.service.setMaintenance(false, 'eager')).to);
      }
    }
    const running = await started({}, { providers: [Eager] });
    await running.app.close();
    expect(said).toEqual(['eager', true, true, 2, 'eager', false]);
  });

  it('can be closed after a start that failed', async () => {
    class Broken implements OnModuleInit {
      onModuleInit(): void {
        throw new RangeError('on purpose');
      }
    }
    const module = await Test.createTestingModule({
      imports: [MaintenanceModule.forRoot(off)],
      providers: [Broken],
    }).compile();
    expect(await failure(module.init())).toBeInstanceOf(RangeError);
    // Nest 11 tells of the failed start once more
    const again: unknown = await module.close().catch((error: unknown) => error);
    expect(again === undefined || again instanceof RangeError).toBe(true);
    expect(() => module.get(MaintenanceService).isInMaintenance()).not.toThrow();
  });

  it('completes its observables when it is closed', async () => {
    const running = await started();
    let ended = false;
    running.service.changes.subscribe({ complete: () => (ended = true) });
    await running.app.close();
    expect(ended).toBe(true);
  });

  it('leaves nothing that keeps the process alive', async () => {
    const timers = () => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
    const before = timers();
    const running = await started();
    await running.service.setMaintenance(true, 'general', { timeout: 60_000 });
    const held = await running.service.maintain('general');
    await held.leave();
    await running.app.close();
    // those of the test runner come and go
    expect(await until(() => timers() <= before, { what: 'no timer of ours' })).toBe(true);
  });

  it('starts afresh for the next application with the state in memory', async () => {
    const first = await started();
    await first.service.setMaintenance(true);
    await first.app.close();
    await using second = await started();
    expect(second.service.isInMaintenance().value).toBe(false);
  });
});
