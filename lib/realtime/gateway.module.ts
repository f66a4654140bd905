import { Module, type DynamicModule } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { InfoPermission } from '../access/info-permission.js';
import { PageOrigins } from '../access/page-origins.js';
import { SocketTickets } from '../access/socket-tickets.js';
import { MaintenanceService } from '../core/service/maintenance.service.js';
import { StateManager } from '../core/state/state-manager.js';
import { ownProviders } from '../decision/own-providers.js';
import { built } from '../decision/provider-factories.js';
import { ConnectionLimits } from './connection-limits.js';
import { LiveClients } from './live-clients.js';
import { maintenanceGateway } from './maintenance.gateway.js';
import { SocketChannel } from './socket-channel.js';
import { StatusNews } from './status-news.js';
import { StatusReporter } from './status-reporter.js';

const providers = ownProviders([
  built(ConnectionLimits),
  built(
    SocketChannel,
    StateManager,
    StatusReporter,
    StatusNews,
    InfoPermission,
    SocketTickets,
    PageOrigins,
    ConnectionLimits,
    LiveClients,
    MaintenanceService,
    HttpAdapterHost,
  ),
]);

/** Notifies pages over Socket.IO. */
@Module({})
export class GatewayModule {
  /**
   * @param core what all features share
   * @param realtime what it has in common with the other ways
   */
  static register(core: DynamicModule, realtime: DynamicModule): DynamicModule {
    return {
      module: GatewayModule,
      imports: [core, realtime],
      providers: [...providers, maintenanceGateway()],
    };
  }
}
