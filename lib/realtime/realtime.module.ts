import { Logger, Module, type DynamicModule } from '@nestjs/common';
import { Permissions } from '../decision/permissions.js';
import { Localizer } from '../http/localizer.js';
import { KeyRegistry } from '../keys/key-registry.js';
import type { ResolvedOptions, ResolvedStructure } from '../maintenance.options.js';
import { OPTIONS } from '../maintenance.tokens.js';
import { StateKeeper } from '../state/state-keeper.js';
import { MaintenanceAudience } from './audience.js';
import { socketOptionsOf } from './gateway-options.js';
import { Insight } from './insight.js';
import { maintenanceGateway } from './maintenance.gateway.js';
import { scriptController } from './script.controller.js';
import { ScriptSource } from './script-source.js';
import { SocketOrigins } from './socket-origins.js';
import { StatusReporter } from './status-reporter.js';

const logger = new Logger('Maintenance');
const warn = (message: string): void => logger.warn(message);

/** Tells browsers at once. */
@Module({})
export class RealtimeModule {
  /** @param core what all parts share */
  static register(core: DynamicModule, structure: ResolvedStructure): DynamicModule {
    return {
      module: RealtimeModule,
      imports: [core],
      controllers: [scriptController(structure.path)],
      providers: [
        ScriptSource,
        {
          provide: StatusReporter,
          inject: [StateKeeper, KeyRegistry, Localizer, OPTIONS],
          useFactory: (
            keeper: StateKeeper,
            registry: KeyRegistry,
            localizer: Localizer,
            { refreshDelay }: ResolvedOptions,
          ) => new StatusReporter(keeper, registry, localizer, refreshDelay, warn),
        },
        {
          provide: MaintenanceAudience,
          inject: [StateKeeper, Permissions, StatusReporter],
          useFactory: (keeper: StateKeeper, permissions: Permissions, reporter: StatusReporter) => {
            const origins = new SocketOrigins(socketOptionsOf(structure).origins);
            return new MaintenanceAudience({
              keeper,
              insight: new Insight(permissions, origins),
              reporter,
              origins,
              warn,
            });
          },
        },
        maintenanceGateway(),
      ],
    };
  }
}
