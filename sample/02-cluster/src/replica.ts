import { Controller, Get, Module, Post, Query } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceReplica,
} from 'nestjs-maintenance';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Journal } from './journal.js';

const journal = new Journal(process.env.JOURNAL ?? 'replica.log');

/** Nobody writes orders while their table is migrated; reading them goes on. */
const ORDERS = new MaintenanceKey('orders', { readOnly: true });

@Controller('orders')
class OrdersController {
  @Get()
  list(): string[] {
    return [];
  }

  /** Takes its time, as writing does. */
  @Post()
  async write(): Promise<{ written: true }> {
    await journal.during('write', () => delay(20 + Math.random() * 400));
    return { written: true };
  }
}

/** Exempt from the maintenance that it starts itself. */
@MaintenanceExempt()
@Controller()
class OperationsController {
  constructor(private readonly maintenance: MaintenanceService) {}

  @Post('migration')
  async migrate(@Query('drain') drain?: string): Promise<string> {
    return this.maintenance.maintain(
      ORDERS,
      async ({ fence, signal }) => {
        await journal.during('migration', () => delay(4_000, undefined, { signal }));
        return `done, with fence ${fence}`;
      },
      { drain: drain === 'false' ? false : 10_000 },
    );
  }

  @Get('replicas')
  replicas(): Promise<MaintenanceReplica[]> {
    return this.maintenance.replicas();
  }
}

@Module({
  imports: [
    MaintenanceModule.forRoot({
      redis: process.env.REDIS_URL,
      namespace: 'sample-02',
      keys: [ORDERS],
      socket: false,
      admin: false,
    }),
  ],
  controllers: [OrdersController, OperationsController],
})
class ReplicaModule {}

const app = await NestFactory.create(ReplicaModule, { logger: ['warn', 'error'] });
app.enableShutdownHooks();
await app.listen(0, '127.0.0.1');
const { port } = app.getHttpServer().address() as AddressInfo;
process.send?.({ port });
process.on('disconnect', () => process.exit());
