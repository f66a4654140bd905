import { Controller, Get, Header } from '@nestjs/common';
import {
  GENERAL_MAINTENANCE,
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapters, createExpressApp, type RunningApp } from '../support/apps.js';
import { startChromium } from '../support/chromium.js';
import { freePort } from '../support/process.js';
import { until } from '../support/until.js';

const CSP = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:";
const html = (title: string, attributes = '', extra = '') =>
  `<!doctype html><html lang="en"><head><title>${title}</title><link rel="icon" href="data:,">` +
  `<script src="/shop/recorder"></script><script src="/maintenance/script" ${attributes}></script></head>` +
  `<body><main><h1>${title}</h1><input aria-label="Name">${extra}</main></body></html>`;

const COLOUR = (element: unknown): string =>
  (globalThis as unknown as { getComputedStyle(of: unknown): { backgroundColor: string } }).getComputedStyle(
    element,
  ).backgroundColor;

/** Keeps what the page is told, across reloads; a file, since the policy allows no inline script. */
const RECORDER = `
  window.heard = [];
  addEventListener('maintenance:change', (event) => heard.push(event.detail));
  addEventListener('securitypolicyviolation', (event) => {
    sessionStorage.violations = (sessionStorage.violations || '') + event.violatedDirective + ' ' + event.blockedURI + '\\n';
  });
  sessionStorage.loads = Number(sessionStorage.loads || 0) + 1;
`;

@Controller('shop')
class ShopController {
  @Get()
  @Header('Content-Security-Policy', CSP)
  @Header('Content-Type', 'text/html; charset=utf-8')
  index(): string {
    return html('Shop');
  }

  @Get('billing')
  @MaintenanceKeys('billing')
  @Header('Content-Type', 'text/html; charset=utf-8')
  billing(): string {
    return html('Billing');
  }
}

@MaintenanceExempt()
@Controller('shop')
class OpenController {
  @Get('recorder')
  @Header('Content-Type', 'text/javascript')
  recorder(): string {
    return RECORDER;
  }

  @Get('status')
  @Header('Content-Security-Policy', CSP)
  @Header('Content-Type', 'text/html; charset=utf-8')
  status(): string {
    return html('Status', 'data-banner');
  }

  @Get('exempt')
  @Header('Content-Type', 'text/html; charset=utf-8')
  exempt(): string {
    return html('Exempt', 'data-exempt data-banner="none"');
  }

  @Get('forgotten')
  @Header('Content-Type', 'text/html; charset=utf-8')
  forgotten(): string {
    return html('Forgotten');
  }

  @Get('office')
  @Header('Content-Security-Policy', CSP)
  @Header('Content-Type', 'text/html; charset=utf-8')
  office(): string {
    return html('Office', 'data-admin');
  }
}

const source = (options: MaintenanceRootOptions = {}) => ({
  imports: [
    MaintenanceModule.forRoot({ keys: [new MaintenanceKey('billing', { scope: 'marked' })], ...options }),
  ],
  controllers: [ShopController, OpenController],
});
const service = ({ app }: RunningApp) => app.get(MaintenanceService);
const title = (page: Page, wanted: string) =>
  until(async () => (await page.title()) === wanted, { what: wanted, timeout: 15_000 });
const closed = (page: Page) => title(page, 'Down for maintenance');
/** The page's own script counts its loads, some time after its title can be read. */
const loaded = (page: Page, times: string) =>
  until(async () => (await stored(page, 'loads')) === times, { what: `${times} loads` });
const stored = (page: Page, name: string) =>
  page.evaluate<string | null>(`sessionStorage.getItem('${name}')`);

type Api = {
  status: { maintenanceMode: boolean } | null;
  connection: string;
  ping(key?: string): Promise<unknown>;
  close(): void;
};
const connection = (page: Page) =>
  page.evaluate(() => (globalThis as unknown as { maintenance: Api }).maintenance.connection);
const live = (page: Page) =>
  until(async () => (await connection(page)) === 'live', { what: 'a live connection', timeout: 15_000 });
const heard = (page: Page) =>
  page.evaluate(() =>
    (globalThis as unknown as { heard: { maintenanceMode: boolean }[] }).heard.map(
      (status) => status.maintenanceMode,
    ),
  );

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

async function open(app: RunningApp, path = '/shop'): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(app.url + path);
  return page;
}

describe.each(adapters)('pages that include the script on %s', (_name, createApp) => {
  it('are replaced when maintenance begins and return when it ends', async () => {
    await using app = await createApp(source());
    const [one, two] = [await open(app), await open(app)];
    await Promise.all([live(one), live(two)]);
    expect(await heard(one)).toEqual([false]);
    await service(app).setMaintenance(true, GENERAL_MAINTENANCE, { message: 'Be right back' });
    await Promise.all([closed(one), closed(two)]);
    expect(await one.textContent('.message')).toBe('Be right back');
    await Promise.all([live(one), live(two)]);
    await service(app).setMaintenance(false);
    await Promise.all([title(one, 'Shop'), title(two, 'Shop')]);
    expect(await loaded(one, '2')).toBe(true);
    expect(await stored(one, 'violations')).toBeNull();
    await Promise.all([one.close(), two.close()]);
  });

  it('return when maintenance ends by itself', async () => {
    await using app = await createApp(source());
    const page = await open(app);
    await live(page);
    await service(app).setMaintenance(true, GENERAL_MAINTENANCE, { timeout: 6_000 });
    await closed(page);
    await title(page, 'Shop');
    expect(await loaded(page, '2')).toBe(true);
    await page.close();
  });
});

describe('the browser script', () => {
  it('reports no violation of the policy of the built-in page, over a WebSocket', async () => {
    await using app = await createExpressApp(source());
    await service(app).setMaintenance(true);
    const page = await browser.newPage();
    const problems: string[] = [];
    const sockets: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('websocket', (socket) => sockets.push(socket.url()));
    await page.goto(`${app.url}/shop`);
    await live(page);
    expect(sockets).toHaveLength(1);
    expect(sockets[0]).toMatch(/^ws:.*transport=websocket/);
    // the status of the page itself
    expect(problems.filter((text) => !text.includes('503'))).toEqual([]);
    await page.close();
  });

  it('comes back after the server has restarted', async () => {
    const first = await createExpressApp(source(), undefined, { port: await freePort() });
    await service(first).setMaintenance(true);
    const page = await open(first);
    await live(page);
    await first.close();
    await until(async () => (await connection(page)) === 'lost');
    await using second = await createExpressApp(source(), undefined, { port: first.port });
    await title(page, 'Shop');
    expect(second.port).toBe(first.port);
    await page.close();
  });

  it('shows a banner with the message on an exempt page, and stays there', async () => {
    await using app = await createExpressApp(source());
    const page = await open(app, '/shop/status');
    await live(page);
    await page.fill('input', 'half an order');
    const message = `</script><img src=x onerror=alert(1)> "it's" $& soon`;
    await service(app).setMaintenance(true, GENERAL_MAINTENANCE, { message });
    const banner = page.locator('[data-maintenance=banner]');
    await banner.waitFor();
    expect(await banner.textContent()).toBe(message);
    expect(await banner.getAttribute('role')).toBe('status');
    expect(await page.inputValue('input')).toBe('half an order');
    await service(app).setMaintenance(false);
    await banner.waitFor({ state: 'detached' });
    expect(await heard(page)).toEqual([false, true, false]);
    expect(await stored(page, 'loads')).toBe('1');
    expect(await stored(page, 'violations')).toBeNull();
    await page.close();
  });

  it('marks pages for operators with a red edge that hides nothing', async () => {
    await using app = await createExpressApp(source());
    await service(app).setMaintenance(true);
    const page = await open(app, '/shop/office');
    const label = page.locator('[data-maintenance=edge]');
    await label.waitFor();
    expect(await label.textContent()).toBe('Maintenance mode is on');
    const line = await page.locator('[data-maintenance=edge-line]').boundingBox();
    expect(line).toMatchObject({ x: 0, y: 0, width: 8, height: page.viewportSize()?.height });
    expect(await page.locator('[data-maintenance=edge-line]').evaluate(COLOUR)).toBe('rgb(179, 22, 27)');
    await page.click('h1', { position: { x: 2, y: 2 } });
    expect(await stored(page, 'violations')).toBeNull();
    const free = await browser.newContext({ bypassCSP: true });
    const checked = await free.newPage();
    await checked.goto(`${app.url}/shop/office`);
    await checked.locator('[data-maintenance=edge]').waitFor();
    await checked.evaluate(axe.source);
    const { violations } = await checked.evaluate(() =>
      (globalThis as unknown as { axe: typeof axe }).axe.run(),
    );
    expect(violations).toEqual([]);
    await free.close();
    await page.close();
  });

  it('does not keep reloading a page that is served in spite of maintenance', async () => {
    await using app = await createExpressApp(source());
    const page = await open(app, '/shop/forgotten');
    await live(page);
    await service(app).setMaintenance(true, GENERAL_MAINTENANCE, { message: 'Out' });
    await page.locator('[data-maintenance=banner]').waitFor();
    expect(await loaded(page, '2')).toBe(true);
    const silent = await open(app, '/shop/exempt');
    await until(async () => (await heard(silent)).length === 1);
    expect(await silent.locator('[data-maintenance]').count()).toBe(0);
    expect(await stored(silent, 'loads')).toBe('1');
    await Promise.all([page.close(), silent.close()]);
  });

  it('does not touch pages that maintenance does not affect', async () => {
    await using app = await createExpressApp(source({ bypass: { ips: ['127.0.0.1'] } }));
    const page = await open(app);
    await live(page);
    const asked = page.waitForResponse((response) => response.url().endsWith('/ping'));
    await service(app).setMaintenance(true);
    expect((await asked).status()).toBe(200);
    await until(async () => (await heard(page)).length === 2);
    await service(app).setMaintenance(false);
    await until(async () => (await heard(page)).length === 3);
    expect(await stored(page, 'loads')).toBe('1');
    await page.close();
  });

  it('returns to a page of a key that closed only a part of the site', async () => {
    await using app = await createExpressApp(source());
    await service(app).setMaintenance(true, 'billing');
    const page = await open(app, '/shop/billing');
    await closed(page);
    await live(page);
    await service(app).setMaintenance(false, 'billing');
    await title(page, 'Billing');
    expect(await loaded(page, '1')).toBe(true);
    await page.close();
  });

  it.each([{ socket: true }, { socket: false }])(
    'runs under a strict policy with a nonce and trusted types: %j',
    async ({ socket }) => {
      const policy = `default-src 'none'; script-src 'nonce-abc' 'strict-dynamic'; connect-src 'self'; img-src data:; require-trusted-types-for 'script'; trusted-types 'none'`;
      // a page of the application's own
      const template = (): string =>
        `<!doctype html><html lang="en"><head><title>Closed</title><link rel="icon" href="data:,">` +
        `<meta http-equiv="Content-Security-Policy" content="${policy}">` +
        `<script nonce="abc" src="/maintenance/script" data-page="maintenance"></script></head><body><p>Closed</p></body></html>`;
      await using app = await createExpressApp(source({ socket, template }));
      await service(app).setMaintenance(true, 'billing');
      const page = await browser.newPage();
      const problems: string[] = [];
      page.on('console', (message) => problems.push(message.text()));
      page.on('pageerror', (error) => problems.push(String(error)));
      const looked = page.waitForResponse(
        (response) => response.url().endsWith('/billing') && !response.request().isNavigationRequest(),
      );
      await page.goto(`${app.url}/shop/billing`);
      await live(page);
      await (await looked).finished();
      await service(app).setMaintenance(false, 'billing');
      await title(page, 'Billing');
      expect(problems.filter((text) => !text.includes('503'))).toEqual([]);
      await page.close();
    },
  );

  it('polls the ping endpoint if no socket gets through', async () => {
    await using app = await createExpressApp(source());
    const context = await browser.newContext();
    await context.route('**/socket.io/**', (route) => route.abort());
    await context.routeWebSocket(/socket\.io/, (socket) => socket.close());
    const page = await context.newPage();
    await page.goto(`${app.url}/shop/status`);
    await until(async () => (await connection(page)) === 'polling', { timeout: 15_000 });
    await service(app).setMaintenance(true, GENERAL_MAINTENANCE, { message: 'By post' });
    await page.locator('[data-maintenance=banner]', { hasText: 'By post' }).waitFor({ timeout: 15_000 });
    expect((await heard(page)).at(-1)).toBe(true);
    await context.close();
  });

  it('connects to the origin of socket.url, and the policy of the page allows it', async () => {
    await using elsewhere = await createExpressApp(source());
    await using app = await createExpressApp(source({ socket: { url: () => elsewhere.url } }));
    await service(app).setMaintenance(true);
    await service(elsewhere).setMaintenance(true);
    const page = await browser.newPage();
    const problems: string[] = [];
    const sockets: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('websocket', (socket) => sockets.push(socket.url()));
    await page.goto(`${app.url}/shop`);
    await live(page);
    expect(sockets[0]).toContain(`:${elsewhere.port}/`);
    expect(problems.filter((text) => !text.includes('503'))).toEqual([]);
    await page.close();
  });

  it.each<[string, string]>([
    ['an element', '<main id="maintenance"><h1>Own</h1></main>'],
    ['a frame', '<iframe name="maintenance" src="data:text/html,frame"></iframe>'],
    ['a variable', '<script>var maintenance = false;</script>'],
  ])('runs although the page has %s named "maintenance"', async (_what, content) => {
    await using app = await createExpressApp(source());
    const page = await browser.newPage();
    await page.goto(`${app.url}/maintenance/ping`);
    const script = '<script src="/maintenance/script" data-banner="Closed"></script>';
    await page.setContent(content + script + script);
    await service(app).setMaintenance(true);
    await until(() => page.locator('[data-maintenance=banner]').count(), { timeout: 10_000 });
    expect(await page.locator('[data-maintenance=banner]').allTextContents()).toEqual(['Closed']);
    await page.close();
  });

  it("leaves a page's own variable as it is", async () => {
    await using app = await createExpressApp(source());
    const page = await browser.newPage();
    await page.goto(`${app.url}/maintenance/ping`);
    await page.setContent(
      '<script>var maintenance = { planned: true };</script><script src="/maintenance/script" data-banner></script>',
    );
    await service(app).setMaintenance(true);
    await until(() => page.locator('[data-maintenance=banner]').count(), { timeout: 10_000 });
    expect(await page.evaluate('maintenance')).toEqual({ planned: true });
    await page.close();
  });

  it('takes the namespace and the path of its tag without their slashes', async () => {
    await using app = await createExpressApp(source({ socket: { namespace: 'own', path: '/ws' } }));
    const page = await browser.newPage();
    await page.goto(`${app.url}/maintenance/ping`);
    await page.setContent('<script src="/maintenance/script" data-namespace="own" data-path="ws"></script>');
    await live(page);
    expect(await connection(page)).toBe('live');
    await page.close();
  });

  it('exposes an API to the page', async () => {
    await using app = await createExpressApp(source());
    const page = await open(app, '/shop/exempt');
    await live(page);
    const state = await page.evaluate(async () => {
      const { maintenance } = globalThis as unknown as { maintenance: Api };
      const pong = await maintenance.ping('billing');
      maintenance.close();
      return { pong, status: maintenance.status, io: typeof (globalThis as { io?: unknown }).io };
    });
    expect(state).toMatchObject({
      pong: { maintenanceMode: false, currentMode: false },
      status: { maintenanceMode: false, modes: { general: false, billing: false } },
      io: 'undefined',
    });
    await page.close();
  });
});
