import { Body, Controller, Param, Put, Req, UseInterceptors, UseGuards } from '@nestjs/common';
import { MaintenanceExempt, MaintenanceService, MINUTE, type MaintenanceChange } from 'nestjs-maintenance';
import { EngineerGuard } from './engineer.guard.js';
import { MaintenanceErrorsInterceptor } from './maintenance-errors.interceptor.js';
import { OperatorGuard } from './operator.guard.js';
import { Operators } from './operators.service.js';

interface Wish {
  mode?: boolean;
  /** Until it ends by itself. */
  minutes?: number;
  message?: string;
  reason?: string;
}

/** Switches by the service, as your own code would. The module's admin page and API do the same and more. */
@MaintenanceExempt()
@UseGuards(OperatorGuard, EngineerGuard)
@UseInterceptors(MaintenanceErrorsInterceptor)
@Controller('operators/maintenance')
export class OperatorsMaintenanceController {
  constructor(
    private readonly maintenance: MaintenanceService,
    private readonly operators: Operators,
  ) {}

  @Put(':key')
  change(
    @Param('key') key: string,
    @Body() { mode, minutes, message, reason }: Wish = {},
    @Req() request: unknown,
  ): Promise<MaintenanceChange> {
    return this.maintenance.setMaintenance(mode as boolean, key, {
      ...(minutes !== undefined && { timeout: minutes * MINUTE }),
      message,
      reason,
      actor: this.operators.of(request)?.name,
    });
  }
}
