import { Controller, Get, Header } from '@nestjs/common';
import { MaintenanceExempt, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createExpressApp, type RunningApp } from '../support/apps.js';
import { startChromium } from '../support/chromium.js';
import { Gates } from '../support/gates.js';
import { until } from '../support/until.js';

const html = (title: string, attributes = '') =>
  `<!doctype html><html lang="en"><head><title>${title}</title><link rel="icon" href="data:,">` +
  `<script src="/maintenance/script" ${attributes} defer></script></head><body></body></html>`;

let gates = new Gates();
beforeEach(() => {
  gates = new Gates();
});

@Controller()
class ShopController {
  @Get()
  @Header('Content-Type', 'text/html')
  async home(): Promise<string> {
    await gates.pass('shop');
    return html('Shop');
  }
}

@MaintenanceExempt()
@Controller()
class StatusController {
  @Get('status')
  @Header('Content-Type', 'text/html')
  async status(): Promise<string> {
    await gates.pass('status');
    return html('Status', 'data-exempt');
  }

  @Get('file')
  @Header('Content-Disposition', 'attachment')
  file(): string {
    return 'A file';
  }
}

const source = {
  imports: [MaintenanceModule.forRoot()],
  controllers: [ShopController, StatusController],
};

/** As in Firefox: a page that begins to be left loses its sockets at once, however long the next one takes. */
const LIKE_FIREFOX = `{
  const { WebSocket: Real } = globalThis;
  const sockets = new Set();
  globalThis.WebSocket = class extends Real {
    constructor(...given) {
      super(...given);
      sockets.add(this);
    }
  };
  addEventListener('beforeunload', () => sockets.forEach((socket) => socket.close(4000)));
}`;

const state = (page: Page) => page.evaluate<string | undefined>('globalThis.maintenance?.connection');
const live = (page: Page) =>
  until(async () => (await state(page).catch(() => '')) === 'live', { what: 'live', timeout: 15_000 });
const title = (page: Page, wanted: string) =>
  until(async () => (await page.title().catch(() => '')) === wanted, { what: wanted, timeout: 15_000 });

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

/** A maintenance page, and how often its browser has connected or begun to load a page since. */
async function closedPage(app: RunningApp) {
  await app.app.get(MaintenanceService).setMaintenance(true);
  const context = await browser.newContext();
  await context.addInitScript(LIKE_FIREFOX);
  const page = await context.newPage();
  await page.goto(app.url);
  await live(page);
  const seen = { sockets: 0, loads: 0 };
  page.on('websocket', () => seen.sockets++);
  page.on('request', (asked) => asked.isNavigationRequest() && seen.loads++);
  return { context, page, seen };
}

describe('in a browser that closes the sockets of a page as soon as it begins to be left', () => {
  it('a maintenance page can be left for a slow page', async () => {
    await using app = await createExpressApp(source);
    const { context, page, seen } = await closedPage(app);
    await page.evaluate(`void (location.href = '/status')`);
    await until(() => gates.begun.length === 1 && seen.sockets === 1, { what: 'another socket' });
    gates.open('status');
    await title(page, 'Status');
    expect(seen.loads).toBe(1);
    await context.close();
  });

  it('a maintenance page comes back to a slow page, which it asks for once', async () => {
    await using app = await createExpressApp(source);
    const { context, page, seen } = await closedPage(app);
    await app.app.get(MaintenanceService).setMaintenance(false);
    await until(() => gates.begun.length === 1 && seen.sockets === 1, { what: 'another socket' });
    gates.open('shop');
    await title(page, 'Shop');
    expect([gates.begun, seen.loads]).toEqual([['shop'], 1]);
    await context.close();
  });

  it('a page that has only begun a download stays, and notices that the server has gone', async () => {
    await using app = await createExpressApp(source);
    const { context, page, seen } = await closedPage(app);
    await Promise.all([page.waitForEvent('download'), page.evaluate(`void (location.href = '/file')`)]);
    await until(() => seen.sockets === 1, { what: 'another socket' });
    await live(page);
    expect(await page.title()).toBe('Down for maintenance');
    await app.close();
    await until(async () => (await state(page)) === 'lost', { what: 'lost', timeout: 15_000 });
    await context.close();
  });
});
