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
  Subscription,
} from '@nestjs/graphql';
import {
  MercuriusFederationDriver,
  MercuriusGatewayDriver,
  type MercuriusFederationDriverConfig,
  type MercuriusGatewayDriverConfig,
} from '@nestjs/mercurius';
import { MaintenanceKey } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { maintenance, serviceOf } from '../apps/shop.js';
import { createFastifyApp, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { sendBySocket } from '../support/graphql-socket.js';

@ObjectType()
@Directive('@key(fields: "id")')
class Book {
  @Field(() => ID)
  id!: string;
}

@Resolver(() => Book)
class BookResolver {
  @Query(() => Book)
  book(): Book {
    return { id: '1' };
  }

  @Mutation(() => Book)
  write(): Book {
    return { id: '2' };
  }

  @Subscription(() => Number)
  async *pages(): AsyncGenerator<{ pages: number }> {
    yield { pages: 1 };
    yield { pages: 2 };
  }

  @ResolveReference()
  find(): Book {
    throw new Error('no such book');
  }
}

/** An application's own driver is treated as the one it is derived from. */
class OwnDriver extends MercuriusFederationDriver {}

const options = { keys: [new MaintenanceKey('frozen', { readOnly: true })] };
const GRAPHQL = { method: 'POST', headers: { 'content-type': 'application/json' } };
const ENTITIES = '{ _entities(representations: [{ __typename: "Book", id: "1" }]) { __typename } }';
const CODE = /"code":"MAINTENANCE"/;

const subgraph = (config: Partial<MercuriusFederationDriverConfig> = {}) =>
  createFastifyApp({
    imports: [
      GraphQLModule.forRoot<MercuriusFederationDriverConfig>({
        driver: OwnDriver,
        autoSchemaFile: { federation: 2 },
        allowBatchedQueries: true,
        subscription: true,
        ...config,
      }),
      maintenance(options),
    ],
    providers: [BookResolver],
  });

const gateway = ({ url, port }: RunningApp) =>
  createFastifyApp({
    imports: [
      GraphQLModule.forRoot<MercuriusGatewayDriverConfig>({
        driver: MercuriusGatewayDriver,
        allowBatchedQueries: true,
        subscription: true,
        gateway: {
          services: [{ name: 'books', url: `${url}/graphql`, wsUrl: `ws://127.0.0.1:${port}/graphql` }],
        },
      }),
      maintenance(options),
    ],
  });

const post = async ({ port }: RunningApp, body: unknown) =>
  (await request(port, '/graphql', { ...GRAPHQL, body: JSON.stringify(body) })).text;

describe('Mercurius', () => {
  it('judges the named operation, and each operation of a batch separately', async () => {
    await using books = await subgraph();
    await using front = await gateway(books);
    await serviceOf(front).setMaintenance(true, 'frozen');
    const query = 'query Read { book { id } } mutation Write { write { id } }';
    expect(await post(front, { query, operationName: 'Read' })).toBe('{"data":{"book":{"id":"1"}}}');
    expect(await post(front, { query, operationName: 'Write' })).toMatch(CODE);
    // the second time from Mercurius' cache of parsed documents
    expect(await post(front, { query, operationName: 'Write' })).toMatch(CODE);
    const batch = ['Read', 'Write'].map((operationName) => ({ query, operationName }));
    const answers = JSON.parse(await post(front, batch)) as unknown[];
    expect(answers[0]).toEqual({ data: { book: { id: '1' } } });
    expect(JSON.stringify(answers[1])).toMatch(CODE);
  });

  it('a gateway refuses subscriptions, but not while it only reads', async () => {
    await using books = await subgraph();
    await using front = await gateway(books);
    const both = '[{"data":{"pages":1}},{"data":{"pages":2}}]';
    expect(await sendBySocket(front, 'subscription { pages }')).toBe(both);
    await serviceOf(front).setMaintenance(true, 'frozen');
    expect(await sendBySocket(front, 'subscription { pages }')).toBe(both);
    await serviceOf(front).setMaintenance(true, 'general', { message: 'Closed.' });
    expect(await sendBySocket(front, 'subscription { pages }')).toMatch(/Closed\./);
  });

  it('counts no operation for longer than it takes, however it ends', async () => {
    const failing = { preExecution: () => Promise.reject(new Error('not today')) };
    await using strict = await subgraph({ hooks: failing });
    await using books = await subgraph();
    for (const app of [books, strict]) {
      expect(await post(app, { query: ENTITIES })).toMatch(/no such book|not today/);
      expect(await serviceOf(app).maintain('general', () => 'worked', { drain: 5_000 })).toBe('worked');
    }
    await serviceOf(books).setMaintenance(true);
    expect(await post(books, { query: ENTITIES })).toMatch(CODE);
  });
});
