import { Logger, Module, type DynamicModule } from '@nestjs/common';
import { Permissions } from '../access/permissions.js';
import { SocketTickets } from '../access/socket-tickets.js';
import { Localizer } from '../i18n/localizer.js';
import { KeyRegistry } from '../core/keys/key-registry.js';
import type { ResolvedOptions } from '../options/options.js';
import type { ResolvedStructure } from '../options/structural-options.js';
import { OPTIONS } from '../options/tokens.js';
import { StateManager } from '../core/state/state-manager.js';
import { StatusBroadcaster } from './status-broadcaster.js';
import { socketOptionsOf } from './gateway-options.js';
import { SocketPermissions } from './socket-permissions.js';
import { maintenanceGateway } from './maintenance.gateway.js';
import { ScriptRoute } from './script.controller.js';
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
      providers: [
        ScriptSource,
        ScriptRoute,
        {
          provide: StatusReporter,
          inject: [StateManager, KeyRegistry, Localizer, OPTIONS],
          useFactory: (
            manager: StateManager,
            registry: KeyRegistry,
            localizer: Localizer,
            { refreshDelay }: ResolvedOptions,
          ) => new StatusReporter(manager, registry, localizer, refreshDelay, warn),
        },
        {
          provide: StatusBroadcaster,
          inject: [StateManager, Permissions, SocketTickets, StatusReporter],
          useFactory: (
            manager: StateManager,
            permissions: Permissions,
            tickets: SocketTickets,
            reporter: StatusReporter,
          ) => {
            const origins = new SocketOrigins(socketOptionsOf(structure).origins);
            return new StatusBroadcaster({
              manager,
              insight: new SocketPermissions(permissions, origins, tickets),
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
