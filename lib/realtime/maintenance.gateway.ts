import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type Type,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WebSocketGateway, type OnGatewayInit } from '@nestjs/websockets';
import { Server } from 'node:http';
import type { Server as SocketServer } from 'socket.io';
import type { ResolvedStructure } from '../options/structural-options.js';
import { STRUCTURE } from '../options/tokens.js';
import { whenAdapterIsKnown } from '../request/when-adapter-is-known.js';
import { SOCKET_SCRIPT } from '../browser/socket.generated.js';
import { serveHttp2Offers } from './http2-offers.js';
import { gatewaysOf, serverOptions, socketOptionsOf } from './gateway-options.js';
import { warn } from './log.js';
import { ScriptRoute } from './script.route.js';
import { SocketChannel } from './socket-channel.js';
import { fitsBrowserScript } from './wire-format.js';

/**
 * The gateway, a class per registration, since its options are those of one application. It shares the Socket.IO server of the
 * application's own gateways and opens its namespace there by itself: what Nest binds to every client of a gateway would nearly
 * double the cost of an idle client.
 */
export function maintenanceGateway(): Type {
  @Injectable()
  class MaintenanceGateway implements OnGatewayInit, OnApplicationBootstrap, BeforeApplicationShutdown {
    private own: SocketServer | undefined;
    private io: SocketServer | undefined;

    constructor(
      @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
      @Inject(ModulesContainer) modules: ModulesContainer,
      @Inject(ApplicationConfig) config: ApplicationConfig,
      @Inject(STRUCTURE) private readonly structure: ResolvedStructure,
      @Inject(SocketChannel) private readonly channel: SocketChannel,
      @Inject(ScriptRoute) private readonly script: ScriptRoute,
    ) {
      // known at once, or later in tests; a microservice has no HTTP server
      whenAdapterIsKnown(host, (adapter) => {
        if (!adapter) {
          return;
        }
        const others = gatewaysOf(modules, MaintenanceGateway);
        const options = serverOptions(socketOptionsOf(structure), others, () =>
          isSocketIo(config.getIoAdapter()),
        );
        WebSocketGateway(options)(MaintenanceGateway);
      });
    }

    /** Nest passes the server of the application's adapter. */
    afterInit(server: unknown): void {
      const { namespace } = socketOptionsOf(this.structure);
      const io = (this.io = isServer(server) ? server : (this.own ??= this.open()));
      this.channel.open(io.of(namespace));
      if (fitsBrowserScript(io)) {
        this.script.connectTo({ program: SOCKET_SCRIPT, path: io.path(), namespace });
      } else {
        warn(
          'The Socket.IO server uses a custom parser, or another protocol version than the browser script: ' +
            'pages use server-sent events instead.',
        );
      }
    }

    /** All gateways have their servers. */
    onApplicationBootstrap(): void {
      const { httpServer } = (this.io ?? {}) as { readonly httpServer?: unknown };
      if (httpServer instanceof Server) {
        serveHttp2Offers(httpServer);
      }
    }

    async beforeApplicationShutdown(): Promise<void> {
      await this.own?.close();
    }

    /** For an adapter that does not speak Socket.IO. */
    private open(): SocketServer {
      const { path, cors, origins } = socketOptionsOf(this.structure);
      const options = serverOptions({ path, cors, origins }, [], () => true) as never;
      return new IoAdapter(this.host.httpAdapter.getHttpServer()).createIOServer(
        0,
        options,
      ) as unknown as SocketServer;
    }
  }
  return MaintenanceGateway;
}

function isSocketIo(adapter: unknown): boolean {
  return !adapter || typeof (adapter as { createIOServer?: unknown }).createIOServer === 'function';
}

function isServer(server: unknown): server is SocketServer {
  const { of, path } = server as Partial<SocketServer>;
  return typeof of === 'function' && typeof path === 'function';
}
