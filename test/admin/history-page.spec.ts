import { HOUR, MINUTE } from 'nestjs-maintenance';
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

it('times get their date when the day is over, on a page that stays open', async () => {
  await site.start();
  const { service } = site;
  await service.setMaintenance(true, 'checkout');
  await service.scheduleWindow('general', {
    start: new Date(Date.now() - MINUTE),
    end: new Date(Date.now() + 72 * HOUR),
    readOnly: 2 * MINUTE,
  });
  const { page } = await site.operator('Ada');
  const entry = page.locator('#history li', { hasText: 'Checkout' }).locator('time');
  const note = page.locator('#windows .help').first();
  const day = new Date().toLocaleString('en-GB', { dateStyle: 'medium', timeZone: 'Europe/Berlin' });
  await entry.waitFor();
  expect([await entry.textContent(), await note.textContent()].join()).not.toContain(day);
  await page.route('**/admin/state', async (route) => {
    const answer = await route.fetch();
    const state = (await answer.json()) as { now: string };
    const now = new Date(Date.parse(state.now) + 24 * HOUR).toISOString();
    await route.fulfill({ response: answer, json: { ...state, now } });
  });
  await until(async () => (await entry.textContent())?.includes(day), { timeout: 15_000 });
  expect(await note.textContent()).toContain(day);
});

it('a value that turns its text round leaves the one beside it alone', async () => {
  await site.start();
  const { service } = site;
  await service.setMaintenance(true, 'checkout', { reason: '\u202eone' });
  await service.setMaintenance(true, 'checkout', { reason: 'two' });
  const { page } = await site.operator('Ada');
  const left = (from: number, to: number) =>
    page.locator('#history ins', { hasText: /^two$/ }).evaluate<number, [number, number]>(
      (element, ends) => {
        const range = element.ownerDocument.createRange();
        range.setStart(element.firstChild!, ends[0]);
        range.setEnd(element.firstChild!, ends[1]);
        return range.getBoundingClientRect().left;
      },
      [from, to],
    );
  expect(await left(0, 1)).toBeLessThan(await left(2, 3));
});

it('lists each change with old and new values, planned windows included, and restores a window that was ended early', async () => {
  await site.start();
  const { service } = site;
  await service.setMaintenance(true, 'general', { message: 'Back <b>soon</b>', reason: 'disk' });
  await service.setMaintenance(true, 'general', { message: { '': 'Later', de: 'Später' }, reason: 'more' });
  const { id } = await service.scheduleWindow('checkout', {
    start: new Date('2031-03-04T14:00:00Z'),
    duration: HOUR,
    readOnly: 5 * MINUTE,
    message: 'Moving',
  });
  await service.updateWindow(id, { duration: 151 * MINUTE, readOnly: 90_000, reopenOver: 1.5 * HOUR });
  await service.scheduleWindow('checkout', { start: new Date(), duration: HOUR });
  await service.setMaintenance(false, 'checkout');
  const { page } = await site.operator('Ada');
  const entries = page.locator('#history li');
  await until(async () => (await entries.count()) === 6);
  const shown = (index: number) =>
    entries
      .nth(index)
      .locator('dl')
      .evaluate((list) =>
        [...(list as unknown as { children: Iterable<{ innerHTML: string }> }).children].map(
          (child) => child.innerHTML,
        ),
      );
  const [start, end, later] = ['4 Mar 2031, 15:00', '4 Mar 2031, 16:00', '4 Mar 2031, 17:31'];
  expect(await shown(5)).toEqual(['Visitors see', '<ins>Back &lt;b&gt;soon&lt;/b&gt;</ins>']);
  expect(await shown(4)).toEqual([
    'Visitors see',
    '<del>Back &lt;b&gt;soon&lt;/b&gt;</del> <ins>Later\nde: Später</ins>',
    'Reason',
    '<del>disk</del> <ins>more</ins>',
  ]);
  expect(await shown(3)).toEqual([
    'Planned for',
    `<ins>${start} to ${end}</ins>`,
    'Announced before',
    '<ins>1 hr</ins>',
    'Read-only at first',
    '<ins>5 mins</ins>',
    'Visitors see',
    '<ins>Moving</ins>',
  ]);
  expect(await shown(2)).toEqual([
    'Planned for',
    `<del>${start} to ${end}</del> <ins>${start} to ${later}</ins>`,
    'Read-only at first',
    '<del>5 mins</del> <ins>1 min 30 secs</ins>',
    'Reopens over',
    '<ins>1 hr 30 mins</ins>',
  ]);
  expect((await shown(0)).slice(0, 3)).toEqual(['Until', expect.stringContaining('<del>'), 'Planned for']);
  expect(await violations(page)).toEqual([]);
  await entries.nth(0).getByRole('button').click();
  await page.getByText('This restores the window as it was before.').waitFor();
  await confirm(page, 'Undo');
  await until(() => service.isActive('checkout'));
  await until(async () => (await entries.count()) === 7);
});

it('the card of a key shows the progress of a job and texts in several languages', async () => {
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
