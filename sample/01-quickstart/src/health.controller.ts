import { Controller, Get } from '@nestjs/common';
import { MaintenanceExempt, MaintenanceService } from 'nestjs-maintenance';

/** For load balancers: the process is healthy, also while the shop is closed. */
@MaintenanceExempt()
@Controller('health')
export class HealthController {
  constructor(private readonly maintenance: MaintenanceService) {}

  @Get()
  health() {
    const { up, stale } = this.maintenance.health();
    return { status: 'ok', store: up ? 'up' : 'down', stale };
  }
}
