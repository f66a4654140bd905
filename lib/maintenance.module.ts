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
import { DiscoveryService, ModulesContainer } from '@nestjs/core';
import { asyncSource } from './maintenance.async-options.js';
import { assemble, failing } from './maintenance.assembly.js';
import { ReplicaAgreement } from './cluster/replica-agreement.js';
import { reachesProvider, trackHandlers } from './decision/track-handlers.js';
import { HookRunner } from './hooks/hook-runner.js';
import { TARGET } from './http/site-routes.js';
import { MaintenanceConfigurationError } from './maintenance.errors.js';
import { MaintenanceExplorer } from './maintenance.explorer.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './maintenance.module-definition.js';
import type { MaintenanceAsyncOptions, MaintenanceRootOptions } from './maintenance.options.js';
import { MaintenanceService } from './maintenance.service.js';
import { MaintenanceSessions } from './maintenance.sessions.js';
import { StateKeeper } from './state/state-keeper.js';

/**
 * Maintenance mode for a Nest application. Import it once, in the root module.
 *
 * @example
 * ```ts
 * @Module({ imports: [MaintenanceModule.forRoot({ redis: process.env.REDIS_URL })] })
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
  private readonly parts: {
    keeper: StateKeeper;
    explorer: MaintenanceExplorer;
    sessions: MaintenanceSessions;
    agreement: ReplicaAgreement;
    discovery: DiscoveryService;
  };

  /** @internal */
  constructor(
    @Optional() @Inject(ModulesContainer) modules?: ModulesContainer,
    @Optional() @Inject(StateKeeper) keeper?: StateKeeper,
    @Optional() @Inject(MaintenanceExplorer) explorer?: MaintenanceExplorer,
    @Optional() @Inject(MaintenanceSessions) sessions?: MaintenanceSessions,
    @Optional() @Inject(ReplicaAgreement) agreement?: ReplicaAgreement,
    @Optional() @Inject(HookRunner) hooks?: HookRunner,
    @Optional() @Inject(DiscoveryService) discovery?: DiscoveryService,
  ) {
    super();
    const registrations = [...(modules?.values() ?? [])].filter(
      ({ metatype }) => metatype === MaintenanceModule,
    ).length;
    if (registrations > 1) {
      throw new MaintenanceConfigurationError(
        'MaintenanceModule is imported more than once; accepted: one forRoot() or forRootAsync(), in the root module. ' +
          'MaintenanceService is injectable everywhere; with { isGlobal: false } import what that one forRoot() gave, or re-export it.',
      );
    }
    if (!keeper || !explorer || !sessions || !agreement || !hooks || !discovery) {
      throw new MaintenanceConfigurationError(
        'MaintenanceModule is imported without options; accepted: MaintenanceModule.forRoot() or MaintenanceModule.forRootAsync().',
      );
    }
    this.parts = { keeper, explorer, sessions, agreement, discovery };
    keeper.changes.subscribe(({ change, hooks: heard }) =>
      heard ? void hooks.tell('changed', change) : undefined,
    );
  }

  /** Options known now. */
  static override forRoot(options: MaintenanceRootOptions = {}): DynamicModule {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      const provided = { provide: MODULE_OPTIONS_TOKEN, useValue: options };
      return assemble({ module: this, providers: [provided] }, {});
    }
    return assemble(super.forRoot(options), options);
  }

  /** Options from a factory, a class or a provider that exists; structural ones stand beside it. */
  static override forRootAsync(options: MaintenanceAsyncOptions): DynamicModule {
    try {
      const source = asyncSource(options);
      const definition = super.forRootAsync(source.options);
      const providers = [...(definition.providers ?? []), ...source.providers];
      return assemble({ ...definition, providers }, options);
    } catch (error) {
      const providers = [failing(MODULE_OPTIONS_TOKEN, error)];
      return assemble({ module: this, providers }, { socket: false, admin: false });
    }
  }

  /** Called before Nest registers its routes. @internal */
  configure(): void {
    const { discovery } = this.parts;
    trackHandlers(
      [...discovery.getControllers(), ...discovery.getProviders()],
      (handler, target) => Reflect.defineMetadata(TARGET, target, handler),
      (wrapper) => reachesProvider(wrapper, (token) => token === MaintenanceService),
    );
  }

  /** @internal */
  async onModuleInit(): Promise<void> {
    this.parts.explorer.explore();
    await this.parts.keeper.start();
  }

  /** Other modules may have made more of their providers ready meanwhile, or keys in them. @internal */
  onApplicationBootstrap(): void {
    this.parts.explorer.complete();
    this.parts.explorer.check();
  }

  /** @internal */
  async beforeApplicationShutdown(): Promise<void> {
    await this.parts.sessions.shutdown();
  }

  /** @internal */
  async onApplicationShutdown(): Promise<void> {
    this.parts.agreement.stop();
    await this.parts.keeper.stop();
  }
}
