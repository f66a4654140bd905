import { BUILTIN_TEXTS, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

const html = { headers: { accept: 'text/html' } };

it.each(adapters)('translate is called for exactly the exported texts, on %s', async (_name, createApp) => {
  const asked = new Set<string>();
  let allowed = true;
  const translate = (text: string) => {
    asked.add(text);
    return text;
  };
  const options = { coverage: 'site', translate, permissions: () => allowed } as const;
  await using running = await createApp({ imports: [MaintenanceModule.forRoot(options)] });
  const service = running.app.get(MaintenanceService);
  const visit = async () => {
    for (const path of [
      '/',
      '/maintenance/ping',
      '/maintenance/script',
      '/maintenance/menu',
      '/maintenance/keys',
      '/maintenance/admin',
    ]) {
      await request(running.port, path, html);
      await request(running.port, path);
    }
    await service.getMenuItem({ type: 'http', request: {} });
  };
  await service.scheduleWindow('general', { start: new Date(Date.now() + 600_000), duration: 60_000 });
  await visit();
  await service.setMaintenance(true);
  await visit();
  await service.setMaintenance(true, 'general', { timeout: 60_000 });
  await visit();
  await using work = await service.maintain('general', { drain: false, expected: 1 });
  work.progress(0.5, { public: true });
  await until(async () => (await service.getKeyData())['general']?.progress?.overrun);
  await visit();
  await work.leave();
  await service.setMaintenance(false, 'general', { reopenOver: 600_000 });
  await visit();
  allowed = false;
  await visit();
  expect([...asked].toSorted()).toEqual([...BUILTIN_TEXTS].toSorted());
});
