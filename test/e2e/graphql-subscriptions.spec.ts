import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { GraphQLModule, Int, Query, Resolver, Subscription } from '@nestjs/graphql';
import { createClient } from 'graphql-ws';
import { MaintenanceKey } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { maintenance, serviceOf } from '../apps/shop.js';
import { adapters, type RunningApp } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { until } from '../support/until.js';

@Resolver()
class TicksResolver {
  @Query(() => Int)
  ticks(): number {
    return 0;
  }

  @Subscription(() => Int, { resolve: (tick: number) => tick })
  async *ticking(): AsyncGenerator<number> {
    yield* await Promise.resolve([1, 2]);
  }

  @Subscription(() => Int, { resolve: (tick: number) => tick })
  async *lasting(): AsyncGenerator<number> {
    yield 1;
    await gates.pass('tick');
    yield 2;
  }
}

let gates = new Gates();

/** All that a subscription brings until it is over. */
async function subscribe({ port }: RunningApp, field = 'ticking'): Promise<unknown[]> {
  const client = createClient({
    url: `ws://127.0.0.1:${port}/graphql`,
    retryAttempts: 0,
    webSocketImpl: WebSocket,
  });
  const heard: unknown[] = [];
  try {
    await new Promise<void>((resolve) => {
      client.subscribe(
        { query: `subscription { ${field} }` },
        {
          next: (result) => heard.push(result),
          error: (error) => {
            heard.push(error);
            resolve();
          },
          complete: resolve,
        },
      );
    });
  } finally {
    await client.dispose();
  }
  return heard;
}

const TICKS = [{ data: { ticking: 1 } }, { data: { ticking: 2 } }];

describe.each(adapters)('GraphQL subscriptions on %s', (_name, createApp) => {
  it.each(['handlers', 'site'] as const)(
    'only read, and are refused briefly, with coverage %s',
    async (coverage) => {
      await using running = await createApp({
        imports: [
          maintenance({ coverage, keys: [new MaintenanceKey('frozen', { readOnly: true })] }),
          GraphQLModule.forRoot<ApolloDriverConfig>({
            driver: ApolloDriver,
            autoSchemaFile: true,
            subscriptions: { 'graphql-ws': true },
          }),
        ],
        providers: [TicksResolver],
      });
      const service = serviceOf(running);
      expect(await subscribe(running)).toEqual(TICKS);
      await service.setMaintenance(true, 'frozen');
      expect(await subscribe(running)).toEqual(TICKS);

      await service.setMaintenance(true, 'general', { message: 'Closed.' });
      const before = running.log.length;
      const heard = await subscribe(running);
      expect(JSON.stringify(heard)).toContain('"code":"MAINTENANCE"');
      expect(JSON.stringify(heard)).toContain('Closed.');
      expect(JSON.stringify(heard)).not.toContain('"ticking":1');
      const logged = running.log.slice(before).join('\n');
      expect(logged.split('\n').length, logged).toBeLessThan(3);

      await service.setMaintenance(false);
      expect(await subscribe(running)).toEqual(TICKS);
    },
  );

  it('that are open delay no drain, and go on', async () => {
    await using running = await createApp({
      imports: [
        maintenance(),
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          autoSchemaFile: true,
          subscriptions: { 'graphql-ws': true },
        }),
      ],
      providers: [TicksResolver],
    });
    gates = new Gates();
    const heard = subscribe(running, 'lasting');
    await until(() => gates.begun.includes('tick'));
    expect(
      await serviceOf(running).maintain('general', () => gates.open('tick'), { drain: 5_000 }),
    ).toBeUndefined();
    expect(await heard).toEqual([{ data: { lasting: 1 } }, { data: { lasting: 2 } }]);
  });
});
