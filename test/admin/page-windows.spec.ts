import { HOUR, MaintenanceKey, MINUTE } from 'nestjs-maintenance';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { until } from '../support/until.js';
import { card, confirm, headline, PageSite, press, toast, violations } from './page-site.js';

const site = new PageSite();
beforeAll(() => site.open());
afterAll(() => site.close());
afterEach(() => site.clean());

const soon = (ms: number): Date => new Date(Date.now() + ms);
const rows = (page: Page) => page.locator('#windows .card');

it('shows current, planned and repeating windows, and ends or cancels them', async () => {
  await site.start({ keys: [new MaintenanceKey('billing', { label: 'Billing <b>' })] });
  const { page, refused } = await site.operator('Ada');
  expect(await page.isVisible('#planned')).toBe(false);
  const on = await site.service.scheduleWindow('general', {
    start: soon(-MINUTE),
    duration: HOUR,
    readOnly: HOUR,
    reopenOver: MINUTE,
    reason: 'OPS-1',
  });
  await site.service.scheduleWindow('billing', {
    start: soon(2 * HOUR),
    duration: MINUTE,
    // on Sundays there may be no 02:30
    repeat: { cron: '30 2 * * WED', timeZone: 'Europe/Berlin' },
  });
  await until(async () => (await rows(page).count()) === 2);
  await headline(page, 'The site is read-only');
  const [first, second] = await rows(page).allInnerTexts();
  for (const part of ['General maintenance', 'On now', 'OPS-1', 'can read until', 'one after another']) {
    expect(first).toContain(part);
  }
  for (const part of ['Billing <b>', 'Planned', '30 2 * * WED (Europe/Berlin)', '02:30']) {
    expect(second).toContain(part);
  }
  expect(await violations(page)).toEqual([]);

  await rows(page).nth(0).getByRole('button', { name: 'End this occurrence…' }).click();
  await confirm(page, 'End this occurrence');
  await headline(page, 'The site is open');
  await until(async () => (await rows(page).count()) === 1);
  await toast(page, 'the planned window was changed');
  expect((await site.service.getKeyData())['general']).toMatchObject({ phase: 'reopening' });
  expect(site.service.getWindows().some(({ id }) => id === on.id)).toBe(false);

  const [before] = site.service.getWindows();
  await rows(page).nth(0).getByRole('button', { name: 'Cancel this occurrence…' }).click();
  await confirm(page, 'Cancel this occurrence');
  await until(() => site.service.getWindows()[0]!.start > before!.start);
  await until(async () => !(await page.locator('#dialog').isVisible()));
  await rows(page).nth(0).getByRole('button', { name: 'Cancel window…' }).click();
  await confirm(page, 'Cancel window');
  await until(async () => !(await page.isVisible('#planned')));
  expect(site.service.getWindows()).toEqual([]);

  await until(async () => !(await page.locator('#dialog').isVisible()));
  await page.locator('#history li').first().getByRole('button', { name: /^Undo/ }).click();
  await page.getByText('This restores the window as it was before.').waitFor();
  await confirm(page, 'Undo');
  await until(async () => (await rows(page).count()) === 1);
  expect(site.service.getWindows()).toMatchObject([{ id: before!.id, actor: 'Ada' }]);
  expect(refused).toEqual([]);
});

it('says that visitors come back gradually where a window ends together with the switch', async () => {
  await site.start();
  const { page } = await site.operator('Ada');
  await site.service.scheduleWindow('general', {
    start: soon(-MINUTE),
    duration: HOUR,
    reopenOver: MINUTE,
  });
  await site.service.setMaintenance(true);
  await until(async () => (await rows(page).count()) === 1);
  await press(page, 'General maintenance', 'End maintenance…');
  await page.getByRole('dialog').getByText('Visitors come back one after another.').waitFor();
  await confirm(page, 'End maintenance');
  await headline(page, 'The site is open');
  expect((await site.service.getKeyData())['general']).toMatchObject({ phase: 'reopening' });
});

it('has no buttons for read-only users, and reports a conflicting change', async () => {
  await site.start();
  const { id, revision } = await site.service.scheduleWindow('general', {
    start: soon(HOUR),
    duration: HOUR,
  });
  const reader = await site.operator('Eve', { may: 'see_menu_item,see_info' });
  await rows(reader.page).waitFor();
  expect(await rows(reader.page).getByRole('button').count()).toBe(0);
  const { page } = await site.operator('Ada');
  await page.clock.install();
  await rows(page).getByRole('button', { name: 'Cancel window…' }).click();
  await site.service.updateWindow(id, { duration: 2 * HOUR, ifRevision: revision });
  await page.clock.runFor(1_000);
  await confirm(page, 'Cancel window');
  await page.getByText(/changed by somebody else|Somebody else has changed/).waitFor();
  expect(site.service.getWindows()).toHaveLength(1);
  expect(await card(page, 'General maintenance').count()).toBeGreaterThan(0);
});
