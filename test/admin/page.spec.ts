import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { MaintenanceKey, MaintenanceService } from 'nestjs-maintenance';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createExpressApp, createFastifyApp, type CreateApp } from '../support/apps.js';
import { Child } from '../support/child.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { adminModule, ALL, as } from './operators.js';
import { card, confirm, headline, PageSite, press, toast, violations } from './page-site.js';

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(2)>" onload='x' javascript:alert(3) $' $& {label}`;

const site = new PageSite();

beforeAll(() => site.open());
afterAll(() => site.close());
afterEach(() => site.clean());

describe.each([
  ['express', createExpressApp as CreateApp],
  ['fastify', createFastifyApp as CreateApp],
])('admin page on %s', (_name, createApp) => {
  beforeEach(() => site.start({}, createApp));

  it('shows a change in one browser in two others, by socket', async () => {
    const [ada, bob, eve] = await Promise.all(['Ada', 'Bob', 'Eve'].map((user) => site.operator(user)));
    for (const { page } of [ada!, bob!, eve!]) await page.getByText('Live', { exact: true }).waitFor();
    // from here on only the socket can tell them in time
    for (const { page } of [bob!, eve!]) await page.clock.install();
    await press(ada!.page, 'General maintenance', 'Start maintenance…');
    await ada!.page.getByLabel('4 hours').check();
    await ada!.page.getByLabel('Message for visitors').fill('Back at four');
    await ada!.page.getByLabel('Reason').fill('OPS-4711');
    await confirm(ada!.page, 'Start maintenance');
    // shown for a few seconds
    await toast(ada!.page, 'General maintenance: maintenance started.');
    for (const { page } of [ada!, bob!, eve!]) {
      await headline(page, 'The site is in maintenance');
      const text = await card(page, 'General maintenance').innerText();
      for (const part of ['In maintenance', 'Ada', 'OPS-4711', 'Back at four', 'in 4 hours']) {
        expect(text).toContain(part);
      }
    }
    const { general } = await site.service.getKeyData();
    expect(Date.parse(general!.until!) - Date.parse(general!.since!)).toBe(4 * 3_600_000);

    await press(bob!.page, 'General maintenance', 'End maintenance…');
    await confirm(bob!.page, 'End maintenance');
    for (const { page } of [ada!, bob!, eve!]) await headline(page, 'The site is open');
    for (const { refused, foreign } of [ada!, bob!, eve!]) {
      expect(refused).toEqual([]);
      expect(foreign).toEqual([]);
    }
  });
});

describe('admin page', () => {
  it('warns the second of two operators, keeps what they typed and lets them decide', async () => {
    await site.start();
    const ada = await site.operator('Ada');
    const bob = await site.operator('Bob');
    for (const { page } of [ada, bob]) {
      await press(page, 'Checkout', 'Start maintenance…');
      await page.getByLabel('Reason').fill('mine');
    }
    await bob.page.getByLabel('Message for visitors').fill('Typed with care');
    await confirm(ada.page, 'Start maintenance');
    const dialog = bob.page.getByRole('dialog');
    await dialog.getByText('Somebody else has changed this').waitFor();
    expect(await dialog.locator('.now').innerText()).toMatch(/^In maintenance · .* · Ada · mine$/);
    expect(await bob.page.getByLabel('Message for visitors').inputValue()).toBe('Typed with care');
    expect(await site.service.getKeyData()).toMatchObject({ checkout: { actor: 'Ada', message: null } });
    await confirm(bob.page, 'Do it anyway');
    await until(async () => (await site.service.getKeyData())['checkout']?.actor === 'Bob');
    expect(await site.service.getKeyData()).toMatchObject({ checkout: { message: 'Typed with care' } });
  });

  it('warns the second operator even if only the response reports the conflict', async () => {
    await site.start({ socket: false });
    const { page, refused } = await site.operator('Bob');
    await press(page, 'Checkout', 'Start maintenance…');
    // the page hears nothing of it until it is answered
    let answered = false;
    page.on('response', (response) => (answered ||= response.status() === 409));
    await page.route('**/admin/state', (route) => (answered ? route.continue() : route.abort()));
    await site.service.setMaintenance(true, 'checkout', { actor: 'Ada', reason: 'first' });
    await confirm(page, 'Start maintenance');
    await page.getByRole('dialog').getByText('Ada · first').waitFor();
    expect(await site.service.getKeyData()).toMatchObject({ checkout: { actor: 'Ada' } });
    expect(refused.filter((text) => !text.includes('ERR_FAILED'))).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  });

  it('shows when the connection is lost, and reconnects by itself', async () => {
    await site.start();
    await site.service.setMaintenance(true, 'general', { actor: 'Ada' });
    const { page } = await site.operator('Ada');
    await headline(page, 'The site is in maintenance');
    await page.context().setOffline(true);
    await page.getByRole('alert').getByText('Connection lost').waitFor();
    expect(await page.locator('#note').innerText()).toMatch(
      /^Last known at \d\d:\d\d:\d\d: General maintenance since /,
    );
    await press(page, 'General maintenance', 'End maintenance…');
    await confirm(page, 'End maintenance');
    await page.getByRole('dialog').getByText('The server did not respond').waitFor();
    expect(site.service.isInMaintenance().value).toBe(true);
    await page.keyboard.press('Escape');
    await site.service.setMaintenance(false);
    await page.context().setOffline(false);
    await headline(page, 'The site is open');
    expect(await page.getByRole('alert').count()).toBe(0);
  });

  it('shows when the server is gone, and reconnects when it is back', async () => {
    await site.start();
    const { page } = await site.operator('Ada');
    await page.getByText('Live', { exact: true }).waitFor();
    const { port } = site.running;
    await site.running.close();
    await page.getByRole('alert').getByText('Connection lost').waitFor();
    @Module({ imports: [adminModule({ socket: true })] })
    class Again {}
    const again = await NestFactory.create(Again, { logger: false });
    site.later(async () => {
      // a server waits for connections that a browser has opened in advance
      await page.context().close();
      await again.close();
    });
    await again.listen(port, '127.0.0.1');
    await again.get(MaintenanceService).setMaintenance(true, 'general', { reason: 'new server' });
    await headline(page, 'The site is in maintenance');
    expect(await card(page, 'General maintenance').innerText()).toContain('new server');
  });

  it('shows when the session has ended', async () => {
    await site.start({ socket: false });
    const { page } = await site.operator('Ada');
    await headline(page, 'The site is open');
    await page.setExtraHTTPHeaders({ 'x-user': 'nobody' });
    await page
      .getByRole('alert')
      .getByText('You no longer have access to this page')
      .waitFor({ timeout: 15_000 });
    expect(await page.getByRole('button', { name: 'Reload' }).isVisible()).toBe(true);
  });

  it('shows what holds a key and what was abandoned, and ends all holds', async () => {
    await site.start();
    const { page } = await site.operator('Ada');
    const job = await site.service.maintain('import-export', {
      drain: false,
      reason: 'nightly',
      actor: 'worker',
    });
    await headline(page, 'Part of the site is in maintenance');
    await card(page, 'Import and export').getByText('A running job keeps this in maintenance.').waitFor();
    await site.service.setMaintenance(true, 'import-export');
    await press(page, 'Import and export', 'End maintenance…');
    await page.getByRole('dialog').getByText('A running job keeps it closed').waitFor();
    await confirm(page, 'End maintenance');
    await page.getByText('Import and export: maintenance ended, but a job keeps it closed.').waitFor();
    await press(page, 'Import and export', 'Stop the job and open…');
    await confirm(page, 'Stop the job and open');
    await headline(page, 'The site is open');
    expect(job.signal.aborted).toBe(true);
    await job.leave();
  });

  it('shows changes by another replica, and what it leaves behind when it dies', async () => {
    const redis = await RedisServer.start();
    site.later(() => redis.stop());
    await site.start({ redis: redis.url });
    const { page } = await site.operator('Ada');
    await using other = await Child.start('replica', { env: { REDIS_URL: redis.url } });
    // on a busy machine it starts before it has reached Redis
    await until(async () => (await other.send<{ up: boolean }>('health')).up);
    await other.send('set', true, 'general', { actor: 'Bob' });
    await headline(page, 'The site is in maintenance');
    await other.send('unset', 'general');
    await headline(page, 'The site is open');
    await other.send('hold', 'job', 'import-export', { drain: false, actor: 'worker', lease: 4_000 });
    await card(page, 'Import and export').getByText('A running job keeps this in maintenance.').waitFor();
    await other.kill();
    await card(page, 'Import and export').getByText('The job that started this has died.').waitFor();
    expect(await violations(page)).toEqual([]);
    await site.service.setMaintenance(true, 'import-export');
    await press(page, 'Import and export', 'End maintenance…');
    await page.getByRole('dialog').getByText('It stays closed: the job that died still holds it.').waitFor();
    await confirm(page, 'End maintenance');
    await page.getByText('Import and export: maintenance ended, but a job keeps it closed.').waitFor();
    await press(page, 'Import and export', 'Open again…');
    await page.getByRole('dialog').getByText('The work of the job that died may be half done.').waitFor();
    await confirm(page, 'Open again');
    await headline(page, 'The site is open');
    expect(await site.service.getKeyData()).toMatchObject({ 'import-export': { value: false, actor: null } });
  }, 60_000);

  it('shows when maintenance ends by itself', async () => {
    await site.start();
    const { page } = await site.operator('Ada');
    await page.getByText('Live', { exact: true }).waitFor();
    await site.service.setMaintenance(true, 'general', { timeout: 3_000 });
    await headline(page, 'The site is in maintenance');
    await headline(page, 'The site is open');
    expect(await page.title()).toBe('The site is open – Maintenance');
  });

  it('leaves untouched texts as they are, even if a field displays them differently', async () => {
    await site.start();
    const texts = { message: ' Back soon.\r\nSorry. ', reason: 'first\nsecond ' };
    await site.service.setMaintenance(true, 'general', texts);
    const { page } = await site.operator('Ada');
    await press(page, 'General maintenance', 'Change…');
    await page.getByLabel('1 hour', { exact: true }).check();
    await confirm(page, 'Save');
    await page.getByText('General maintenance: changes saved.').waitFor();
    const { general } = await site.service.getKeyData();
    expect(general).toMatchObject({ ...texts, until: expect.any(String) as unknown });
  });

  it('changes the message and keeps the end', async () => {
    await site.start();
    const end = new Date(Date.now() + 7_200_000);
    await site.service.setMaintenance(true, 'general', { until: end, message: 'One', reason: 'why' });
    const { page } = await site.operator('Ada');
    await press(page, 'General maintenance', 'Change…');
    expect(await page.getByLabel('Reason').inputValue()).toBe('why');
    await page.getByLabel('Message for visitors').fill('Two');
    await confirm(page, 'Save');
    await page.getByText('General maintenance: changes saved.').waitFor();
    expect(await site.service.getKeyData()).toMatchObject({
      general: { message: 'Two', reason: 'why', until: end.toISOString() },
    });
  });

  it('accepts a local date in the future only', async () => {
    await site.start();
    const { page } = await site.operator('Ada', { timezoneId: 'Asia/Tokyo' });
    await press(page, 'General maintenance', 'Start maintenance…');
    await page.getByLabel('Until a date').check();
    await page.getByLabel('Date and time').fill('2001-01-01T10:00');
    await confirm(page, 'Start maintenance');
    await page.getByText('Choose a date and time in the future.').waitFor();
    expect(site.service.isInMaintenance().value).toBe(false);
    await page.getByLabel('Date and time').fill('2099-01-01T10:00');
    await confirm(page, 'Start maintenance');
    await headline(page, 'The site is in maintenance');
    expect((await site.service.getKeyData())['general']?.until).toBe('2099-01-01T01:00:00.000Z');
  });

  it('works without a mouse, and keeps the focus', async () => {
    await site.start();
    const { page } = await site.operator('Ada');
    const focused = () => page.evaluate('document.activeElement.id || document.activeElement.textContent');
    const tabTo = async (wanted: string) => {
      for (let press = 0; press < 30 && (await focused()) !== wanted; press++)
        await page.keyboard.press('Tab');
      expect(await focused()).toBe(wanted);
    };
    const inCard = () =>
      page.evaluate('document.activeElement === document.querySelector("section:has(#key-general-label)")');
    await tabTo('key-general-on');
    await page.keyboard.press('Enter');
    expect(await focused()).toBe('dialog-title');
    await tabTo('length-hour1');
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
    // on no button: what is pressed once too often opens nothing
    expect(await inCard()).toBe(true);
    expect((await site.service.getKeyData())['general']).toMatchObject({
      actor: 'Ada',
      reason: 'three in the morning',
    });
    await page.locator('#key-general-off:enabled').waitFor();
    await tabTo('key-general-off');
    await page.keyboard.press('Enter');
    await page.locator('dialog [type=submit]:enabled').waitFor();
    await tabTo('End maintenance');
    await page.keyboard.press('Enter');
    await headline(page, 'The site is open');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await inCard()).toBe(true);
  });

  it('offers no switches to read-only users', async () => {
    await site.start();
    await site.service.setMaintenance(true, 'general', { reason: 'why' });
    const { page } = await site.operator('Eve', { may: 'see_menu_item,see_info' });
    await page.getByText('You can view this page but not change anything.').waitFor();
    expect(await card(page, 'General maintenance').innerText()).toContain('why');
    expect(await page.getByRole('button').count()).toBe(0);
  });

  it('tells users without access why', async () => {
    await site.start();
    const { page } = await site.operator('Eve', { may: 'see_menu_item' });
    await page.getByText('This needs the permission "see_info".').waitFor();
    expect(await violations(page)).toEqual([]);
  });

  it('shows hostile text as text', async () => {
    const hostile = new MaintenanceKey('hostile', { label: HOSTILE, helpText: HOSTILE });
    await site.start({ keys: [hostile], translate: (text) => text });
    await as(ALL, site.running.port, '/maintenance/keys/hostile', {
      method: 'PUT',
      json: { mode: true, message: HOSTILE, reason: HOSTILE },
      headers: { 'x-user': HOSTILE },
    });
    const { page, refused } = await site.operator('Ada');
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
    await site.start();
    const { page } = await site.operator('Ada');
    await page.route('**/frame', (route) =>
      route.fulfill({ contentType: 'text/html', body: '<iframe src="/maintenance/admin"></iframe>' }),
    );
    await page.goto(`${site.running.url}/frame`);
    const frame = await until(() => page.frames()[1]);
    await until(() => frame.url().startsWith('chrome-error:'));
    expect(await page.frameLocator('iframe').getByRole('heading').count()).toBe(0);
  });

  it('works behind a proxy that strips a part of the path, with or without a trailing slash', async () => {
    await site.start({ socket: false });
    const { page, refused } = await site.operator('Ada');
    await page.route('**/behind/**', async (route) => {
      const url = route.request().url().replace('/behind/', '/').replace(/\/$/, '');
      await route.fulfill({ response: await route.fetch({ url }) });
    });
    await page.goto(`${site.running.url}/behind/maintenance/admin/`);
    await press(page, 'General maintenance', 'Start maintenance…');
    await confirm(page, 'Start maintenance');
    await headline(page, 'The site is in maintenance');
    expect(refused).toEqual([]);
    // the stream of events has no end of its own
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });

  describe.each([390, 1280])('%i px wide', (width) => {
    it.each(['light', 'dark'] as const)('passes axe, in %s', async (colorScheme) => {
      await site.start();
      const { page, refused } = await site.operator('Ada', { colorScheme, viewport: { width, height: 800 } });
      const check = async (what: string) => {
        expect(await violations(page), what).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth'), what).toBe(width);
      };
      await headline(page, 'The site is open');
      await check('open');
      await press(page, 'General maintenance', 'Start maintenance…');
      await check('dialog');
      await page.keyboard.press('Escape');
      const job = await site.service.maintain('import-export', { drain: false });
      await headline(page, 'Part of the site is in maintenance');
      await check('part');
      await site.service.setMaintenance(true, 'general', {
        message: 'x'.repeat(400),
        reason: 'R',
        timeout: 9e6,
      });
      await headline(page, 'The site is in maintenance');
      await check('closed');
      await press(page, 'General maintenance', 'End maintenance…');
      await site.service.setMaintenance(true, 'general', { actor: 'Bob' });
      await page.getByText('Somebody else has changed this').waitFor();
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
