import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Get, type INestApplication } from '@nestjs/common';
import { GraphQLModule, Int, Mutation, Query, Resolver } from '@nestjs/graphql';
import {
  MaintenanceExempt,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { createExpress, createFastify } from '../support/frameworks.js';
import { Gates } from '../support/gates.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

let written = 0;
let gates = new Gates();

@Resolver()
class StockResolver {
  @MaintenanceExempt()
  @Query(() => String)
  alive(): string {
    return 'alive';
  }

  @Query(() => String)
  slow(): Promise<string> {
    return gates.pass('slow');
  }

  @Mutation(() => Int)
  restock(): number {
    return ++written;
  }
}

@Controller('shop')
class ShopController {
  @Get()
  shop(): string {
    return 'shop';
  }
}

interface Routes {
  post(path: string, handler: (request: unknown, reply: { send(text: string): void }) => void): void;
}

const addWrite = (app: unknown, path: string): void =>
  (app as Routes).post(path, (_request, reply) => {
    written++;
    reply.send('written');
  });

const MOMENTS: readonly (readonly [string, MaintenanceRootOptions])[] = [
  ['before everything', {}],
  ['after middleware', { bypass: { when: () => false } }],
];

describe.each(adapters)('GraphQL at the root of a covered site, on %s', (adapter, createApp) => {
  it.each(MOMENTS)('opens its own requests and nothing else, decided %s', async (_moment, options) => {
    const instance = adapter === 'express' ? createExpress() : createFastify({ forceCloseConnections: true });
    addWrite(instance, '/legacy/orders');
    await using running = await createApp(
      {
        imports: [
          MaintenanceModule.forRoot({ coverage: 'site', socket: false, admin: false, ...options }),
          GraphQLModule.forRoot<ApolloDriverConfig>({
            driver: ApolloDriver,
            autoSchemaFile: true,
            path: '/',
          }),
        ],
        controllers: [ShopController],
        providers: [StockResolver],
      },
      (app: INestApplication) => addWrite(app.getHttpAdapter().getInstance(), '/late/orders'),
      { instance },
    );
    await running.app.get(MaintenanceService).setMaintenance(true);
    written = 0;
    const ask = (query: string, path = '/') =>
      request(running.port, path, { method: 'POST', json: { query } });
    expect((await ask('{ alive }')).json()).toEqual({ data: { alive: 'alive' } });
    expect((await ask('mutation { restock }')).json()).toMatchObject({
      errors: [{ extensions: { code: 'MAINTENANCE' } }],
    });
    for (const path of ['/legacy/orders', '/late/orders']) {
      for (const origin of ['', 'https://elsewhere.example']) {
        const answer = await request(running.port, path, { method: 'POST', headers: { origin } });
        expect([path, answer.status]).toEqual([path, 503]);
      }
    }
    expect((await request(running.port, '/shop')).status).toBe(503);
    // Apollo on Express stands in use(), where it answers whatever comes to it before it can be decided late
    const late = adapter === 'express' && options.bypass !== undefined;
    expect((await ask('{ alive }', '/nowhere')).status).toBe(late ? 200 : 503);
    expect(written).toBe(0);
  });

  it('is counted once', async () => {
    gates = new Gates();
    await using running = await createApp({
      imports: [
        MaintenanceModule.forRoot({ coverage: 'site', socket: false, admin: false }),
        GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
      ],
      providers: [StockResolver],
    });
    const service = running.app.get(MaintenanceService);
    const answer = request(running.port, '/graphql', { method: 'POST', json: { query: '{ slow }' } });
    await until(() => gates.begun.includes('slow'));
    expect(await service.replicas()).toMatchObject([{ inFlight: 1 }]);
    await expect(service.maintain('general', () => 'began', { drain: 100 })).rejects.toThrow(
      'StockResolver.slow',
    );
    gates.open('slow');
    expect((await answer).json()).toEqual({ data: { slow: 'slow' } });
    expect(await service.maintain('general', () => 'began')).toBe('began');
  });
});
