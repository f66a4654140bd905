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
import { asyncSource } from './module/async-options.js';
import { createDynamicModule, failing } from './module/dynamic-module.js';
import { ReplicaCoordinator } from './core/cluster/replica-coordinator.js';
import { CallFollowing } from './in-flight/call-following.js';
import { InFlight } from './in-flight/in-flight.js';
import { trackHandlers } from './in-flight/track-handlers.js';
import { HookRunner } from './core/hooks/hook-runner.js';
import { OwnRoutes } from './http/own-routes.js';
import { TARGET } from './http/site/site-routes.js';
import { MaintenanceConfigurationError } from './core/errors/errors.js';
import { MaintenanceExplorer } from './maintenance.explorer.js';
import { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } from './maintenance.module-definition.js';
import type { MaintenanceAsyncOptions } from './options/async-options.js';
import type { MaintenanceRootOptions } from './options/options.js';
import { OpenWork } from './core/service/open-work.js';
import { MaintenanceSessions } from './core/service/sessions.js';
import { StateManager } from './core/state/state-manager.js';

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
  private readonly parts: {
    manager: StateManager;
    explorer: MaintenanceExplorer;
    sessions: MaintenanceSessions;
    openWork: OpenWork;
    following: CallFollowing;
    coordinator: ReplicaCoordinator;
    discovery: DiscoveryService;
    routes: OwnRoutes;
    inFlight: InFlight;
  };

  /** @internal */
  constructor(
    @Optional() @Inject(ModulesContainer) modules?: ModulesContainer,
    @Optional() @Inject(StateManager) manager?: StateManager,
    @Optional() @Inject(MaintenanceExplorer) explorer?: MaintenanceExplorer,
    @Optional() @Inject(MaintenanceSessions) sessions?: MaintenanceSessions,
    @Optional() @Inject(OpenWork) openWork?: OpenWork,
    @Optional() @Inject(CallFollowing) following?: CallFollowing,
    @Optional() @Inject(ReplicaCoordinator) coordinator?: ReplicaCoordinator,
    @Optional() @Inject(HookRunner) hooks?: HookRunner,
    @Optional() @Inject(DiscoveryService) discovery?: DiscoveryService,
    @Optional() @Inject(OwnRoutes) routes?: OwnRoutes,
    @Optional() @Inject(InFlight) inFlight?: InFlight,
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
    if (
      !manager ||
      !explorer ||
      !sessions ||
      !openWork ||
      !following ||
      !coordinator ||
      !hooks ||
      !discovery ||
      !routes ||
      !inFlight
    ) {
      throw new MaintenanceConfigurationError(
        'MaintenanceModule is imported without options; accepted: MaintenanceModule.forRoot() or MaintenanceModule.forRootAsync().',
      );
    }
    this.parts = {
      manager,
      explorer,
      sessions,
      openWork,
      following,
      coordinator,
      discovery,
      routes,
      inFlight,
    };
    manager.changes.subscribe(({ change, hooks: heard }) =>
      heard ? void hooks.notify('changed', change) : undefined,
    );
  }

  /** Options known now. */
  static override forRoot(options: MaintenanceRootOptions = {}): DynamicModule {
    if (typeof options !== 'object' || options === null || Array.isArray(options)) {
      const provided = { provide: MODULE_OPTIONS_TOKEN, useValue: options };
      return createDynamicModule({ module: this, providers: [provided] }, {});
    }
    return createDynamicModule(super.forRoot(options), options);
  }

  /** Options from a factory, a class or a provider that exists; structural ones stand beside it. */
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
    const { discovery, routes, following, inFlight } = this.parts;
    const serves = trackHandlers(
      [...discovery.getControllers(), ...discovery.getProviders()],
      (handler, target) => Reflect.defineMetadata(TARGET, target, handler),
      following,
    );
    routes.mount();
    inFlight.serves ||= serves;
  }

  /** @internal */
  async onModuleInit(): Promise<void> {
    this.parts.routes.settle();
    this.parts.explorer.explore();
    await this.parts.manager.start();
  }

  /** Other modules may have made more of their providers ready meanwhile, or keys in them. @internal */
  onApplicationBootstrap(): void {
    this.parts.explorer.complete();
    this.parts.explorer.check();
  }

  /** @internal */
  async beforeApplicationShutdown(): Promise<void> {
    this.parts.openWork.close();
    await this.parts.sessions.shutdown();
  }

  /** @internal */
  async onApplicationShutdown(): Promise<void> {
    this.parts.coordinator.stop();
    await this.parts.manager.stop();
  }
}
