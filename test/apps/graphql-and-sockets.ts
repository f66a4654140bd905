// One replica of an application over Redis that is spoken to by GraphQL and by Socket.IO, told what to do by the spec.
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Args, GraphQLModule, Mutation, Query, Resolver } from '@nestjs/graphql';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import type { AddressInfo } from 'node:net';
import { MaintenanceKey, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { answer } from '../support/answer.js';
import { Gates } from '../support/gates.js';

const gates = new Gates();

@Resolver()
class AppResolver {
  @Query(() => String)
  read(@Args('gate') gate: string): Promise<string> {
    return gates.pass(gate);
  }

  @Mutation(() => String)
  write(@Args('gate') gate: string): Promise<string> {
    return gates.pass(gate);
  }
}

@WebSocketGateway()
class AppGateway {
  @SubscribeMessage('say')
  say(@MessageBody() gate: string): Promise<string> {
    return gates.pass(gate);
  }
}

@Module({
  imports: [
    MaintenanceModule.forRoot({
      redis: process.env.REDIS_URL ?? '',
      keys: [new MaintenanceKey('frozen', { readOnly: true })],
      socket: false,
      admin: false,
    }),
    GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      csrfPrevention: false,
    }),
  ],
  providers: [AppResolver, AppGateway],
})
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: false, forceCloseConnections: true });
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address() as AddressInfo;
const service = app.get(MaintenanceService);

answer(
  {
    isOn: (key: string) => service.isInMaintenance(undefined, key).value,
    open: (gate: string) => gates.open(gate),
    gates: () => ({ begun: gates.begun, ended: gates.ended }),
    /** Runs work that passes a gate; gives the routes that it was not begun for. */
    work: async (gate: string, key: string, drain: number): Promise<readonly string[]> => {
      try {
        await service.maintain(key, () => gates.pass(gate), { drain });
        return [];
      } catch (error) {
        return (error as { routes: readonly string[] }).routes;
      }
    },
  },
  { port },
);
