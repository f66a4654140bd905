// What a user of the library writes, checked by TypeScript 7 against the declarations of the build.
import { Controller, Get, Injectable, Module } from '@nestjs/common';
import {
  GENERAL_MAINTENANCE,
  HOUR,
  MaintenanceException,
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceModule,
  MaintenanceService,
  MaintenanceStatus,
  OnMaintenance,
  RegisterMaintenanceKey,
  type MaintenanceChange,
  type MaintenanceModuleOptions,
} from 'nestjs-maintenance';
import { MaintenanceBullModule } from 'nestjs-maintenance/bullmq';
import { createMaintenanceClient } from 'nestjs-maintenance/client';
import { createMaintenance } from 'nestjs-maintenance/standalone';

class AtNight extends MaintenanceStatus {
  override maintaining(): boolean {
    return this.value && this.request !== undefined;
  }
}

@RegisterMaintenanceKey('reports', { label: 'Reports', scope: 'marked', statusClass: AtNight })
export class ReportsKey extends MaintenanceKey {
  override isEditable(request: unknown): boolean {
    return request !== undefined;
  }
}

@Injectable()
export class Jobs {
  @RegisterMaintenanceKey()
  readonly keys = [new MaintenanceKey('import-export', { timeout: HOUR, order: 5 })];

  constructor(private readonly maintenance: MaintenanceService) {}

  async run(): Promise<number> {
    const change: MaintenanceChange = await this.maintenance.setMaintenance(true, GENERAL_MAINTENANCE, {
      timeout: HOUR,
    });
    await using maintenance = await this.maintenance.maintain('import-export');
    maintenance.signal.throwIfAborted();
    return this.maintenance.maintain('import-export', ({ fence }) => fence + change.revision, {
      lock: false,
      drain: 1_000,
    });
  }

  @OnMaintenance('entering', 'import-export')
  entering(change: MaintenanceChange): void {
    if (change.to) {
      throw new Error(change.key);
    }
  }
}

@Controller()
@MaintenanceKeys('reports')
export class ReportsController {
  @Get()
  @MaintenanceExempt('general')
  read(): string {
    return MaintenanceException.name;
  }
}

const options: MaintenanceModuleOptions = {
  redis: 'redis://localhost',
  bypass: { ips: ['10.0.0.0/8'] },
  onStale: 'block',
};

@Module({
  imports: [
    MaintenanceModule.forRoot({ ...options, path: 'ops' }),
    MaintenanceModule.forRootAsync({ useFactory: () => options, coverage: 'site' }),
    MaintenanceBullModule.forRoot({ keys: (queue) => [queue] }),
  ],
  providers: [Jobs, ReportsKey],
  controllers: [ReportsController],
})
export class AppModule {}

export const client = createMaintenanceClient({ url: 'https://example.com' });

export const script = createMaintenance({
  redis: 'redis://localhost',
  keys: [new MaintenanceKey('reports')],
});
