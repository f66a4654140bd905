import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import axe from 'axe-core';
import { MaintenanceKey, MaintenanceService, type MaintenanceRootOptions } from 'nestjs-maintenance';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createExpressApp, createFastifyApp, type CreateApp, type RunningApp } from '../support/apps.js';
import { Child } from '../support/child.js';
import { startChromium } from '../support/chromium.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { adminModule, ALL, as } from './operators.js';

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(2)>" onload='x' javascript:alert(3) $' $& {label}`;

let browser: Browser;
let running: RunningApp;
let service: MaintenanceService;
const cleanups: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(
  options: MaintenanceRootOptions = {},
  createApp: CreateApp = createExpressApp as CreateApp,
) {
  running = await createApp({ imports: [adminModule({ socket: true, ...options })] });
  service = running.app.get(MaintenanceService);
  cleanups.push(() => running.close());
}

interface Operator {
  page: Page;
  /** What the browser complained about. */
  refused: string[];
  /** What it asked other hosts for. */
  foreign: string[];
}

/** An operator's browser, with the admin page open. */
async function operator(
  user: string,
  options: BrowserContextOptions & { may?: string } = {},
): Promise<Operator> {
  const { may = ALL, ...rest } = options;
  const tab = await browser.newContext({
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
    extraHTTPHeaders: { 'x-may': may, 'x-user': user },
    ...rest,
  });
  cleanups.push(() => tab.close());
  const page = await tab.newPage();
  // less than the test's own, so that a failure says what was waited for
  page.setDefaultTimeout(20_000);
  const refused: string[] = [];
  const foreign: string[] = [];
  page.on('console', (entry) => /status of 40[39]/.test(entry.text()) || refused.push(entry.text()));
  page.on('pageerror', (error) => refused.push(error.message));
  page.on('request', (asked) => {
    const { origin, protocol } = new URL(asked.url());
    if (protocol !== 'data:' && origin !== running.url) foreign.push(asked.url());
  });
  await page.goto(`${running.url}/maintenance/admin`);
  return { page, refused, foreign };
}

const card = (page: Page, label: string) => page.getByRole('region', { name: label });
const press = (page: Page, label: string, button: string) =>
  card(page, label).getByRole('button', { name: button }).click();
const confirm = (page: Page, button: string) =>
  page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click();
const headline = (page: Page, text: string) => page.getByRole('heading', { level: 1, name: text }).waitFor();

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
    'axe.run().then((result) => result.violations)',
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

describe.each([
  ['express', createExpressApp as CreateApp],
  ['fastify', createFastifyApp as CreateApp],
])('admin page on %s', (_name, createApp) => {
  beforeEach(() => start({}, createApp));

  it('switches on in one browser and is seen in two others, by socket, then off', async () => {
    const [ada, bob, eve] = await Promise.all(['Ada', 'Bob', 'Eve'].map((user) => operator(user)));
    for (const { page } of [ada!, bob!, eve!]) await page.getByText('Live', { exact: true }).waitFor();
    // from here on only the socket can tell them in time
    for (const { page } of [bob!, eve!]) await page.clock.install();
    await press(ada!.page, 'General maintenance', 'Switch on…');
    await ada!.page.getByLabel('4 hours').check();
    await ada!.page.getByLabel('Message for visitors').fill('Back at four');
    await ada!.page.getByLabel('Reason').fill('OPS-4711');
    await confirm(ada!.page, 'Switch on');
    for (const { page } of [ada!, bob!, eve!]) {
      await headline(page, 'The site is in maintenance');
      const text = await card(page, 'General maintenance').innerText();
      for (const part of ['In maintenance', 'Ada', 'OPS-4711', 'Back at four', 'in 4 hours']) {
        expect(text).toContain(part);
      }
    }
    expect(await ada!.page.locator('#toast').innerText()).toBe('General maintenance is in maintenance.');
    const { general } = await service.getKeyData();
    expect(Date.parse(general!.until!) - Date.parse(general!.since!)).toBe(4 * 3_600_000);

    await press(bob!.page, 'General maintenance', 'Switch off…');
    await confirm(bob!.page, 'Switch off');
    for (const { page } of [ada!, bob!, eve!]) await headline(page, 'The site is open');
    for (const { refused, foreign } of [ada!, bob!, eve!]) {
      expect(refused).toEqual([]);
      expect(foreign).toEqual([]);
    }
  });
});

describe('admin page', () => {
  it('tells the second of two operators, keeps their words and lets them decide', async () => {
    await start();
    const ada = await operator('Ada');
    const bob = await operator('Bob');
    for (const { page } of [ada, bob]) {
      await press(page, 'Checkout', 'Switch on…');
      await page.getByLabel('Reason').fill('mine');
    }
    await bob.page.getByLabel('Message for visitors').fill('Typed with care');
    await confirm(ada.page, 'Switch on');
    const dialog = bob.page.getByRole('dialog');
    await dialog.getByText('Somebody changed this meanwhile').waitFor();
    expect(await dialog.locator('.now').innerText()).toMatch(/^In maintenance · .* · Ada · mine$/);
    expect(await bob.page.getByLabel('Message for visitors').inputValue()).toBe('Typed with care');
    expect(await service.getKeyData()).toMatchObject({ checkout: { actor: 'Ada', message: null } });
    await confirm(bob.page, 'Do it anyway');
    await until(async () => (await service.getKeyData())['checkout']?.actor === 'Bob');
    expect(await service.getKeyData()).toMatchObject({ checkout: { message: 'Typed with care' } });
  });

  it('tells the loser also when nothing but the answer does', async () => {
    await start({ socket: false });
    const { page, refused } = await operator('Bob');
    await press(page, 'Checkout', 'Switch on…');
    // the page hears nothing of it until it is answered
    let answered = false;
    page.on('response', (response) => (answered ||= response.status() === 409));
    await page.route('**/admin/state', (route) => (answered ? route.continue() : route.abort()));
    await service.setMaintenance(true, 'checkout', { actor: 'Ada', reason: 'first' });
    await confirm(page, 'Switch on');
    await page.getByRole('dialog').getByText('Ada · first').waitFor();
    expect(await service.getKeyData()).toMatchObject({ checkout: { actor: 'Ada' } });
    expect(refused.filter((text) => !text.includes('ERR_FAILED'))).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  });

  it('says when the connection is lost and finds back by itself', async () => {
    await start();
    await service.setMaintenance(true, 'general', { actor: 'Ada' });
    const { page } = await operator('Ada');
    await headline(page, 'The site is in maintenance');
    await page.context().setOffline(true);
    await page.getByRole('alert').getByText('Connection lost').waitFor();
    expect(await page.locator('#note').innerText()).toMatch(
      /^Last known at \d\d:\d\d:\d\d: General maintenance since /,
    );
    await press(page, 'General maintenance', 'Switch off…');
    await confirm(page, 'Switch off');
    await page.getByRole('dialog').getByText('The server did not answer').waitFor();
    expect(service.isInMaintenance().value).toBe(true);
    await page.keyboard.press('Escape');
    await service.setMaintenance(false);
    await page.context().setOffline(false);
    await headline(page, 'The site is open');
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('says so when the server has gone away, and comes back with it', async () => {
    await start();
    const { page } = await operator('Ada');
    await page.getByText('Live', { exact: true }).waitFor();
    const { port } = running;
    await running.close();
    await page.getByRole('alert').getByText('Connection lost').waitFor();
    @Module({ imports: [adminModule({ socket: true })] })
    class Again {}
    const again = await NestFactory.create(Again, { logger: false });
    cleanups.push(() => again.close());
    await again.listen(port, '127.0.0.1');
    await again.get(MaintenanceService).setMaintenance(true, 'general', { reason: 'new server' });
    await headline(page, 'The site is in maintenance');
    expect(await card(page, 'General maintenance').innerText()).toContain('new server');
  });

  it('says so when the session has ended', async () => {
    await start({ socket: false });
    const { page } = await operator('Ada');
    await headline(page, 'The site is open');
    await page.setExtraHTTPHeaders({ 'x-user': 'nobody' });
    await page.getByRole('alert').getByText('You may no longer see this page').waitFor({ timeout: 15_000 });
    expect(await page.getByRole('button', { name: 'Reload' }).isVisible()).toBe(true);
  });

  it('shows what holds a key, what was abandoned, and ends it for all', async () => {
    await start();
    const { page } = await operator('Ada');
    const job = await service.maintain('import-export', { drain: false, reason: 'nightly', actor: 'worker' });
    await headline(page, 'Part of the site is in maintenance');
    await card(page, 'Import and export').getByText('A running job holds it.').waitFor();
    await service.setMaintenance(true, 'import-export');
    await press(page, 'Import and export', 'Switch off…');
    await page.getByRole('dialog').getByText('A running job still holds it').waitFor();
    await confirm(page, 'Switch off');
    await page.getByText('Import and export is switched off, but a job still holds it.').waitFor();
    await press(page, 'Import and export', 'Unset…');
    await confirm(page, 'Unset');
    await headline(page, 'The site is open');
    expect(job.signal.aborted).toBe(true);
    await job.leave();
  });

  it('shows what another replica does, and what it leaves behind when it dies', async () => {
    const redis = await RedisServer.start();
    cleanups.push(() => redis.stop());
    await start({ redis: redis.url });
    const { page } = await operator('Ada');
    await using other = await Child.start('replica', { env: { REDIS_URL: redis.url } });
    await other.send('set', true, 'general', { actor: 'Bob' });
    await headline(page, 'The site is in maintenance');
    await other.send('unset', 'general');
    await headline(page, 'The site is open');
    await other.send('hold', 'job', 'import-export', { drain: false, actor: 'worker' });
    await card(page, 'Import and export').getByText('A running job holds it.').waitFor();
    await other.kill();
    await card(page, 'Import and export').getByText('The job that held it has died.').waitFor();
    expect(await violations(page)).toEqual([]);
    await press(page, 'Import and export', 'Unset…');
    await confirm(page, 'Unset');
    await headline(page, 'The site is open');
    expect(await service.getKeyData()).toMatchObject({ 'import-export': { value: false, actor: null } });
  });

  it('shows an end that comes by itself', async () => {
    await start();
    const { page } = await operator('Ada');
    await service.setMaintenance(true, 'general', { timeout: 1_000 });
    await headline(page, 'The site is in maintenance');
    await headline(page, 'The site is open');
    expect(await page.title()).toBe('The site is open – Maintenance');
  });

  it('changes what was said and keeps the end', async () => {
    await start();
    const end = new Date(Date.now() + 7_200_000);
    await service.setMaintenance(true, 'general', { until: end, message: 'One', reason: 'why' });
    const { page } = await operator('Ada');
    await press(page, 'General maintenance', 'Change…');
    expect(await page.getByLabel('Reason').inputValue()).toBe('why');
    await page.getByLabel('Message for visitors').fill('Two');
    await confirm(page, 'Save');
    await page.getByText('General maintenance was changed.').waitFor();
    expect(await service.getKeyData()).toMatchObject({
      general: { message: 'Two', reason: 'why', until: end.toISOString() },
    });
  });

  it('takes a date in local time, and none in the past', async () => {
    await start();
    const { page } = await operator('Ada', { timezoneId: 'Asia/Tokyo' });
    await press(page, 'General maintenance', 'Switch on…');
    await page.getByLabel('Until a date').check();
    await page.getByLabel('Date and time').fill('2001-01-01T10:00');
    await confirm(page, 'Switch on');
    await page.getByText('Choose a date and time in the future.').waitFor();
    expect(service.isInMaintenance().value).toBe(false);
    await page.getByLabel('Date and time').fill('2099-01-01T10:00');
    await confirm(page, 'Switch on');
    await headline(page, 'The site is in maintenance');
    expect((await service.getKeyData())['general']?.until).toBe('2099-01-01T01:00:00.000Z');
  });

  it('is used without a mouse, and keeps the focus', async () => {
    await start();
    const { page } = await operator('Ada');
    const focused = () => page.evaluate('document.activeElement.id || document.activeElement.textContent');
    const tabTo = async (wanted: string) => {
      for (let press = 0; press < 30 && (await focused()) !== wanted; press++)
        await page.keyboard.press('Tab');
      expect(await focused()).toBe(wanted);
    };
    await tabTo('key-general-on');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('length-hour1');
    await page.keyboard.press('ArrowLeft');
    expect(await page.getByLabel('15 minutes').isChecked()).toBe(true);
    await page.keyboard.press('Escape');
    expect(await focused()).toBe('key-general-on');
    await page.keyboard.press('Enter');
    await tabTo('reason');
    await page.keyboard.type('three in the morning');
    await page.keyboard.press('Enter');
    await headline(page, 'The site is in maintenance');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await focused()).toBe('key-general-off');
    expect((await service.getKeyData())['general']).toMatchObject({
      actor: 'Ada',
      reason: 'three in the morning',
    });
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    await headline(page, 'The site is open');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await focused()).toBe('key-general-on');
  });

  it('offers no switches to those who may only look', async () => {
    await start();
    await service.setMaintenance(true, 'general', { reason: 'why' });
    const { page } = await operator('Eve', { may: 'see_menu_item,see_info' });
    await page.getByText('You may look, but not switch.').waitFor();
    expect(await card(page, 'General maintenance').innerText()).toContain('why');
    expect(await page.getByRole('button').count()).toBe(0);
  });

  it('says why to those who may not look', async () => {
    await start();
    const { page } = await operator('Eve', { may: 'see_menu_item' });
    await page.getByText('This needs the permission "see_info".').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('shows hostile text as text', async () => {
    const hostile = new MaintenanceKey('hostile', { label: HOSTILE, helpText: HOSTILE });
    await start({ keys: [hostile], translate: (text) => text });
    await as(ALL, running.port, '/maintenance/keys/hostile', {
      method: 'PUT',
      json: { mode: true, message: HOSTILE, reason: HOSTILE },
      headers: { 'x-user': HOSTILE },
    });
    const { page, refused } = await operator('Ada');
    for (const part of ['h3', '.help', '.by dd', '.reason dd', '.message dd']) {
      expect(await page.locator('section', { hasText: 'alert(1)' }).locator(part).textContent()).toBe(
        HOSTILE,
      );
    }
    expect(await page.locator('img').count()).toBe(0);
    await page.getByRole('button', { name: 'Change…' }).click();
    expect(await page.getByRole('dialog').getByRole('heading').textContent()).toBe(`Change: ${HOSTILE}`);
    expect(await page.getByLabel('Message for visitors').inputValue()).toBe(HOSTILE);
    await confirm(page, 'Save');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(refused).toEqual([]);
  });

  it('cannot be framed', async () => {
    await start();
    const { page } = await operator('Ada');
    await page.route('**/frame', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<iframe src="/maintenance/admin"></iframe>' }),
    );
    await page.goto(`${running.url}/frame`);
    const frame = await until(() => page.frames()[1]);
    await until(() => frame.url().startsWith('chrome-error:'));
    expect(await page.frameLocator('iframe').getByRole('heading').count()).toBe(0);
  });

  it('is found behind a proxy that takes a part of the path away, also with a slash at its end', async () => {
    await start({ socket: false });
    const { page, refused } = await operator('Ada');
    await page.route('**/behind/**', async (route) => {
      const url = route.request().url().replace('/behind/', '/').replace(/\/$/, '');
      await route.fulfill({ response: await route.fetch({ url }) });
    });
    await page.goto(`${running.url}/behind/maintenance/admin/`);
    await press(page, 'General maintenance', 'Switch on…');
    await confirm(page, 'Switch on');
    await headline(page, 'The site is in maintenance');
    expect(refused).toEqual([]);
  });

  describe.each([390, 1280])('%i px wide', (width) => {
    it.each(['light', 'dark'] as const)('has no fault that axe finds, in %s', async (colorScheme) => {
      await start();
      const { page, refused } = await operator('Ada', { colorScheme, viewport: { width, height: 800 } });
      const check = async (what: string) => {
        expect(await violations(page), what).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth'), what).toBe(width);
      };
      await headline(page, 'The site is open');
      await check('open');
      await press(page, 'General maintenance', 'Switch on…');
      await check('dialog');
      await page.keyboard.press('Escape');
      const job = await service.maintain('import-export', { drain: false });
      await headline(page, 'Part of the site is in maintenance');
      await check('part');
      await service.setMaintenance(true, 'general', { message: 'x'.repeat(400), reason: 'R', timeout: 9e6 });
      await headline(page, 'The site is in maintenance');
      await check('closed');
      await press(page, 'General maintenance', 'Unset…');
      await service.setMaintenance(true, 'general', { actor: 'Bob' });
      await page.getByText('Somebody changed this meanwhile').waitFor();
      await check('conflict');
      await page.keyboard.press('Escape');
      await job.leave();
      expect(refused).toEqual([]);
      await page.context().setOffline(true);
      await page.getByRole('alert').getByText('Connection lost').waitFor();
      await check('lost');
    });
  });
});
