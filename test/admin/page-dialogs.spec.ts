import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { Gates } from '../support/gates.js';
import { until } from '../support/until.js';
import { confirm, headline, PageSite, press, toast, violations } from './page-site.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const site = new PageSite();

beforeAll(() => site.open());
afterAll(() => site.close());
afterEach(() => site.clean());

it('a restored draft takes back no change that somebody else has made meanwhile', async () => {
  await site.start();
  const set = (message: string, actor: string, hours: number) =>
    site.service.setMaintenance(true, 'general', {
      message: { '': message, de: 'Bald' },
      actor,
      reason: 'OPS-1',
      until: new Date(Date.now() + hours * HOUR),
    });
  await set('Back soon', 'Bob', 1);
  const { page } = await site.operator('Ada');
  await press(page, 'General maintenance', 'Change…');
  await page.getByLabel('Reason').fill('OPS-2');
  await page.goto('about:blank');
  await set('Back tomorrow', 'Bob', 20);
  const { until: end } = (await site.service.getKeyData())['general']!;

  await page.goto(`${site.running.url}/maintenance/admin`);
  const dialog = page.getByRole('dialog');
  await dialog.getByText('What you typed before has been restored.').waitFor();
  await dialog.getByText('Somebody else has changed this').waitFor();
  expect(await dialog.locator('.now').innerText()).toMatch(/ · Bob · OPS-1$/);
  expect(await page.getByLabel('Message for visitors', { exact: true }).inputValue()).toBe('Back tomorrow');
  expect(await page.getByLabel('Reason').inputValue()).toBe('OPS-2');
  expect(await violations(page)).toEqual([]);
  await confirm(page, 'Do it anyway');
  await toast(page, 'General maintenance: changes saved.');
  expect((await site.service.getKeyData())['general']).toMatchObject({
    actor: 'Ada',
    reason: 'OPS-2',
    message: 'Back tomorrow',
    messages: { '': 'Back tomorrow', de: 'Bald' },
    until: end,
  });
});

it('a change on its way cannot be cancelled, and is reported even if the browser closes its dialog', async () => {
  await site.start();
  const { page } = await site.operator('Ada');
  const gates = new Gates();
  await page.route('**/keys/general', async (route) => {
    await gates.pass('change');
    await route.continue();
  });
  await press(page, 'General maintenance', 'Start maintenance…');
  await confirm(page, 'Start maintenance');
  await until(() => gates.begun.length > 0);
  const dialog = page.getByRole('dialog');
  expect(await dialog.getByRole('button', { name: 'Cancel' }).isDisabled()).toBe(true);
  // Chromium asks a page only once
  await until(async () => {
    await page.keyboard.press('Escape');
    return !(await dialog.isVisible());
  });
  gates.open('change');
  await toast(page, 'General maintenance: maintenance started.');
  await headline(page, 'The site is in maintenance');
});

it('what cannot be changed any more, since it was ended meanwhile, is said in plain words', async () => {
  await site.start();
  await site.service.setMaintenance(true, 'general');
  const { page } = await site.operator('Ada');
  await press(page, 'General maintenance', 'Change…');
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Reason').fill('OPS-2');
  await site.service.setMaintenance(false, 'general', { actor: 'Bob' });
  await dialog.getByText('Somebody else has changed this').waitFor();
  await confirm(page, 'Do it anyway');
  await dialog.getByText('This is no longer switched on, so nothing was changed.').waitFor();
  expect(await dialog.getByLabel('Reason').inputValue()).toBe('OPS-2');
  expect(site.service.isActive()).toBe(false);
});

it('a refused change can be cancelled', async () => {
  await site.start();
  const { page } = await site.operator('Ada');
  await page.route('**/keys/general', (route) => route.abort());
  await press(page, 'General maintenance', 'Start maintenance…');
  await confirm(page, 'Start maintenance');
  await page.getByRole('dialog').getByText('The server did not respond.').waitFor();
  await confirm(page, 'Cancel');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  expect(site.service.isActive()).toBe(false);
});

it('a dialog about an occurrence that has not begun does not end one that has', async () => {
  await site.start();
  const { page } = await site.operator('Ada');
  const start = new Date(Math.ceil(Date.now() / 1000) * 1000 + 8_000);
  const cron = `${start.getUTCSeconds()} ${start.getUTCMinutes()} ${start.getUTCHours()} * * *`;
  await site.service.scheduleWindow('general', { start, duration: HOUR, repeat: { cron, timeZone: 'UTC' } });
  await page.getByRole('button', { name: 'Cancel this occurrence…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('will not take place').waitFor();
  await headline(page, 'The site is in maintenance');
  await dialog.getByText('ends now. Later ones stay planned.').waitFor();
  expect(await dialog.getByRole('heading').innerText()).toBe('End this occurrence: General maintenance');
  expect(await page.evaluate('document.activeElement.id')).toBe('dialog-title');
  await confirm(page, 'End this occurrence');
  await headline(page, 'The site is open');
});

it('a dialog that is open for long says when the maintenance would end by now', async () => {
  await site.start();
  const { page } = await site.operator('Ada');
  await page.clock.install();
  await page.reload();
  await press(page, 'General maintenance', 'Start maintenance…');
  const summary = page.locator('fieldset > .hint');
  const shown = async () => /\d\d:\d\d/.exec(await summary.innerText())?.[0];
  const before = await shown();
  await page.clock.runFor(30 * MINUTE);
  expect(await shown()).not.toBe(before);
  // to be read aloud only when somebody has chosen it
  expect(await summary.getAttribute('aria-live')).toBe('off');
  await page.getByLabel('4 hours').check();
  expect(await summary.getAttribute('aria-live')).toBe('polite');
});

it('texts that the browser has translated are left alone until they change', async () => {
  await site.start();
  const { page, refused } = await site.operator('Ada');
  // as Google Translate does it: what stands in the place of each text is marked by <font>
  await page.evaluate(`
    globalThis.translated = 0;
    const translate = (root) => {
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      const found = [];
      while (walker.nextNode()) found.push(walker.currentNode);
      for (const text of found) {
        if (!text.data.trim() || text.parentElement.closest('font,script')) continue;
        const font = document.createElement('font');
        font.textContent = '«' + text.data + '»';
        text.replaceWith(font);
        translated++;
      }
    };
    translate(document.querySelector('#keys'));
    new MutationObserver((changes) => changes.forEach(({ target }) => target.isConnected && translate(target)))
      .observe(document.querySelector('#keys'), { childList: true, subtree: true });`);
  const first = await page.evaluate<number>('translated');
  await page.clock.install();
  await page.clock.runFor(20_000);
  expect(await page.evaluate('translated')).toBe(first);
  await site.service.setMaintenance(true, 'checkout', { message: 'Hello' });
  await page.locator('#keys', { hasText: '«Hello»' }).waitFor();
  expect(refused).toEqual([]);
});
