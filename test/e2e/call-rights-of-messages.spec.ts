import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Context, Field, GraphQLModule, ObjectType, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Controller, Inject } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import {
  ClientProxyFactory,
  Ctx,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
  type ClientProxy,
  type TcpClientOptions,
} from '@nestjs/microservices';
import { MaintenanceDrainError, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { lastValueFrom } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { freePort } from '../support/process.js';
import { until } from '../support/until.js';

let gates = new Gates();
let seen: unknown[] = [];

/** What a handler finds after it was held up. */
async function work(service: MaintenanceService, ...subjects: unknown[]): Promise<string> {
  const signals = subjects.map((subject) => service.getCallSignal(subject));
  await gates.pass('work');
  seen = subjects.flatMap((subject, index) => [service.mayContinue(subject), signals[index]?.aborted]);
  return 'done';
}

@Controller()
class OrdersController {
  constructor(@Inject(MaintenanceService) private readonly service: MaintenanceService) {}

  @MessagePattern('order')
  order(@Payload() payload: object, @Ctx() context: unknown): Promise<string> {
    return work(this.service, context, payload, undefined);
  }

  @EventPattern('ordered')
  async ordered(@Payload() payload: object, @Ctx() context: unknown): Promise<void> {
    await work(this.service, context, payload, undefined);
  }
}

@Controller()
class UnfollowedController {
  constructor(@Inject(ModuleRef) private readonly modules: ModuleRef) {}

  @MessagePattern('unfollowed')
  unfollowed(@Ctx() context: unknown): string {
    try {
      return String(this.modules.get(MaintenanceService, { strict: false }).mayContinue(context));
    } catch (error) {
      return String(error);
    }
  }
}

@ObjectType()
class Order {
  @Field()
  id!: string;
}

@Resolver(() => Order)
class OrdersResolver {
  constructor(
    @Inject(ModuleRef) private readonly modules: ModuleRef,
    @Inject(MaintenanceService) private readonly service: MaintenanceService,
  ) {}

  @Query(() => String)
  order(@Context() context: object): Promise<string> {
    return work(this.modules.get(MaintenanceService, { strict: false }), context, undefined);
  }

  @Query(() => Order)
  first(): Order {
    return { id: '1' };
  }

  /** Nest runs no guard here. */
  @ResolveField(() => String)
  state(@Context() context: object): Promise<string> {
    return work(this.service, context);
  }
}

/** A drained hold gives up waiting for what is at the gate. */
async function giveUp(service: MaintenanceService): Promise<void> {
  await until(() => gates.begun.includes('work'));
  await expect(service.maintain('general', () => 'never', { drain: 60 })).rejects.toBeInstanceOf(
    MaintenanceDrainError,
  );
  gates.open('work');
  await until(() => seen.length > 0);
}

describe.each(adapters)('what a handler of another transport may still do, on %s', (_name, createApp) => {
  it('depends on its message, given the context, the payload or neither', async () => {
    const tcp: TcpClientOptions = {
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port: await freePort() },
    };
    await using app = await createApp(
      {
        imports: [MaintenanceModule.forRoot({ socket: false, admin: false })],
        controllers: [OrdersController, UnfollowedController],
      },
      async (nest) => {
        nest.connectMicroservice(tcp, { inheritAppConfig: true });
        await nest.startAllMicroservices();
      },
    );
    const service = app.app.get(MaintenanceService);
    const client: ClientProxy = ClientProxyFactory.create(tcp);
    const asked: [string, () => Promise<unknown>][] = [
      ['order', () => lastValueFrom(client.send('order', { id: 1 }))],
      ['ordered', () => lastValueFrom(client.emit('ordered', { id: 1 }), { defaultValue: undefined })],
    ];
    for (const [pattern, ask] of asked) {
      gates = new Gates();
      seen = [];
      const answer = ask();
      await giveUp(service);
      await answer;
      expect([pattern, ...seen]).toEqual([pattern, false, true, false, true, false, true]);
    }
    expect(await lastValueFrom(client.send('unfollowed', {}))).toMatch(
      /MaintenanceConfigurationError: The context of a message .*followCalls: true/,
    );
    client.close();
  });

  it.each([
    ['order', { order: 'done' }, [false, true, false, true]],
    ['first { state }', { first: { state: 'done' } }, [false, true]],
  ])('depends on its request in a resolver, and drains wait for it: %s', async (query, data, rights) => {
    await using app = await createApp({
      imports: [
        GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
        MaintenanceModule.forRoot({ socket: false, admin: false }),
      ],
      providers: [OrdersResolver],
    });
    gates = new Gates();
    seen = [];
    const answer = fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: `{ ${query} }` }),
    });
    await giveUp(app.app.get(MaintenanceService));
    expect(await (await answer).json()).toEqual({ data });
    expect(seen).toEqual(rights);
  });
});
