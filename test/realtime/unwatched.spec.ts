import { Controller, Get, Header } from '@nestjs/common';
import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { BrowserContext, Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { createExpressApp, type RunningApp } from '../support/apps.js';
import { startChromium } from '../support/chromium.js';
import { until } from '../support/until.js';

@Controller()
class ShopController {
  @Get()
  @Header('Content-Type', 'text/html')
  home(): string {
    return '<!doctype html><title>Shop</title><link rel="icon" href="data:,"><script src="/maintenance/script" defer></script>';
  }
}

/** Like a proxy that lets no WebSocket through. */
function refuseWebSockets({ app }: RunningApp): void {
  const server = app.getHttpServer() as Server;
  server.removeAllListeners('upgrade');
  server.on('upgrade', (_request, socket: Socket) => {
    socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  });
}

const state = (page: Page) => page.evaluate<string>('globalThis.maintenance?.connection');
const is = (page: Page, wanted: string) =>
  until(async () => (await state(page)) === wanted, { what: wanted, timeout: 20_000 });

const show = (page: Page, shown: boolean) =>
  page.evaluate((hidden) => {
    Object.assign(globalThis, { isHidden: hidden });
    (globalThis as unknown as { document: EventTarget }).document.dispatchEvent(
      new Event('visibilitychange', { bubbles: true }),
    );
  }, !shown);

async function open(context: BrowserContext, { url }: RunningApp): Promise<Page> {
  const page = await context.newPage();
  await page.goto(url, { timeout: 10_000 });
  return page;
}

/** Without a window, Chromium takes every page for visible. Five seconds of waiting are shortened. */
const VISIBILITY = `{
  Object.defineProperty(document, 'hidden', { get: () => globalThis.isHidden === true });
  const wait = setTimeout;
  globalThis.setTimeout = (call, ms) => wait(call, ms === 5_000 ? 500 : ms);
}`;

it('pages that nobody looks at leave the connections of their browser to others where no WebSocket gets through', async () => {
  await using app = await createExpressApp({
    imports: [MaintenanceModule.forRoot({ socket: true })],
    controllers: [ShopController],
  });
  refuseWebSockets(app);
  await using browser = await startChromium();
  const context = await browser.newContext();
  await context.addInitScript(VISIBILITY);
  const first = await open(context, app);
  await is(first, 'live');
  const others: Page[] = [];
  // more than a browser makes connections to a host
  for (let i = 0; i < 7; i++) {
    const page = await open(context, app);
    await is(page, 'live');
    await show(page, false);
    await is(page, 'lost');
    others.push(page);
  }
  expect(await state(first)).toBe('live');
  const [back, late] = others as [Page, Page];
  await show(back, true);
  await is(back, 'live');
  await app.app.get(MaintenanceService).setMaintenance(true);
  for (const page of [first, back]) {
    await until(async () => (await page.title()) === 'Down for maintenance');
  }
  expect(await late.title()).toBe('Shop');
  await show(late, true);
  await until(async () => (await late.title()) === 'Down for maintenance');
}, 90_000);
