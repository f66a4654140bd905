import { ConfigurableModuleBuilder } from '@nestjs/common';
import { STRUCTURAL_DEFAULTS, type MaintenanceStructuralOptions } from './options/structural-options.js';
import type { MaintenanceModuleOptions } from './options/options.js';

export const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN, OPTIONS_TYPE, ASYNC_OPTIONS_TYPE } =
  new ConfigurableModuleBuilder<MaintenanceModuleOptions>({ moduleName: 'Maintenance' })
    .setClassMethodName('forRoot')
    .setFactoryMethodName('createMaintenanceOptions')
    .setExtras<MaintenanceStructuralOptions>(STRUCTURAL_DEFAULTS)
    .build();
