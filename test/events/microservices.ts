import { Module, type INestApplication, type ModuleMetadata } from '@nestjs/common';
import type { MicroserviceOptions } from '@nestjs/microservices';
import {
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { createExpressApp, type RunningApp } from '../support/apps.js';

export interface Hybrid extends AsyncDisposable {
  readonly app: INestApplication;
  readonly service: MaintenanceService;
  readonly log: readonly string[];
}

/** An application with HTTP that takes events and messages too. */
export async function startHybrid(
  servers: readonly MicroserviceOptions[],
  metadata: ModuleMetadata,
  options: MaintenanceRootOptions = {},
  inheritAppConfig = true,
): Promise<Hybrid> {
  const maintenance = MaintenanceModule.forRoot({
    socket: false,
    admin: false,
    keys: [new MaintenanceKey('billing', { scope: 'marked' })],
    ...options,
  });
  @Module({ ...metadata, imports: [maintenance, ...(metadata.imports ?? [])] })
  class RootModule {}
  const running: RunningApp = await createExpressApp(RootModule, async (app) => {
    servers.forEach((server) => app.connectMicroservice(server, { inheritAppConfig }));
    await app.startAllMicroservices();
  });
  return {
    app: running.app,
    service: running.app.get(MaintenanceService),
    log: running.log,
    [Symbol.asyncDispose]: running.close,
  };
}
