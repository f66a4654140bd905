import axe from 'axe-core';
import { Controller, Get, Header, Query } from '@nestjs/common';
import {
  HOUR,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Listener } from '../realtime/listener.js';
import { TestClient } from '../realtime/clients.js';
import { adapters, createExpressApp, type RunningApp } from '../support/apps.js';
import { startChromium } from '../support/chromium.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

const CSP = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src data:";

@Controller('shop')
class ShopController {
  @Get()
  @Header('Content-Security-Policy', CSP)
  @Header('Content-Type', 'text/html; charset=utf-8')
  index(@Query('attributes') attributes = '', @Query('lang') lang = 'en'): string {
    return (
      `<!doctype html><html lang="${lang}"><head><title>Shop</title><meta name="viewport" content="width=device-width">` +
      `<link rel="icon" href="data:,"><script src="/maintenance/script" ${attributes}></script></head>` +
      `<body><main><h1>Shop</h1><p>Something to read.</p></main></body></html>`
    );
  }
}

/** Notes what the policy refuses, and what moves. */
const WATCH = `
  var violations = [], shifts = 0;
  addEventListener('securitypolicyviolation', (event) => violations.push(event.violatedDirective));
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => (shifts += entry.value)))
    .observe({ type: 'layout-shift', buffered: true });
`;

const source = (options: MaintenanceRootOptions = {}) => ({
  imports: [
    MaintenanceModule.forRoot({
      keys: [new MaintenanceKey('billing'), new MaintenanceKey('hidden', { public: false })],
      ...options,
    }),
  ],
  controllers: [ShopController],
});
const service = ({ app }: RunningApp) => app.get(MaintenanceService);
const soon = (ms: number): Date => new Date(Date.now() + ms);
const ping = async (app: RunningApp) =>
  (await request(app.port, '/maintenance/ping')).json<Record<string, unknown>>();

describe.each(adapters)('planned windows, as visitors see them on %s', (_name, createApp) => {
  it('are in ping, status and events from their announcement to their start', async () => {
    await using app = await createApp(source());
    using listener = await Listener.open(app);
    using client = await TestClient.connect(app.url);
    await listener.told(1);
    const { start, end } = await service(app).scheduleWindow('billing', {
      start: soon(4_500),
      duration: HOUR,
      announce: 2_200,
      announcement: 'Invoices rest tonight.',
    });
    await service(app).scheduleWindow('hidden', { start: soon(3_000), duration: HOUR });
    expect(await ping(app)).not.toHaveProperty('upcoming');
    const upcoming = [
      {
        key: 'billing',
        start: start.toISOString(),
        end: end.toISOString(),
        message: 'Invoices rest tonight.',
      },
    ];
    await client.sees((status) => status.upcoming !== undefined);
    expect(Date.now()).toBeGreaterThanOrEqual(start.getTime() - 2_210);
    expect(client.statuses.at(-1)).toMatchObject({ maintenanceMode: false, upcoming });
    expect(await ping(app)).toMatchObject({ maintenanceMode: false, upcoming });
    expect((await service(app).getKeyData())['billing']).toMatchObject({ phase: 'announced', upcoming });
    await client.sees((status) => status.modes['billing'] === true);
    expect(client.statuses.at(-1)).not.toHaveProperty('upcoming');
    expect(await ping(app)).not.toHaveProperty('upcoming');
    await until(() => listener.statuses.at(-1)?.modes['billing'] === true);
    const told = listener.statuses.map((status) => status.upcoming?.length ?? 0);
    expect(told.filter((count) => count === 1).length).toBeGreaterThan(0);
    expect(told.at(-1)).toBe(0);
  });

  it('have a sentence in the requested language', async () => {
    const translate = (text: string, language: string): string => (language === 'de' ? `DE ${text}` : text);
    await using app = await createApp(source({ translate, languages: ['en', 'de'] }));
    await service(app).scheduleWindow('billing', { start: soon(HOUR), duration: HOUR });
    const { json } = await request(app.port, '/maintenance/ping', { headers: { 'accept-language': 'de' } });
    expect(json()).toMatchObject({ upcoming: [{ message: 'DE Maintenance is planned.' }] });
  });
});

describe('the bar of a page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser.close());

  const BAR = '[data-maintenance=announcement]';
  const open = async (app: RunningApp, attributes = '', settings = {}): Promise<Page> => {
    const context = await browser.newContext({ timezoneId: 'Asia/Kathmandu', locale: 'en-GB', ...settings });
    const page = await context.newPage();
    await page.goto(`${app.url}/shop?attributes=${encodeURIComponent(attributes)}`);
    return page;
  };

  it('shows text, time in the visitor’s zone and countdown, moves nothing, and disappears when the window begins', async () => {
    await using app = await createExpressApp(source());
    const window = await service(app).scheduleWindow('billing', {
      start: { at: '2031-03-04T20:00', timeZone: 'UTC' },
      duration: 2 * HOUR,
      announce: 366 * 24 * HOUR,
      announcement: 'Invoices rest tonight.',
    });
    const { id } = window;
    const page = await open(app);
    await page.evaluate(WATCH);
    // announced at most a year before
    expect(await page.locator(BAR).count()).toBe(0);
    await service(app).updateWindow(id, { start: soon(90 * 60_000) });
    const bar = page.locator(BAR);
    await bar.waitFor();
    const text = (await bar.textContent())!;
    expect(text).toContain('Invoices rest tonight.');
    const [{ start, end } = window] = service(app).getWindows();
    const time = (of: Date) =>
      of.toLocaleTimeString('en-GB', { timeZone: 'Asia/Kathmandu', hour: '2-digit', minute: '2-digit' });
    expect(text).toContain(time(start));
    expect(text).toContain(time(end));
    expect(await bar.locator('[role=timer]').textContent()).toMatch(/^in 1 hrs?,? \d+ mins?,? \d+ secs?$/);
    const first = await bar.locator('[role=timer]').textContent();
    await until(async () => (await bar.locator('[role=timer]').textContent()) !== first);
    await page.evaluate(axe.source);
    const { violations: problems } = await page.evaluate<axe.AxeResults>(`axe.run(document.body)`);
    expect(problems.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
    expect(await page.evaluate('shifts')).toBe(0);
    expect(await page.evaluate('violations')).toEqual([]);
    await service(app).cancelWindow(id);
    await bar.waitFor({ state: 'detached' });
    await page.context().close();
  });

  it.each([
    ['en_US', /in 29 min|in 30 min/],
    ['de_DE', /in (29|30) Min\./],
    ['{{lang}}', /in 29 min|in 30 min/],
    [' ', /in 29 min|in 30 min/],
    ['', /in 29 min|in 30 min/],
  ])('is shown whatever the page says its language is: "%s"', async (lang, left) => {
    await using app = await createExpressApp(source());
    await service(app).scheduleWindow('billing', { start: soon(30 * 60_000), duration: HOUR });
    const context = await browser.newContext({ locale: 'en-GB' });
    const page = await context.newPage();
    const problems: string[] = [];
    page.on('pageerror', ({ message }) => problems.push(message));
    await page.goto(`${app.url}/shop?lang=${encodeURIComponent(lang)}`);
    await page.locator(BAR).locator('[role=timer]', { hasText: left }).waitFor({ timeout: 10_000 });
    expect(problems).toEqual([]);
    await context.close();
  });

  it('is dismissed for good, unless the page makes it permanent', async () => {
    await using app = await createExpressApp(source());
    await service(app).scheduleWindow('billing', { start: soon(30 * 60_000), duration: HOUR });
    const page = await open(app);
    const bar = page.locator(BAR);
    await bar.getByRole('button', { name: 'Close' }).click();
    await bar.waitFor({ state: 'detached' });
    await page.reload();
    await until(() => page.evaluate('maintenance.status !== null'));
    expect(await bar.count()).toBe(0);
    // another window is news
    await service(app).scheduleWindow('general', { start: soon(20 * 60_000), duration: 60_000 });
    await bar.waitFor();
    await page.goto(`${app.url}/shop?attributes=${encodeURIComponent('data-announce="always"')}`);
    await bar.waitFor();
    expect(await bar.getByRole('button').count()).toBe(0);
    await page.goto(`${app.url}/shop?attributes=${encodeURIComponent('data-announce="none"')}`);
    await until(() => page.evaluate('maintenance.status !== null'));
    expect(await bar.count()).toBe(0);
    await page.context().close();
  });

  it('stays dismissed when another one is, too', async () => {
    await using app = await createExpressApp(source());
    await service(app).scheduleWindow('billing', { start: soon(30 * 60_000), duration: HOUR });
    await service(app).scheduleWindow('general', { start: soon(20 * 60_000), duration: 60_000 });
    const page = await open(app);
    const bar = page.locator(BAR);
    for (let i = 0; i < 2; i++) {
      await bar.getByRole('button', { name: 'Close' }).click();
      await bar.waitFor({ state: 'detached' });
      await page.reload();
    }
    await until(() => page.evaluate('maintenance.status !== null'));
    expect(await bar.count()).toBe(0);
    await page.context().close();
  });

  it('is followed by the maintenance page each time a window begins', async () => {
    await using app = await createExpressApp(source({ reloadRate: 10_000 }));
    const titled = (page: Page, title: string) =>
      until(async () => (await page.title()) === title, { what: title, timeout: 15_000 });
    const first = await service(app).scheduleWindow('general', { start: soon(3_000), duration: 5_000 });
    await service(app).scheduleWindow('general', {
      start: new Date(first.end.getTime() + 6_000),
      duration: HOUR,
    });
    const page = await open(app);
    await titled(page, 'Down for maintenance');
    await titled(page, 'Shop');
    await titled(page, 'Down for maintenance');
    expect(service(app).isActive('general')).toBe(true);
    await page.context().close();
  });

  it('fits a phone', async () => {
    await using app = await createExpressApp(source());
    await service(app).scheduleWindow('billing', {
      start: soon(30 * 60_000),
      duration: HOUR,
      announcement:
        'We are moving to a bigger database, and invoices cannot be written meanwhile. Thank you for your patience.',
    });
    const page = await open(app, '', { viewport: { width: 320, height: 560 }, colorScheme: 'dark' });
    const bar = page.locator(BAR);
    await bar.waitFor();
    const box = (await bar.boundingBox())!;
    expect([box.x, box.width, Math.round(box.y + box.height)]).toEqual([0, 320, 560]);
    expect(box.height).toBeLessThan(240);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    if (process.env['SHOTS']) {
      await page.screenshot({ path: `${process.env['SHOTS']}/phone.png` });
      const wide = await open(app, '', { viewport: { width: 1200, height: 500 } });
      await wide.locator(BAR).waitFor();
      await wide.screenshot({ path: `${process.env['SHOTS']}/wide.png` });
    }
    await page.context().close();
  });
});
