import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { startService } from './service.js';

const COMMAND_TIMEOUT = 200;

// as on a busy machine, or a slow disk
vi.mock('cache-manager', async (load) => {
  await delay(3 * COMMAND_TIMEOUT);
  return load();
});

it('the first changes in memory may take as long as their code takes to load', async () => {
  await using app = await startService({ commandTimeout: COMMAND_TIMEOUT });
  const [, worked] = await Promise.all([
    app.service.setMaintenance(true, 'general', { reason: 'disk' }),
    app.service.maintain('import-export', () => 'worked'),
  ]);
  expect(worked).toBe('worked');
  expect((await app.service.getKeyData())['general']).toMatchObject({ value: true, reason: 'disk' });
});
