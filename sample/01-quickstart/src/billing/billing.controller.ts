import { Controller, Get } from '@nestjs/common';
import { MaintenanceKeys } from 'nestjs-maintenance';

/** Belongs to the key `billing`, which affects only what is marked with it. */
@MaintenanceKeys('billing')
@Controller('invoices')
export class BillingController {
  @Get()
  invoices() {
    return [{ number: '2026-0001', total: 4200, currency: 'EUR' }];
  }
}
