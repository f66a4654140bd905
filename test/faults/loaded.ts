// A key that a replica learns of while it runs.
import { Module, type INestApplication } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import { MaintenanceKey, MaintenanceStatus, RegisterMaintenanceKey } from '../../lib/index.js';

/** Loads a module with that key: it refuses the routes of its own, which cannot be marked with it before. */
export async function loadKey(app: INestApplication, name: string): Promise<void> {
  class OwnRoutes extends MaintenanceStatus {
    override maintaining(): boolean {
      const request = this.request as { url?: string } | undefined;
      return this.value && (request?.url ?? '').startsWith(`/${name}/`);
    }
  }

  @RegisterMaintenanceKey(name, { statusClass: OwnRoutes })
  class LoadedKey extends MaintenanceKey {}

  @Module({ providers: [LoadedKey] })
  class LoadedModule {}

  await app.get(LazyModuleLoader).load(() => LoadedModule);
}
