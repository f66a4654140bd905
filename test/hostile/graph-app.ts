import { Controller, Get } from '@nestjs/common';
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import {
  Args,
  Field,
  GraphQLModule,
  Int,
  Mutation,
  ObjectType,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import {
  GENERAL_MAINTENANCE,
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
} from 'nestjs-maintenance';
import type { CreateApp } from '../support/apps.js';
import { BYPASS_SECRET, reached, type Site } from './app.js';

@ObjectType()
class Box {
  @Field(() => Int)
  size!: number;
}

@Resolver(() => Box)
class StockResolver {
  @Query(() => Int)
  stock(): number {
    reached.push('stock');
    return 1;
  }

  @Query(() => Box)
  box(): Box {
    reached.push('box');
    return { size: 1 };
  }

  @ResolveField(() => Int)
  inner(): number {
    reached.push('inner');
    return 2;
  }

  @Mutation(() => Int)
  restock(@Args('count', { type: () => Int }) count: number): number {
    reached.push('restock');
    return count;
  }

  @MaintenanceExempt()
  @Query(() => String)
  alive(): string {
    reached.push('alive');
    return 'alive';
  }
}

@MaintenanceExempt()
@Controller('health')
class HealthController {
  @Get()
  health() {
    return { up: true };
  }
}

/**
 * A GraphQL API in maintenance.
 * @param closed refuses everything; else a key that is not public lets everybody read
 */
export async function startGraph(
  createApp: CreateApp,
  closed: boolean,
  coverage: 'handlers' | 'site',
): Promise<Site> {
  const running = await createApp({
    imports: [
      MaintenanceModule.forRoot({
        coverage,
        keys: [new MaintenanceKey('hidden-key', { public: false, readOnly: true })],
        bypass: { secret: BYPASS_SECRET },
        permissions: () => false,
      }),
      GraphQLModule.forRoot<ApolloDriverConfig>({
        driver: ApolloDriver,
        autoSchemaFile: true,
        allowBatchedHttpRequests: true,
      }),
    ],
    controllers: [HealthController],
    providers: [StockResolver],
  });
  const service = running.app.get(MaintenanceService);
  const secrets = { reason: 'SECRET-REASON', actor: 'SECRET-ACTOR' };
  await service.setMaintenance(true, 'hidden-key', secrets);
  if (closed) {
    await service.setMaintenance(true, GENERAL_MAINTENANCE, secrets);
  }
  return Object.assign(running, { service });
}
