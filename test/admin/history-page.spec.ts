import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { until } from '../support/until.js';
import { confirm, headline, PageSite, violations } from './page-site.js';

const site = new PageSite();

beforeAll(() => site.open());
afterAll(() => site.close());
afterEach(() => site.clean());

it('the history is on the page, and the last change of a key can be undone', async () => {
  await site.start();
  const { service } = site;
  await service.setMaintenance(true, 'general', {
    message: 'Back <b>soon</b>',
    reason: 'disk',
    actor: 'bob',
  });
  await service.setMaintenance(false, 'general', { actor: 'bob' });
  await service.setMaintenance(true, 'checkout', { reason: 'audit' });
  const { page } = await site.operator('Ada');
  const entries = page.locator('#history li');
  await until(async () => (await entries.count()) === 3);
  expect(await entries.nth(0).innerText()).toMatch(/Checkout: maintenance started[^]*application · audit/);
  expect(await entries.nth(2).innerText()).toMatch(
    /General maintenance: maintenance started[^]*bob · application · disk/,
  );
  // the earlier one of two cannot be undone
  const undo = page.getByRole('button', { name: /^Undo/ });
  expect(await undo.count()).toBe(2);
  expect(await violations(page)).toEqual([]);
  await entries.nth(1).getByRole('button').click();
  await page.getByText('This starts the maintenance again').waitFor();
  await confirm(page, 'Undo');
  await headline(page, 'The site is in maintenance');
  expect((await service.getKeyData())['general']).toMatchObject({
    value: true,
    message: 'Back <b>soon</b>',
    reason: 'disk',
    actor: 'Ada',
  });
  await until(async () => (await entries.count()) === 4);
  expect(await entries.nth(0).innerText()).toContain('Ada · admin page · disk');
  await entries.nth(0).getByRole('button').click();
  await page.getByText('This ends the maintenance.').waitFor();
  await confirm(page, 'Undo');
  await headline(page, 'The site is read-only');
  const { page: reader } = await site.operator('Eve', { may: 'see_menu_item,see_info' });
  await until(async () => (await reader.locator('#history li').count()) === 5);
  expect(await reader.getByRole('button', { name: /^Undo/ }).count()).toBe(0);
});

it('how far a job is, and texts in several languages, are on its card', async () => {
  await site.start();
  const { service } = site;
  await using m = await service.maintain('checkout', {
    drain: false,
    message: { '': 'Back soon', de: 'Gleich zurück' },
  });
  m.progress({ done: 1_200, total: 3_000 }, { step: 'Prices', remaining: 300_000 });
  const { page } = await site.operator('Ada');
  const card = page.locator('section.card', { hasText: 'Checkout' });
  await card.getByRole('progressbar').waitFor();
  const text = await card.innerText();
  expect(text).toMatch(/40% · 1,200 \/ 3,000 · 5 mins? left/);
  expect(text).toContain('Prices');
  expect(text).toContain('Back soon\nde: Gleich zurück');
  expect(
    await card.getByRole('progressbar').evaluate((bar) => (bar as unknown as { value: number }).value),
  ).toBe(40);
  expect(await violations(page)).toEqual([]);
  await m.leave();
  await card.getByRole('progressbar').waitFor({ state: 'hidden', timeout: 15_000 });
  await service.setMaintenance(true, 'checkout', { message: { '': 'Back soon', de: 'Gleich zurück' } });
  await card.getByRole('button', { name: 'Change…' }).click();
  expect(await page.getByLabel('Message for visitors', { exact: true }).inputValue()).toBe('Back soon');
  await page.getByLabel('Message for visitors (de)').fill('Fast da');
  await confirm(page, 'Save');
  await until(async () => (await service.getKeyData())['checkout']?.messages?.['de'] === 'Fast da');
  expect((await service.getKeyData())['checkout']?.messages).toEqual({ '': 'Back soon', de: 'Fast da' });
});
