import { ApolloFederationDriver, type ApolloFederationDriverConfig } from '@nestjs/apollo';
import type { DynamicModule } from '@nestjs/common';
import {
  Directive,
  Field,
  GraphQLModule,
  ID,
  ObjectType,
  Query,
  ResolveReference,
  Resolver,
} from '@nestjs/graphql';
import { MercuriusFederationDriver, type MercuriusFederationDriverConfig } from '@nestjs/mercurius';
import { MaintenanceExempt, MaintenanceKey, MaintenanceKeys } from 'nestjs-maintenance';
import { beforeEach, describe, expect, it } from 'vitest';
import { maintenance, serviceOf } from '../apps/shop.js';
import { createExpressApp, createFastifyApp, type CreateApp, type RunningApp } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { sendBySocket } from '../support/graphql-socket.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

let gates: Gates;
beforeEach(() => (gates = new Gates()));

@ObjectType()
@Directive('@key(fields: "id")')
class Bill {
  @Field(() => ID)
  id!: string;
}

@ObjectType()
@Directive('@key(fields: "id")')
class Notice {
  @Field(() => ID)
  id!: string;
}

@MaintenanceKeys('billing')
@Resolver(() => Bill)
class BillResolver {
  @Query(() => Bill)
  bill(): Bill {
    return { id: '1' };
  }

  @ResolveReference()
  async find({ id }: Bill): Promise<Bill> {
    if (id === 'slow') await gates.pass('slow');
    return { id };
  }
}

@Resolver(() => Notice)
class NoticeResolver {
  @Query(() => Notice)
  notice(): Notice {
    return { id: '1' };
  }

  @MaintenanceExempt()
  @ResolveReference()
  find({ id }: Notice): Notice {
    return { id };
  }
}

const apollo = (): DynamicModule =>
  GraphQLModule.forRoot<ApolloFederationDriverConfig>({
    driver: ApolloFederationDriver,
    autoSchemaFile: { federation: 2 },
    subscriptions: { 'graphql-ws': true },
  });
const mercurius = (): DynamicModule =>
  GraphQLModule.forRoot<MercuriusFederationDriverConfig>({
    driver: MercuriusFederationDriver,
    autoSchemaFile: { federation: 2 },
    subscription: { fullWsTransport: true },
  });

const servers: [name: string, create: CreateApp, graphql: () => DynamicModule][] = [
  ['Apollo on Express', createExpressApp, apollo],
  ['Apollo on Fastify', createFastifyApp, apollo],
  ['Mercurius', createFastifyApp, mercurius],
];

const start = (create: CreateApp, graphql: () => DynamicModule) =>
  create({
    imports: [maintenance({ keys: [new MaintenanceKey('billing', { scope: 'marked' })] }), graphql()],
    providers: [BillResolver, NoticeResolver],
  });

const FIELDS = '{ __typename ... on Bill { id } ... on Notice { id } }';
const literal = (...types: string[]): string =>
  `{ _entities(representations: [${types.map((type) => `{ __typename: "${type}", id: "1" }`).join()}]) ${FIELDS} }`;

/** Names another type in a variable that is not used. */
const pretend = async ({ port }: RunningApp): Promise<string> => {
  const json = { query: literal('Bill'), variables: { unused: entities('Notice') } };
  return (await request(port, '/graphql', { method: 'POST', json })).text;
};

/** As gateways ask. */
const ask = async ({ port }: RunningApp, representations: object[]): Promise<string> => {
  const query = `query ($representations: [_Any!]!) { _entities(representations: $representations) ${FIELDS} }`;
  const json = { query, variables: { representations } };
  return (await request(port, '/graphql', { method: 'POST', json })).text;
};
const entities = (...types: string[]): object[] => types.map((__typename) => ({ __typename, id: '1' }));
const CODE = '"code":"MAINTENANCE"';

describe.each(servers)('decorators of reference resolvers: %s', (_name, create, graphql) => {
  it('decide whether entities of their types are refused', async () => {
    await using running = await start(create, graphql);
    const service = serviceOf(running);
    await service.setMaintenance(true, 'billing');
    expect(await ask(running, entities('Bill'))).toContain(CODE);
    expect(await ask(running, entities('Notice', 'Bill'))).toContain(CODE);
    expect(await ask(running, entities('Notice'))).toContain('"id":"1"');
    expect(await sendBySocket(running, literal('Bill'))).toContain(CODE);
    expect(await pretend(running)).toContain(CODE);
    await service.setMaintenance(false, 'billing');
    await service.setMaintenance(true);
    expect(await ask(running, entities('Bill'))).toContain(CODE);
    expect(await ask(running, entities('Notice', 'Bill'))).toContain(CODE);
    expect(await ask(running, entities('Notice'))).toContain('"id":"1"');
    expect(await sendBySocket(running, literal('Bill'))).toContain(CODE);
    expect(await pretend(running)).toContain(CODE);
    await service.setMaintenance(false);
    expect(await ask(running, entities('Notice', 'Bill'))).not.toContain('errors');
  });

  it('decide whether a drain waits for them', async () => {
    await using running = await start(create, graphql);
    const service = serviceOf(running);
    const answer = ask(running, [{ __typename: 'Bill', id: 'slow' }]);
    await until(() => gates.begun.includes('slow'));
    await expect(service.maintain('billing', () => 'never', { drain: 100 })).rejects.toThrow(/GraphQL query/);
    const work = service.maintain('billing', () => [...gates.ended]);
    gates.open('slow');
    expect(await work).toEqual(['slow']);
    expect(await answer).toContain('"id":"slow"');
  });
});
