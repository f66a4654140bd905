import {
  Inject,
  Module,
  Optional,
  type BeforeApplicationShutdown,
  type DynamicModule,
  type NestModule,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { asyncSource } from './module/async-options.js';
import { createDynamicModule, failing } from './module/dynamic-module.js';
import { MaintenanceLifecycle } from './module/lifecycle.js';
import { isOptions } from './core/common/is-options.js';
import { MaintenanceConfigurationError } from './core/errors/errors.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './maintenance.module-definition.js';
import { describeSecret } from './options/checks.js';
import type { MaintenanceAsyncOptions } from './options/async-options.js';
import type { MaintenanceRootOptions } from './options/options.js';

/**
 * Maintenance mode for a Nest application. Import it once, in the root module.
 *
 * @example
 * ```ts
 * @Module({ imports: [MaintenanceModule.forRoot({ redis: process.env.REDIS_URL ?? false })] })
 * export class AppModule {}
 * ```
 * @publicApi
 */
@Module({})
export class MaintenanceModule
  extends ConfigurableModuleClass
  implements
    NestModule,
    OnModuleInit,
    OnApplicationBootstrap,
    BeforeApplicationShutdown,
    OnApplicationShutdown
{
  private readonly lifecycle: MaintenanceLifecycle;

  /** @internal */
  constructor(
    @Optional() @Inject(ModulesContainer) modules?: ModulesContainer,
    @Optional() @Inject(MaintenanceLifecycle) lifecycle?: MaintenanceLifecycle,
    @Optional() @Inject(HttpAdapterHost) host?: Partial<HttpAdapterHost>,
  ) {
    super();
    const registrations = [...(modules?.values() ?? [])].filter(
      ({ metatype }) => metatype === MaintenanceModule,
    ).length;
    if (registrations > 1) {
      throw new MaintenanceConfigurationError(
        'MaintenanceModule is imported more than once; accepted: one forRoot() or forRootAsync(), in the root module. ' +
          'MaintenanceService is injectable everywhere; with { isGlobal: false }, import the module that this forRoot() returned, or re-export it.',
      );
    }
    if (!lifecycle) {
      throw new MaintenanceConfigurationError(
        'MaintenanceModule is imported without options; accepted: MaintenanceModule.forRoot() or MaintenanceModule.forRootAsync().',
      );
    }
    // its routes have neither the guard nor our own beside them, and Nest calls no hooks of a module that comes so late
    if (host?.listening) {
      throw new MaintenanceConfigurationError(
        'MaintenanceModule is loaded when the application listens already, and would refuse nothing; accepted: forRoot() or ' +
          'forRootAsync() in the imports of the root module.',
      );
    }
    this.lifecycle = lifecycle;
  }

  /** Registers the module with these options. @throws MaintenanceConfigurationError if an option is wrong or unknown */
  static override forRoot(options: MaintenanceRootOptions = {}): DynamicModule {
    if (!isOptions(options)) {
      // not as a value: Nest waits for that of a promise
      const error = MaintenanceConfigurationError.of('options', options, 'an object', describeSecret);
      return createDynamicModule({ module: this, providers: [failing(MODULE_OPTIONS_TOKEN, error)] }, {});
    }
    return createDynamicModule(super.forRoot(options), options);
  }

  /** Registers the module with options from a factory, a class or an existing provider; structural options stand beside it. */
  static override forRootAsync(options: MaintenanceAsyncOptions): DynamicModule {
    try {
      const source = asyncSource(options);
      const definition = super.forRootAsync(source.options);
      const providers = [...(definition.providers ?? []), ...source.providers];
      return createDynamicModule({ ...definition, providers }, options);
    } catch (error) {
      const providers = [failing(MODULE_OPTIONS_TOKEN, error)];
      return createDynamicModule({ module: this, providers }, { socket: false, admin: false });
    }
  }

  /** Called before Nest registers its routes. @internal */
  configure(): void {
    this.lifecycle.configure();
  }

  /** @internal */
  onModuleInit(): Promise<void> {
    return this.lifecycle.init();
  }

  /** @internal */
  onApplicationBootstrap(): void {
    this.lifecycle.bootstrap();
  }

  /** @internal */
  beforeApplicationShutdown(): Promise<void> {
    return this.lifecycle.beforeShutdown();
  }

  /** @internal */
  onApplicationShutdown(): Promise<void> {
    return this.lifecycle.shutdown();
  }
}
