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
  type Provider,
  type Type,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, DiscoveryModule, DiscoveryService, ModulesContainer } from '@nestjs/core';
import { ReplicaAgreement } from './cluster/replica-agreement.js';
import { reachesProvider, trackHandlers } from './decision/track-handlers.js';
import { HookRunner } from './hooks/hook-runner.js';
import { MaintenanceFilter } from './http/maintenance.filter.js';
import { MaintenanceGuard } from './http/maintenance.guard.js';
import { pingController } from './http/ping.controller.js';
import { SiteCoverage } from './http/site-coverage.js';
import { TARGET } from './http/site-routes.js';
import { MaintenanceConfigurationError } from './maintenance.errors.js';
import { MaintenanceExplorer } from './maintenance.explorer.js';
import {
  ASYNC_OPTIONS_TYPE,
  ConfigurableModuleClass,
  OPTIONS_TYPE,
} from './maintenance.module-definition.js';
import { mount } from './maintenance.mount.js';
import type { MaintenanceStructuralOptions, ResolvedStructure } from './maintenance.options.js';
import { coreProviders } from './maintenance.providers.js';
import { MaintenanceService } from './maintenance.service.js';
import { MaintenanceSessions } from './maintenance.sessions.js';
import { STRUCTURE } from './maintenance.tokens.js';
import { resolveStructure } from './maintenance.validation.js';
import { StateKeeper } from './state/state-keeper.js';

/** Holds what the mounted parts share. */
@Module({})
export class MaintenanceCoreModule {}

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
        'MaintenanceModule is imported more than once; accepted: one forRoot() or forRootAsync(), in the root module. MaintenanceService is injectable everywhere.',
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
  static override forRoot(options: typeof OPTIONS_TYPE = {}): DynamicModule {
    return assemble(super.forRoot(options), options);
  }

  /** Options from a factory, a class or a provider that exists; structural ones stand beside it. */
  static override forRootAsync(options: typeof ASYNC_OPTIONS_TYPE): DynamicModule {
    return assemble(super.forRootAsync(options), options);
  }

  /** Called before Nest registers its routes. */
  configure(): void {
    const { discovery } = this.parts;
    trackHandlers(
      [...discovery.getControllers(), ...discovery.getProviders()],
      (handler, target) => Reflect.defineMetadata(TARGET, target, handler),
      (wrapper) => reachesProvider(wrapper, (token) => token === MaintenanceService),
    );
  }

  async onModuleInit(): Promise<void> {
    this.parts.explorer.explore();
    await this.parts.keeper.start();
  }

  /** Other modules may have made more of their providers ready meanwhile. */
  onApplicationBootstrap(): void {
    this.parts.explorer.explore();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.parts.sessions.shutdown();
  }

  async onApplicationShutdown(): Promise<void> {
    this.parts.agreement.stop();
    await this.parts.keeper.stop();
  }
}

function assemble(definition: DynamicModule, given: MaintenanceStructuralOptions): DynamicModule {
  const { structure, provider } = structureOf(given);
  const core: DynamicModule = {
    module: MaintenanceCoreModule,
    imports: [...(definition.imports ?? []), DiscoveryModule],
    providers: [...(definition.providers ?? []), provider, ...coreProviders],
    exports: [...coreProviders.map(tokenOf), STRUCTURE],
  };
  return {
    module: MaintenanceModule,
    global: structure.isGlobal,
    imports: [core, DiscoveryModule, ...optionalParts(core, structure)],
    controllers: [pingController(structure.path)],
    providers: [
      { provide: APP_FILTER, useExisting: MaintenanceFilter },
      ...(structure.guard ? [{ provide: APP_GUARD, useExisting: MaintenanceGuard }] : []),
      ...(structure.coverage === 'site' ? [SiteCoverage] : []),
    ],
    exports: [core],
  };
}

/** Loaded only when switched on: an application without them need not have their packages. */
function optionalParts(core: DynamicModule, structure: ResolvedStructure): Promise<DynamicModule>[] {
  const parts: Promise<DynamicModule>[] = [];
  if (structure.socket) {
    parts.push(
      mount({
        option: 'socket',
        packages: ['@nestjs/websockets', '@nestjs/platform-socket.io'],
        load: async () => {
          await Promise.all([import('@nestjs/websockets'), import('@nestjs/platform-socket.io')]);
          return (await import('./realtime/realtime.module.js')).RealtimeModule.register(core, structure);
        },
      }),
    );
  }
  if (structure.admin) {
    parts.push(
      mount({
        option: 'admin',
        packages: ['class-validator', 'class-transformer'],
        load: async () => {
          await Promise.all([import('class-validator'), import('class-transformer')]);
          return (await import('./admin/admin.module.js')).AdminModule.register(core, structure);
        },
      }),
    );
  }
  return parts;
}

/** Wrong options stop the start, not the import of the file that names them. */
function structureOf(given: MaintenanceStructuralOptions): {
  structure: ResolvedStructure;
  provider: Provider;
} {
  const { isGlobal, path, guard, coverage, socket, admin } = given;
  try {
    const structure = resolveStructure({
      isGlobal,
      path,
      guard,
      coverage,
      socket,
      admin,
    } as MaintenanceStructuralOptions);
    return { structure, provider: { provide: STRUCTURE, useValue: structure } };
  } catch (error) {
    const structure = resolveStructure({ socket: false, admin: false });
    const useFactory = (): never => {
      throw error;
    };
    return { structure, provider: { provide: STRUCTURE, useFactory } };
  }
}

function tokenOf(provider: Provider): Type | string | symbol {
  return typeof provider === 'function' ? provider : (provider.provide as Type | string | symbol);
}
