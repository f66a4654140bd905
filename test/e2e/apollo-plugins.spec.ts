import { ApolloFederationDriver, type ApolloFederationDriverConfig } from '@nestjs/apollo';
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
import { describe, expect, it } from 'vitest';
import { maintenance, serviceOf } from '../apps/shop.js';
import { adapters } from '../support/apps.js';

@ObjectType()
@Directive('@key(fields: "id")')
class Person {
  @Field(() => ID)
  id!: string;
}

@Resolver(() => Person)
class PersonResolver {
  @Query(() => Person)
  me(): Person {
    return { id: '1' };
  }

  @ResolveReference()
  find({ id }: Person): Person {
    return { id };
  }
}

const HOOKS = ['didResolveOperation', 'responseForOperation', 'executionDidStart', 'willSendResponse'];

/** Fails in the hook that the operation is named after, as a limit of complexity does. */
const failing = {
  requestDidStart: () =>
    Promise.resolve(
      Object.fromEntries(
        HOOKS.map((hook) => [
          hook,
          ({ request }: { request: { operationName?: string } }) =>
            request.operationName === hook ? Promise.reject(new Error('on purpose')) : Promise.resolve(null),
        ]),
      ),
    ),
};

describe.each(adapters)('operations of Apollo on %s that another plugin makes fail', (_name, createApp) => {
  it.each(HOOKS)('are no longer counted: %s', async (hook) => {
    let decided: Promise<boolean> | undefined;
    await using app = await createApp({
      imports: [
        GraphQLModule.forRoot<ApolloFederationDriverConfig>({
          driver: ApolloFederationDriver,
          autoSchemaFile: { federation: 2 },
          plugins: [failing],
        }),
        maintenance({
          bypass: {
            // later than the other plugin has failed
            when: () => (decided = new Promise((resolve) => setTimeout(resolve, 50, true))),
          },
        }),
      ],
      providers: [PersonResolver],
    });
    await serviceOf(app).setMaintenance(true);
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        operationName: hook,
        query: `query ${hook} { _entities(representations: [{ __typename: "Person", id: "1" }]) { ... on Person { id } } }`,
      }),
    });
    expect(await response.text()).toMatch(/errors/);
    expect(await decided).toBe(true);
    await serviceOf(app).setMaintenance(false);
    expect(await serviceOf(app).maintain('general', () => 'worked', { drain: 5_000 })).toBe('worked');
  });
});
