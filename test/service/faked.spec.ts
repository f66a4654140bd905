// What docs/testing.md says about suites that fake the clock or the service.
import { Controller, Get } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { HOUR, MaintenanceModule, MaintenanceService, MINUTE } from 'nestjs-maintenance';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

@Controller()
class HomeController {
  @Get()
  home(): string {
    return 'home';
  }
}

afterEach(() => {
  vi.useRealTimers();
});

describe.each(adapters)('%s, with the clock and its timers faked from the start', (_name, createApp) => {
  it('opens and closes by the faked clock, and works run and end', async () => {
    vi.useFakeTimers();
    await using running = await createApp({
      imports: [MaintenanceModule.forRoot()],
      controllers: [HomeController],
    });
    const { app, port } = running;
    const service = app.get(MaintenanceService);
    const status = async () => (await request(port, '/')).status;

    await service.scheduleWindow('general', { start: new Date(Date.now() + HOUR), duration: HOUR });
    expect(await status()).toBe(200);
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(await status()).toBe(503);
    await vi.advanceTimersByTimeAsync(HOUR);
    expect(await status()).toBe(200);

    await service.setMaintenance(true, 'general', { timeout: 2 * MINUTE });
    await vi.advanceTimersByTimeAsync(2 * MINUTE);
    expect(service.isActive()).toBe(false);
    expect(await service.maintain('general', () => status())).toBe(503);
    expect(await status()).toBe(200);
  });
});

it('notices a step of the clock alone within thirty seconds', async () => {
  await using running = await adapters[0]![1]({ imports: [MaintenanceModule.forRoot()] });
  const service = running.app.get(MaintenanceService);
  vi.useFakeTimers();
  await service.setMaintenance(true, 'general', { timeout: HOUR });
  vi.setSystemTime(Date.now() + 2 * HOUR);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(service.isActive()).toBe(false);
});

it.each(adapters)(
  '%s: a mock of the service answers the application, and nothing is refused',
  async (_name, createApp) => {
    const builder = Test.createTestingModule({
      imports: [MaintenanceModule.forRoot()],
      controllers: [HomeController],
    }).overrideProvider(MaintenanceService);
    const mock = { isActive: () => true };
    await using running = await createApp(builder.useValue(mock));
    expect(running.app.get(MaintenanceService)).toBe(mock);
    expect((await request(running.port, '/')).status).toBe(200);
    expect((await request(running.port, '/maintenance/ping')).status).toBe(200);
  },
);
