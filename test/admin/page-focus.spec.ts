import { HOUR, MINUTE } from 'nestjs-maintenance';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { card, confirm, PageSite, press } from './page-site.js';

const site = new PageSite();

beforeAll(() => site.open());
afterAll(() => site.close());
afterEach(() => site.clean());

const IN = Date.now();
const plan = { start: new Date(IN + HOUR), duration: HOUR, repeat: { cron: '0 3 * * *', timeZone: 'UTC' } };

/** What has the focus: its id, or the name of the row, section or button. */
const focused = (page: Page) =>
  page.evaluate<string>(`(() => {
    const { id, tagName, textContent, className } = document.activeElement;
    const row = document.activeElement.querySelector('h3, b');
    return id || (row ? tagName + ': ' + row.textContent : className + ' ' + tagName + ' ' + textContent);
  })()`);

/** Planned windows wake no page: it looks every few seconds. */
const look = (page: Page) => page.evaluate(`void dispatchEvent(new Event('maintenance:change'))`);

it('a card whose button another administrator takes away has the focus, and a press opens nothing', async () => {
  await site.start();
  const { page } = await site.operator('Ada');
  const general = card(page, 'General maintenance');
  await page.locator('#key-general-on').focus();
  await site.service.setMaintenance(true);
  await general.getByText('In maintenance').waitFor();
  expect(await focused(page)).toBe('SECTION: General maintenance');
  await page.keyboard.press('Enter');
  expect(await page.getByRole('dialog').isVisible()).toBe(false);
  await page.locator('#key-general-off:enabled').focus();
  await site.service.setMaintenance(false);
  await general.getByText('Open', { exact: true }).waitFor();
  expect(await focused(page)).toBe('SECTION: General maintenance');
  // it goes on from there
  await page.locator('#key-general-on:enabled').waitFor();
  await page.keyboard.press('Tab');
  expect(await focused(page)).toBe('key-general-on');
});

it('a planned window that is changed keeps the focus, and its heading gets it when it is cancelled', async () => {
  await site.start();
  const first = await site.service.scheduleWindow('checkout', plan);
  const second = await site.service.scheduleWindow('import-export', plan);
  const { page } = await site.operator('Ada');
  const windows = page.locator('#windows');
  await windows.getByText('Import and export').waitFor();
  const cancel = windows.getByRole('group', { name: 'Checkout' }).getByRole('button', { name: 'window' });
  await cancel.focus();
  await site.service.updateWindow(second.id, { reason: 'later' });
  await look(page);
  await windows.getByText('later').waitFor();
  expect(await focused(page)).toContain('Cancel window');
  await site.service.updateWindow(first.id, { duration: 2 * HOUR, reason: 'longer' });
  await look(page);
  await windows.getByText('longer').waitFor();
  expect(await focused(page)).toBe('DIV: Checkout');
  await site.service.cancelWindow(first.id);
  await look(page);
  await windows.getByText('Checkout').waitFor({ state: 'detached' });
  expect(await focused(page)).toBe('planned');
  await site.service.cancelWindow(second.id);
  await look(page);
  await page.locator('#planned').waitFor({ state: 'hidden' });
  expect(await focused(page)).toBe('main');
});

it('an entry of the history keeps the focus when others are added', async () => {
  await site.start();
  await site.service.setMaintenance(true, 'checkout');
  const { page } = await site.operator('Ada');
  const undo = page.getByRole('button', { name: 'Undo… Checkout' });
  await undo.focus();
  await site.service.setMaintenance(true, 'import-export');
  await page.getByRole('button', { name: 'Undo… Import' }).waitFor();
  expect(await focused(page)).toBe('LI: Checkout');
  await page.keyboard.press('Enter');
  expect(await page.getByRole('dialog').isVisible()).toBe(false);
  await page.locator('#history li:focus button:enabled').waitFor();
  await page.keyboard.press('Tab');
  expect(await focused(page)).toContain('Undo');
  // cannot be undone any longer
  await site.service.setMaintenance(true, 'checkout', { message: 'b' });
  await page.locator('#history').getByText('changed').waitFor();
  expect(await focused(page)).toBe('LI: Checkout');
});

it('a dialog returns the focus to where it was opened', async () => {
  await site.start();
  await site.service.scheduleWindow('checkout', plan);
  await site.service.setMaintenance(true, 'import-export');
  const { page } = await site.operator('Ada');
  for (const name of ['Cancel window…', 'Undo… Import']) {
    const opener = page.getByRole('button', { name });
    await opener.first().focus();
    const before = await focused(page);
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(await focused(page)).toBe(before);
  }
});

it('a conflict has the focus when it disables the confirm button', async () => {
  await site.start();
  const { page } = await site.operator('Ada');
  await press(page, 'Checkout', 'Start maintenance…');
  await page.locator('dialog [type=submit]:enabled').focus();
  await site.service.setMaintenance(true, 'checkout', { timeout: 10 * MINUTE, reason: 'Bob was first' });
  await page.getByText('Somebody else has changed this.').waitFor();
  expect(await focused(page)).toContain('problem DIV Somebody else');
  await page.getByRole('button', { name: 'Do it anyway' }).waitFor();
  await confirm(page, 'Cancel');
});

it('changes by others are read aloud, together and once', async () => {
  await site.start();
  const { page } = await site.operator('Ada');
  const heard = () => page.evaluate(`window.heard`);
  await page.evaluate(`window.heard = []; new MutationObserver(() => heard.push(said.textContent))
    .observe(document.querySelector('[role=status]#said'), { childList: true })`);
  await site.service.setMaintenance(true, 'checkout');
  await card(page, 'Checkout').getByText('In maintenance').waitFor();
  expect(await heard()).toEqual(['Checkout: In maintenance']);
  await site.service.setMaintenance(true, 'checkout', { message: 'b' });
  await page.getByText('b', { exact: true }).first().waitFor();
  expect(await heard()).toEqual(['Checkout: In maintenance']);
});
