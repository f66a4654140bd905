import { BullModule, Processor, WorkerHost } from '@nestjs/bullmq';
import { Controller, Injectable, Module, type DynamicModule } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { Cron, ScheduleModule } from '@nestjs/schedule';
import { MaintenanceModule, SkipDuringMaintenance } from 'nestjs-maintenance';
import { MaintenanceBullModule } from 'nestjs-maintenance/bullmq';
import { setTimeout as delay } from 'node:timers/promises';
import { Counts } from './counts.js';

/** Skipped during maintenance, and run once afterwards. */
@Injectable()
export class Jobs {
  constructor(private readonly counts: Counts) {}

  @SkipDuringMaintenance({ missed: 'once' })
  @Cron('* * * * * *')
  async tick(): Promise<void> {
    await this.counts.during('ticks', delay(300));
  }
}

/** Its jobs stay in their queue during maintenance. */
@Processor('mail', { concurrency: 2 })
export class MailProcessor extends WorkerHost {
  constructor(private readonly counts: Counts) {
    super();
  }

  async process(): Promise<void> {
    await this.counts.during('jobs', delay(200));
  }
}

/** By Redis, which keeps no events: they are refused with the option events: 'refuse', and handled without. */
@Controller()
export class OrdersController {
  constructor(private readonly counts: Counts) {}

  @EventPattern('order.paid')
  async paid(_order: unknown): Promise<void> {
    await this.counts.during('events', delay(50));
  }
}

@Module({})
export class AppModule {
  static with(redis: { url: string; host: string; port: number }): DynamicModule {
    return {
      module: this,
      imports: [
        ScheduleModule.forRoot(),
        BullModule.forRoot({ connection: { host: redis.host, port: redis.port } }),
        BullModule.registerQueue({ name: 'mail' }),
        MaintenanceModule.forRoot({ redis: redis.url, socket: false, admin: false }),
        MaintenanceBullModule.forRoot(),
      ],
      controllers: [OrdersController],
      providers: [Counts, Jobs, MailProcessor],
    };
  }
}
