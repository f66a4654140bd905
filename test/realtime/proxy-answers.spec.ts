import { Controller, Get, Header, type INestApplication } from '@nestjs/common';
import { MaintenanceKey, MaintenanceKeys, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createExpressApp, type RunningApp } from '../support/apps.js';
import { startChromium } from '../support/chromium.js';
import { until } from '../support/until.js';

@Controller()
class ShopController {
  @Get()
  @Header('Content-Type', 'text/html; charset=utf-8')
  index(): string {
    return page('Shop');
  }

  @Get('billing')
  @MaintenanceKeys('billing')
  @Header('Content-Type', 'text/html; charset=utf-8')
  billing(): string {
    return page('Billing');
  }
}

const page = (title: string): string =>
  `<!doctype html><html lang="en"><head><title>${title}</title><link rel="icon" href="data:,">` +
  '<script src="/maintenance/script"></script></head></html>';

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

/** An application, and before it what limits requests or reaches no server: it answers the next request for a path by itself. */
async function start(socket: boolean) {
  const asked: string[] = [];
  const own = new Map<string, number>();
  const proxy = (request: IncomingMessage, response: ServerResponse, next: () => void): void => {
    const { url = '' } = request;
    const status = own.get(url);
    own.delete(url);
    if (/^\/(billing|maintenance\/ping)?$/.test(url)) asked.push(`${url} ${status ?? 'passed'}`);
    if (status === undefined) {
      next();
      return;
    }
    response.writeHead(status, { 'Content-Type': 'text/html' });
    response.end('<title>Proxy</title>');
  };
  const keys = [new MaintenanceKey('billing', { scope: 'marked' })];
  const started = await createExpressApp(
    { imports: [MaintenanceModule.forRoot({ socket, keys })], controllers: [ShopController] },
    (app: INestApplication) => app.use(proxy),
  );
  return { started, asked, own, service: started.app.get(MaintenanceService) };
}

async function open({ url }: RunningApp, path: string): Promise<Page> {
  const opened = await browser.newPage();
  await opened.goto(url + path);
  const live = (): Promise<boolean> =>
    opened.evaluate(
      () =>
        (globalThis as unknown as { maintenance: { connection: string } }).maintenance.connection === 'live',
    );
  await until(live, { what: 'a live connection', timeout: 15_000 });
  return opened;
}

const title = (of: Page, wanted: string) =>
  until(async () => (await of.title()) === wanted, { what: wanted, timeout: 20_000 });

describe.each([429, 502, 504])('while a proxy answers %i by itself', (status) => {
  it.each([true, false])('an open page is kept, and asks again: socket %s', async (socket) => {
    const { started, asked, own, service } = await start(socket);
    await using running = started;
    const visitor = await open(running, '/');
    asked.length = 0;
    own.set('/maintenance/ping', status);
    await service.setMaintenance(true);
    await title(visitor, 'Down for maintenance');
    expect(asked).toEqual([`/maintenance/ping ${status}`, '/maintenance/ping passed', '/ passed']);
    await service.setMaintenance(false);
    await title(visitor, 'Shop');
    await visitor.close();
  });

  it('the maintenance page of a part of the site is kept', async () => {
    const { started, asked, own, service } = await start(true);
    await using running = started;
    await service.setMaintenance(true, 'billing');
    const visitor = await open(running, '/billing');
    await title(visitor, 'Down for maintenance');
    await until(() => asked.length === 2, { what: 'a first look', timeout: 15_000 });
    own.set('/billing', status);
    await service.setMaintenance(false, 'billing');
    await until(() => asked.length === 3, { what: 'a look at the page', timeout: 15_000 });
    await service.setMaintenance(true, 'billing');
    await until(() => asked.length === 4, { what: 'another look', timeout: 15_000 });
    expect(await visitor.title()).toBe('Down for maintenance');
    await service.setMaintenance(false, 'billing');
    await title(visitor, 'Billing');
    expect(asked).toEqual([
      '/billing passed',
      '/billing passed',
      `/billing ${status}`,
      '/billing passed',
      '/billing passed',
      '/billing passed',
    ]);
    await visitor.close();
  });
});
