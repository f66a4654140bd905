import { Controller, Get, Header } from '@nestjs/common';
import { HOUR, MaintenanceExempt, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createExpressApp } from '../support/apps.js';
import { startChromium } from '../support/chromium.js';

@MaintenanceExempt()
@Controller()
class StatusController {
  @Get()
  @Header('Content-Type', 'text/html')
  status(): string {
    return (
      '<!doctype html><html lang="en"><head><title>Status</title><link rel="icon" href="data:,">' +
      '<script src="/maintenance/script" data-exempt></script></head><body><main><h1>Status</h1></main></body></html>'
    );
  }
}

/** A link is followed: what Turbo does with the body. */
const FOLLOW = `globalThis.left = document.body.cloneNode(true);
  document.body.replaceWith(Object.assign(document.createElement('body'), { innerHTML: '<main><h1>Next</h1></main>' }))`;
/** Its reader goes back. */
const BACK = `document.body.replaceWith(globalThis.left)`;

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

const bars = (page: Page) => page.locator('[data-maintenance=banner], [data-maintenance=announcement]');
const shown = (page: Page, text: string) => bars(page).filter({ hasText: text }).waitFor();
const gone = (page: Page) => bars(page).waitFor({ state: 'detached' });

const ways: [string, (service: MaintenanceService) => Promise<() => Promise<unknown>>][] = [
  [
    'banner',
    async (service) => {
      await service.setMaintenance(true, 'general', { message: 'Soon' });
      return () => service.setMaintenance(false);
    },
  ],
  [
    'announcement',
    async (service) => {
      const start = new Date(Date.now() + HOUR);
      const plan = { start, duration: HOUR, announce: 2 * HOUR, announcement: 'Soon' };
      const { id } = await service.scheduleWindow('general', plan);
      return () => service.cancelWindow(id);
    },
  ],
];

describe('on a page whose body is replaced when a link is followed', () => {
  it.each(ways)('the %s stays, and goes for good', async (_what, begin) => {
    await using app = await createExpressApp({
      imports: [MaintenanceModule.forRoot()],
      controllers: [StatusController],
    });
    const page = await browser.newPage();
    await page.goto(app.url);
    const end = await begin(app.app.get(MaintenanceService));
    await shown(page, 'Soon');
    await page.evaluate(FOLLOW);
    expect(await page.locator('h1').textContent()).toBe('Next');
    await shown(page, 'Soon');
    await page.evaluate(axe.source);
    expect(await page.evaluate(`axe.run().then(({ violations }) => violations.map(({ id }) => id))`)).toEqual(
      [],
    );

    await end();
    await gone(page);
    await page.evaluate(BACK);
    expect([await page.locator('h1').textContent(), await bars(page).count()]).toEqual(['Status', 0]);
    await page.close();
  });
});
