import { Inject, Module, type DynamicModule, type OnModuleDestroy } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { MaintenanceLifecycle } from './lifecycle.js';

/** Nest calls the hooks of an application that closes by the distance of their modules; that of the root module is 1. */
const BEFORE_ALL = -1;

/**
 * Hears before all other modules that the application closes. A provider that waits in `onModuleDestroy()` for its work, such as for
 * the jobs of a worker of its own, would otherwise wait for what itself waits for the end of maintenance, or for its signal.
 */
@Module({})
export class ClosingModule implements OnModuleDestroy {
  constructor(
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(MaintenanceLifecycle) private readonly lifecycle: MaintenanceLifecycle,
  ) {
    for (const module of modules.values()) {
      if (module.metatype === ClosingModule) {
        module.distance = BEFORE_ALL;
      }
    }
  }

  static register(core: DynamicModule): DynamicModule {
    return { module: this, imports: [core] };
  }

  onModuleDestroy(): Promise<void> {
    return this.lifecycle.beginShutdown();
  }
}
