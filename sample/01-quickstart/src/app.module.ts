import { Module } from '@nestjs/common';
import { MaintenanceModule } from 'nestjs-maintenance';
import { randomUUID } from 'node:crypto';
import { BillingModule } from './billing/billing.module.js';
import { CATALOGUE_IMPORT } from './catalogue/catalogue.key.js';
import { CatalogueController } from './catalogue/catalogue.controller.js';
import { HealthController } from './health.controller.js';
import { MaintenanceDiary } from './maintenance-diary.js';
import { OperatorGuard } from './operators/operator.guard.js';
import { OperatorsModule } from './operators/operators.module.js';
import { Operators } from './operators/operators.service.js';
import { ShopController } from './shop/shop.controller.js';

@Module({
  imports: [
    MaintenanceModule.forRootAsync({
      // Who may open {path}/admin at all; `permissions` then says what each may do there.
      admin: { guards: [OperatorGuard] },
      inject: [Operators],
      useFactory: (operators: Operators) => ({
        // Without REDIS_URL the state is kept in this process.
        redis: process.env.REDIS_URL || false,
        keys: [CATALOGUE_IMPORT],
        bypass: { secret: process.env.BYPASS_SECRET ?? randomUUID() },
        permissions: (permission, subject) =>
          operators.may(permission, subject.type === 'http' ? subject.request : subject.socket),
      }),
    }),
    OperatorsModule,
    BillingModule,
  ],
  controllers: [ShopController, HealthController, CatalogueController],
  providers: [MaintenanceDiary],
})
export class AppModule {}
