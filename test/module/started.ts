import {
  Module,
  type INestApplicationContext,
  type LoggerService,
  type ModuleMetadata,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MaintenanceModule, MaintenanceService, type MaintenanceRootOptions } from 'nestjs-maintenance';

export interface Started extends AsyncDisposable {
  readonly app: INestApplicationContext;
  readonly service: MaintenanceService;
  /** What was logged, as `level message`. */
  readonly log: readonly string[];
}

/** An application without HTTP, that keeps its state in memory unless told otherwise. */
export async function started(
  options: MaintenanceRootOptions = {},
  { imports = [], ...metadata }: ModuleMetadata = {},
): Promise<Started> {
  const maintenance = MaintenanceModule.forRoot({ socket: false, admin: false, ...options });
  return startedWith({ ...metadata, imports: [maintenance, ...imports] });
}

/** The same over a module whose imports hold the maintenance module already. */
export async function startedWith(metadata: ModuleMetadata): Promise<Started> {
  @Module(metadata)
  class RootModule {}
  const log: string[] = [];
  const app = await NestFactory.createApplicationContext(RootModule, {
    logger: recorder(log),
    abortOnError: false,
  });
  return {
    app,
    service: app.get(MaintenanceService),
    log,
    [Symbol.asyncDispose]: () => app.close(),
  };
}

function recorder(log: string[]): LoggerService {
  const add =
    (level: string) =>
    (message: unknown): void =>
      void log.push(`${level} ${String(message)}`);
  return { log: add('log'), warn: add('warn'), error: add('error') };
}

/** What a promise rejects with. */
export async function failure(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('It did not fail');
}
