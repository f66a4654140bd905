import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Controller, Get, Injectable, Options, type ExecutionContext } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { GraphQLModule, Query, Resolver } from '@nestjs/graphql';
import {
  MaintenanceGuard,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  MaintenanceStatus,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

@Resolver()
class StockResolver {
  @Query(() => String)
  open(): string {
    return 'open';
  }

  @Query(() => String)
  closed(): string {
    return 'closed';
  }
}

@Controller('shop')
class ShopController {
  @Get()
  open(): string {
    return 'shop';
  }

  @Options()
  openOptions(): string {
    return 'options';
  }
}

class Personal extends MaintenanceStatus {}

const MOMENTS: readonly (readonly [string, key: string, MaintenanceRootOptions])[] = [
  ['before everything', 'general', {}],
  ['after middleware, with bypass.when', 'general', { bypass: { when: () => false } }],
  ['after middleware, with a status class', 'personal', {}],
];

describe.each(adapters)("a guard that extends ours, with coverage 'site' on %s", (_adapter, createApp) => {
  it.each(MOMENTS)('decides for GraphQL alone: %s', async (_moment, key, options) => {
    const asked: string[] = [];
    const refused: string[] = [];
    @Injectable()
    class OwnGuard extends MaintenanceGuard {
      protected override shouldSkip(context: ExecutionContext): boolean {
        asked.push(context.getHandler().name);
        return context.getHandler().name.startsWith('open');
      }

      protected override onRefused(context: ExecutionContext): void {
        refused.push(context.getHandler().name);
      }
    }
    await using running = await createApp({
      imports: [
        MaintenanceModule.forRoot({
          coverage: 'site',
          guard: false,
          socket: false,
          admin: false,
          keys: [new MaintenanceKey('personal', { statusClass: Personal })],
          ...options,
        }),
        GraphQLModule.forRoot<ApolloDriverConfig>({ driver: ApolloDriver, autoSchemaFile: true }),
      ],
      controllers: [ShopController],
      providers: [StockResolver, { provide: APP_GUARD, useClass: OwnGuard }],
    });
    await running.app.get(MaintenanceService).setMaintenance(true, key);
    expect((await request(running.port, '/shop')).status).toBe(503);
    expect((await request(running.port, '/shop', { method: 'OPTIONS' })).status).toBe(503);
    expect([asked, refused]).toEqual([[], []]);
    const ask = (query: string) => request(running.port, '/graphql', { method: 'POST', json: { query } });
    expect((await ask('{ open }')).json()).toEqual({ data: { open: 'open' } });
    expect((await ask('{ closed }')).json()).toMatchObject({
      errors: [{ extensions: { code: 'MAINTENANCE' } }],
    });
    expect([asked, refused]).toEqual([['open', 'closed'], ['closed']]);
  });
});
