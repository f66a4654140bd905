import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import type { MaintenanceChange, MaintenanceHealth } from 'nestjs-maintenance';
import { Controller, Get } from '@nestjs/common';
import { createFastifyApp, type CreateApp } from '../support/apps.js';

export interface Running extends AsyncDisposable {
  readonly service: MaintenanceService;
  readonly port: number;
  readonly log: readonly string[];
  readonly changes: readonly MaintenanceChange[];
  readonly health: readonly MaintenanceHealth[];
  /** Lines of the log that contain the text. */
  logged(text: string): number;
  isOn(key?: string): boolean;
}

@Controller()
class PagesController {
  @Get('page')
  page(): string {
    return 'page';
  }

  @MaintenanceExempt()
  @Get('exempt')
  exempt(): string {
    return 'exempt';
  }
}

/** Short, so that outages are over soon; long enough for a busy machine. */
export const COMMAND_TIMEOUT = 1_000;

/** An application with maintenance and one more key, `import-export`, and what its service has told. */
export async function startService(
  options: MaintenanceRootOptions,
  createApp: CreateApp = createFastifyApp as CreateApp,
): Promise<Running> {
  const changes: MaintenanceChange[] = [];
  const health: MaintenanceHealth[] = [];
  const { app, port, log, close } = await createApp(
    {
      controllers: [PagesController],
      imports: [
        MaintenanceModule.forRoot({
          socket: false,
          admin: false,
          commandTimeout: COMMAND_TIMEOUT,
          keys: [new MaintenanceKey('import-export')],
          ...options,
        }),
      ],
    },
    (app) => {
      const service = app.get(MaintenanceService);
      service.changes.subscribe((change) => changes.push(change));
      service.healthChanges.subscribe((state) => health.push(state));
    },
  );
  const service = app.get(MaintenanceService);
  return {
    service,
    port,
    log,
    changes,
    health,
    logged: (text) => log.filter((line) => line.includes(text)).length,
    isOn: (key) => service.isInMaintenance(undefined, key ?? 'general').value,
    [Symbol.asyncDispose]: close,
  };
}
