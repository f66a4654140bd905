import { Controller, Post } from '@nestjs/common';
import {
  MaintenanceDrainError,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

/** Opens once, for whoever waits. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe.each(adapters)('maintain() inside a request on %s', (_name, createApp) => {
  const start = async () => {
    const working = gate();
    const finish = gate();

    @Controller()
    class ImportController {
      constructor(private readonly maintenance: MaintenanceService) {}

      @Post('import')
      import() {
        return this.maintenance.maintain('import', async () => {
          working.open();
          await finish.opened;
          return { imported: true };
        });
      }
    }

    const running = await createApp({
      imports: [
        MaintenanceModule.forRoot({ keys: [new MaintenanceKey('import')], socket: false, admin: false }),
      ],
      controllers: [ImportController],
    });
    return { running, working, finish, service: running.app.get(MaintenanceService) };
  };

  it('does not wait for itself', async () => {
    const { running, finish } = await start();
    await using app = running;
    finish.open();
    const answer = await request(app.port, '/import', { method: 'POST' });
    expect(answer.json()).toEqual({ imported: true });
  });

  it('is waited for by another one while its work runs', async () => {
    const { running, working, finish, service } = await start();
    await using app = running;
    const importing = request(app.port, '/import', { method: 'POST' });
    await working.opened;
    let ran = false;
    const migration = service.maintain('general', () => (ran = true), { drain: 100 });
    await expect(migration).rejects.toBeInstanceOf(MaintenanceDrainError);
    await expect(migration).rejects.toMatchObject({ routes: ['POST /import'] });
    expect(ran).toBe(false);

    const patient = service.maintain('general', () => 'migrated', { drain: 10_000 });
    finish.open();
    expect((await importing).json()).toEqual({ imported: true });
    expect(await patient).toBe('migrated');
  });
});
