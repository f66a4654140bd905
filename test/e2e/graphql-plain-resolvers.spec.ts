import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Injectable, type DynamicModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import { MercuriusDriver, type MercuriusDriverConfig } from '@nestjs/mercurius';
import {
  MaintenanceExempt,
  MaintenanceGuard,
  MaintenanceKey,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { beforeEach, describe, expect, it } from 'vitest';
import { maintenance, serviceOf } from '../apps/shop.js';
import { createExpressApp, createFastifyApp, type CreateApp, type RunningApp } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { sendBySocket } from '../support/graphql-socket.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

let gates: Gates;
let written = 0;
beforeEach(() => {
  gates = new Gates();
  written = 0;
});

@Resolver()
class OpenResolver {
  @MaintenanceExempt()
  @Query(() => String)
  open(): string {
    return 'open';
  }
}

/** Lets everything pass that has this header. */
@Injectable()
class OwnGuard extends MaintenanceGuard {
  protected override shouldSkip(...[context]: Parameters<MaintenanceGuard['shouldSkip']>): boolean {
    const { req, reply } = context.getArgByIndex<{
      req?: { headers: object };
      reply?: { request: { headers: object } };
    }>(2);
    return 'x-inside' in (req?.headers ?? reply?.request.headers ?? {});
  }
}

const schema = () => ({
  typeDefs: `
    type Query { open: String, read: String, version: String }
    type Mutation { write: Int, slow: String }
    type Subscription { events: Int }`,
  resolvers: {
    Query: { read: () => 'read' },
    Mutation: { write: () => ++written, slow: () => gates.pass('slow') },
    Subscription: {
      events: {
        async *subscribe() {
          yield { events: await Promise.resolve(1) };
        },
      },
    },
  },
});

const apollo = (): DynamicModule =>
  GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    subscriptions: { 'graphql-ws': true },
    rootValue: { version: 'v1' },
    ...schema(),
  });
const mercurius = (): DynamicModule =>
  GraphQLModule.forRoot<MercuriusDriverConfig>({
    driver: MercuriusDriver,
    subscription: { fullWsTransport: true },
    jit: 1,
    ...schema(),
  });

const servers: [name: string, create: CreateApp, graphql: () => DynamicModule][] = [
  ['Apollo on Express', createExpressApp, apollo],
  ['Apollo on Fastify', createFastifyApp, apollo],
  ['Mercurius', createFastifyApp, mercurius],
];

const post = async ({ port }: RunningApp, query: string, headers: Record<string, string> = {}) =>
  (await request(port, '/graphql', { method: 'POST', json: { query }, headers })).text;
const CODE = '"code":"MAINTENANCE"';

describe.each(servers)('resolvers that are none of Nest: %s', (_name, create, graphql) => {
  const start = (options: MaintenanceRootOptions = {}, ...guards: (typeof OwnGuard)[]) =>
    create({
      imports: [
        maintenance({ keys: [new MaintenanceKey('frozen', { readOnly: true })], ...options }),
        graphql(),
      ],
      providers: [OpenResolver, ...guards.map((useClass) => ({ provide: APP_GUARD, useClass }))],
    });

  it.each(['handlers', 'site'] as const)('are refused, with coverage %s', async (coverage) => {
    await using running = await start({ coverage });
    const service = serviceOf(running);
    expect(JSON.parse(await post(running, '{ read open }'))).toEqual({
      data: { read: 'read', open: 'open' },
    });
    await service.setMaintenance(true, 'frozen');
    expect(await post(running, '{ read }')).toContain('"read":"read"');
    expect(await sendBySocket(running, 'subscription { events }')).toContain('"events":1');
    expect(await post(running, 'mutation { write }')).toContain(CODE);
    await service.setMaintenance(true);
    for (const query of ['{ read }', '{ version }', 'mutation { write }', 'mutation { again: write }']) {
      // the second time compiled
      for (let i = 0; i < 2; i++) expect(await post(running, query)).toContain(CODE);
      expect(await sendBySocket(running, query)).toContain(CODE);
    }
    expect(await sendBySocket(running, 'subscription { events }')).toMatch(/MAINTENANCE|maintenance/);
    expect(written).toBe(0);
    const both = await post(running, '{ open read }');
    expect(both).toContain('"open":"open"');
    expect(both).toContain(CODE);
    expect(running.log.filter((line) => line.startsWith('error'))).toEqual([]);
    await service.setMaintenance(false);
    await service.setMaintenance(false, 'frozen');
    expect(await post(running, 'mutation { write }')).toContain('"write":1');
  });

  it.each(['HTTP', 'a websocket'])('are waited for by name, over %s', async (way) => {
    await using running = await start();
    const service = serviceOf(running);
    const answer = (way === 'HTTP' ? post : sendBySocket)(running, 'mutation { slow }');
    await until(() => gates.begun.includes('slow'));
    await expect(service.maintain('general', () => 'never', { drain: 100 })).rejects.toThrow(
      /Mutation\.slow/,
    );
    const work = service.maintain('general', () => [...gates.ended]);
    gates.open('slow');
    expect(await work).toEqual(['slow']);
    expect(await answer).toContain('"slow":');
  });

  it('are judged by the guard of the application in place of the built-in one, or by nobody', async () => {
    {
      await using running = await start({ guard: false }, OwnGuard);
      await serviceOf(running).setMaintenance(true);
      expect(await post(running, '{ read }')).toContain(CODE);
      expect(await post(running, '{ read }', { 'x-inside': '1' })).toContain('"read":"read"');
    }
    await using running = await start({ guard: false });
    await serviceOf(running).setMaintenance(true);
    expect(await post(running, '{ read }')).toContain('"read":"read"');
  });
});
