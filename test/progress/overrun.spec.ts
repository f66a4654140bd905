import { Controller, Get, Header, Injectable } from '@nestjs/common';
import { OnMaintenance, type MaintenanceChange } from 'nestjs-maintenance';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { card, PageSite } from '../admin/page-site.js';
import { createExpressApp, type CreateApp } from '../support/apps.js';
import { until } from '../support/until.js';

@Controller('shop')
class ShopController {
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  index(): string {
    return '<!doctype html><title>Shop</title><script src="/maintenance/script"></script>';
  }
}

@Injectable()
class Hooks {
  readonly heard: MaintenanceChange[] = [];

  @OnMaintenance('overrun')
  overrun(change: MaintenanceChange): void {
    this.heard.push(change);
  }
}

const site = new PageSite();
beforeAll(() => site.open());
afterAll(() => site.close());
afterEach(() => site.clean());

/** Both see that the maintenance is over. */
async function opens(visitor: Page, admin: Page): Promise<void> {
  await until(async () => (await visitor.title().catch(() => '')) === 'Shop', { timeout: 20_000 });
  await admin.getByText('The site is open').waitFor();
}

const soon = (ms: number): Date => new Date(Date.now() + ms);

it('pages of visitors and operators show that work takes longer than announced, and not before', async () => {
  await site.start({}, createExpressApp as CreateApp, { controllers: [ShopController], providers: [Hooks] });
  const { service, running } = site;
  const { heard } = running.app.get(Hooks);
  const end = soon(4_000);
  await service.setMaintenance(true, 'general', { until: end, reason: 'disk' });
  await using m = await service.maintain('general', { drain: false });
  m.progress(0.9999, { step: 'Prices', public: true });
  const { page: visitor } = await site.operator('nobody', { may: '' });
  await visitor.goto(`${running.url}/shop`);
  const { page: admin } = await site.operator('Ada');
  const progress = visitor.locator('.progress');
  const late = visitor.getByText('This is taking longer than expected.');
  const job = card(admin, 'General maintenance');
  await until(async () => /99%.*Prices/s.test(await progress.innerText()));
  await until(async () => /99%/.test(await job.innerText()));
  const shown = [await late.isVisible(), (await job.innerText()).includes('longer than expected')];
  expect(Date.now() < end.getTime() && shown.includes(true)).toBe(false);
  await late.waitFor({ timeout: 15_000 });
  expect(Date.now()).toBeGreaterThanOrEqual(end.getTime());
  m.progress(1, { step: 'Prices', public: true });
  await until(async () => (await job.innerText()).includes('longer than expected'));
  await admin
    .getByRole('listitem')
    .filter({ hasText: 'General maintenance: takes longer than expected' })
    .waitFor();
  expect(await progress.innerText()).toMatch(/99%/);
  expect(
    await visitor.locator('progress').evaluate((bar) => (bar as unknown as { value: number }).value),
  ).toBe(99);
  // nothing names an end that is over
  await visitor.locator('dl').waitFor({ state: 'hidden' });
  await until(() => heard.length > 0);
  expect(heard).toMatchObject([
    { key: 'general', from: true, to: true, until: null, at: end, reason: 'disk' },
  ]);
  await m.leave();
  await opens(visitor, admin);
  expect(heard).toHaveLength(1);
});

it('operators see that a job takes longer than expected, and visitors only if its progress is public', async () => {
  await site.start({}, createExpressApp as CreateApp, { controllers: [ShopController], providers: [Hooks] });
  const { service, running } = site;
  const { heard } = running.app.get(Hooks);
  await using m = await service.maintain('general', { drain: false, expected: 500, reason: 'move' });
  const { page: visitor } = await site.operator('nobody', { may: '' });
  await visitor.goto(`${running.url}/shop`);
  const { page: admin } = await site.operator('Ada');
  const job = card(admin, 'General maintenance');
  await until(async () => /9[5-9]%.*longer than expected/s.test(await job.innerText()), { timeout: 15_000 });
  await until(() => heard.length > 0);
  expect(heard).toMatchObject([{ key: 'general', cause: 'maintain', holder: { pid: process.pid } }]);
  expect(await visitor.getByText('longer than expected').isVisible()).toBe(false);
  m.progress({ done: 1, total: 2 }, { public: true });
  await visitor.getByText('This is taking longer than expected.').waitFor();
  expect(await visitor.locator('.progress').innerText()).toContain('50%');
  await m.leave();
  // a browser that is closed while it loads a page may take its time
  await opens(visitor, admin);
});
