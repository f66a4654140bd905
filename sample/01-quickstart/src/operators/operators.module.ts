import { Global, Module } from '@nestjs/common';
import { EngineerGuard } from './engineer.guard.js';
import { LoginController } from './login.controller.js';
import { OperatorsMaintenanceController } from './maintenance.controller.js';
import { OperatorGuard } from './operator.guard.js';
import { Operators } from './operators.service.js';

/** Global: guards everywhere ask who has logged in. */
@Global()
@Module({
  controllers: [LoginController, OperatorsMaintenanceController],
  providers: [Operators, OperatorGuard, EngineerGuard],
  exports: [Operators, OperatorGuard, EngineerGuard],
})
export class OperatorsModule {}
