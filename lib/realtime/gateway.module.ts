import { Module, type DynamicModule } from '@nestjs/common';
import { ConnectionLimits } from './connection-limits.js';
import { maintenanceGateway } from './maintenance.gateway.js';
import { SocketChannel } from './socket-channel.js';

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
      providers: [ConnectionLimits, SocketChannel, maintenanceGateway()],
    };
  }
}
