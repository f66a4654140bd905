import { IntrospectAndCompose } from '@apollo/gateway';
import {
  ApolloFederationDriver,
  ApolloGatewayDriver,
  type ApolloFederationDriverConfig,
  type ApolloGatewayDriverConfig,
} from '@nestjs/apollo';
import { Injectable } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import {
  Directive,
  Field,
  GraphQLModule,
  ID,
  Mutation,
  ObjectType,
  Query,
  ResolveReference,
  Resolver,
} from '@nestjs/graphql';
import {
  MercuriusFederationDriver,
  MercuriusGatewayDriver,
  type MercuriusFederationDriverConfig,
  type MercuriusGatewayDriverConfig,
} from '@nestjs/mercurius';
import { MaintenanceGuard, MaintenanceKey, type MaintenanceRootOptions } from 'nestjs-maintenance';
import { afterEach, describe, expect, it } from 'vitest';
import { maintenance, serviceOf } from '../apps/shop.js';
import { adapters, createFastifyApp } from '../support/apps.js';
import { sendBySocket } from '../support/graphql-socket.js';
import { until } from '../support/until.js';

let begun = 0;
let hold: Promise<void> | undefined;

afterEach(() => {
  hold = undefined;
});

@ObjectType()
@Directive('@key(fields: "id")')
class Person {
  @Field(() => ID)
  id!: string;

  @Field()
  name!: string;
}

@Resolver(() => Person)
class PersonResolver {
  @Query(() => Person)
  async me(): Promise<Person> {
    begun++;
    await hold;
    return { id: '1', name: 'Ada' };
  }

  @Mutation(() => Person)
  rename(): Person {
    return { id: '1', name: 'Eve' };
  }

  @ResolveReference()
  async find({ id }: { id: string }): Promise<Person> {
    begun++;
    await hold;
    return { id, name: 'Ada' };
  }
}

@Injectable()
class OwnGuard extends MaintenanceGuard {}

const CLOSED = { message: 'Closed.' };

interface Result {
  data?: Record<string, unknown> | null;
  errors?: { message: string; extensions: Record<string, unknown> }[];
}

const ENTITIES =
  '{ _entities(representations: [{ __typename: "Person", id: "1" }]) { ... on Person { name } } }';
const HIDDEN = `query Hidden { ...Root } fragment Root on Query ${ENTITIES}`;

async function ask(url: string, query: string): Promise<Result> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  // a gateway passes on no errors of any other response
  expect(response.status).toBe(200);
  return (await response.json()) as Result;
}

const refused = (message: string) => ({
  errors: [
    expect.objectContaining({
      message,
      extensions: expect.objectContaining({ code: 'MAINTENANCE', retryAfter: 60 }),
    }),
  ],
});

/** Modules of a subgraph, and of the gateway before it. */
const apollo = {
  subgraph: () =>
    GraphQLModule.forRoot<ApolloFederationDriverConfig>({
      driver: ApolloFederationDriver,
      autoSchemaFile: { federation: 2 },
      subscriptions: { 'graphql-ws': true },
    }),
  gateway: (url: string) =>
    GraphQLModule.forRoot<ApolloGatewayDriverConfig>({
      driver: ApolloGatewayDriver,
      gateway: {
        supergraphSdl: new IntrospectAndCompose({ subgraphs: [{ name: 'people', url }] }),
      },
    }),
};

const mercurius: typeof apollo = {
  subgraph: () =>
    GraphQLModule.forRoot<MercuriusFederationDriverConfig>({
      driver: MercuriusFederationDriver,
      autoSchemaFile: { federation: 2 },
      allowBatchedQueries: true,
      subscription: { fullWsTransport: true },
    }),
  gateway: (url) =>
    GraphQLModule.forRoot<MercuriusGatewayDriverConfig>({
      driver: MercuriusGatewayDriver,
      gateway: { services: [{ name: 'people', url }] },
    }),
};

const cases = [
  ...adapters.map(([name, createApp]) => [`Apollo Federation on ${name}`, createApp, apollo] as const),
  // the only adapter it knows
  ['Mercurius on fastify', createFastifyApp, mercurius] as const,
];

describe.each(cases)('%s', (_name, createApp, server) => {
  describe.each(['handlers', 'site'] as const)('with coverage %s', (coverage) => {
    const options: MaintenanceRootOptions = {
      coverage,
      keys: [new MaintenanceKey('frozen', { readOnly: true })],
    };
    const subgraph = () =>
      createApp({
        imports: [server.subgraph(), maintenance(options)],
        providers: [PersonResolver],
      });
    const gateway = (url: string) =>
      createApp({
        imports: [server.gateway(`${url}/graphql`), maintenance(options)],
      });

    it('a gateway refuses queries and mutations, and none while it only reads', async () => {
      await using people = await subgraph();
      await using front = await gateway(people.url);
      expect(await ask(front.url, '{ me { name } }')).toEqual({ data: { me: { name: 'Ada' } } });
      const service = serviceOf(front);
      await service.setMaintenance(true, 'general', CLOSED);
      expect(await ask(front.url, '{ me { name } }')).toMatchObject(refused('Closed.'));
      expect(await ask(front.url, 'mutation { rename { name } }')).toMatchObject(refused('Closed.'));
      expect(front.log.filter((line) => line.startsWith('error'))).toEqual([]);
      await service.setMaintenance(false);
      await service.setMaintenance(true, 'frozen', { message: 'Frozen.' });
      expect(await ask(front.url, '{ me { name } }')).toEqual({ data: { me: { name: 'Ada' } } });
      expect(await ask(front.url, 'mutation { rename { name } }')).toMatchObject(refused('Frozen.'));
    });

    it('a subgraph refuses entities, by whatever name the field is reached', async () => {
      await using people = await subgraph();
      expect(await ask(people.url, ENTITIES)).toEqual({ data: { _entities: [{ name: 'Ada' }] } });
      await serviceOf(people).setMaintenance(true, 'general', CLOSED);
      for (const query of [ENTITIES, HIDDEN, ENTITIES.replace('_entities', 'found: _entities')]) {
        expect(await ask(people.url, query)).toMatchObject(refused('Closed.'));
      }
      expect((await ask(people.url, '{ me { name } }')).errors?.[0]?.extensions.code).toBe('MAINTENANCE');
      // a gateway may compose its schema meanwhile
      expect((await ask(people.url, '{ _service { sdl } }')).errors).toBeUndefined();
      expect(people.log.filter((line) => line.startsWith('error'))).toEqual([]);
    });

    it('a subgraph refuses entities over a websocket as well, and drains wait for them', async () => {
      await using people = await subgraph();
      let open = (): void => undefined;
      hold = new Promise((resolve) => (open = resolve));
      begun = 0;
      const answer = sendBySocket(people, ENTITIES);
      await until(() => begun === 1);
      await expect(serviceOf(people).maintain('general', () => 'never', { drain: 100 })).rejects.toThrow(
        /query/i,
      );
      const work = serviceOf(people).maintain('general', () => sendBySocket(people, ENTITIES));
      open();
      expect(await answer).toContain('"name":"Ada"');
      expect(await work).toContain('"code":"MAINTENANCE"');
      expect(begun).toBe(1);
      expect(people.log.filter((line) => line.startsWith('error'))).toEqual([]);
    });

    it("the application's own guard does so in place of the built-in one", async () => {
      const own = { provide: APP_GUARD, useClass: OwnGuard };
      const guarded = maintenance({ ...options, guard: false });
      await using people = await createApp({
        imports: [server.subgraph(), guarded],
        providers: [PersonResolver, own],
      });
      await using front = await createApp({
        imports: [server.gateway(`${people.url}/graphql`), guarded],
        providers: [own],
      });
      for (const app of [people, front]) await serviceOf(app).setMaintenance(true, 'general', CLOSED);
      expect(await ask(front.url, '{ me { name } }')).toMatchObject(refused('Closed.'));
      expect(await ask(people.url, ENTITIES)).toMatchObject(refused('Closed.'));
    });

    it.each([
      ['a subgraph for reference resolvers', ENTITIES, { _entities: [{ name: 'Ada' }] }, false],
      ['a gateway for operations', '{ me { name } }', { me: { name: 'Ada' } }, true],
    ] as const)('drains wait in %s', async (_where, query, data, asksGateway) => {
      await using people = await subgraph();
      await using front = await gateway(people.url);
      const asked = asksGateway ? front : people;
      let open = (): void => undefined;
      hold = new Promise((resolve) => (open = resolve));
      begun = 0;
      const answer = ask(asked.url, query);
      await until(() => begun === 1);
      await expect(serviceOf(asked).maintain('general', () => 'never', { drain: 100 })).rejects.toThrow(
        /GraphQL query/,
      );
      let worked = false;
      const work = serviceOf(asked).maintain('general', () => (worked = true), { drain: 20_000 });
      await until(() => serviceOf(asked).isActive('general'));
      expect(worked).toBe(false);
      open();
      expect(await answer).toEqual({ data });
      await work;
    });
  });
});
