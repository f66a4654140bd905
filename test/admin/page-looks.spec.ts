import { GENERAL_MAINTENANCE, MaintenanceKey } from 'nestjs-maintenance';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { headline, PageSite, press, violations } from './page-site.js';

const site = new PageSite();

beforeAll(() => site.open());
afterAll(() => site.close());
afterEach(() => site.clean());

/** From 0, black, to 1, white: of the text of each element, and of what is behind it. */
const contrastOf = (page: Page, selectors: string[]) =>
  page.evaluate<{ text: number; ground: number; selector: string }[]>(`
    ${JSON.stringify(selectors)}.flatMap((selector) => [...document.querySelectorAll(selector)].map((element) => {
      const light = (color) => {
        const [r, g, b, a = 1] = color.match(/[\\d.]+/g).map(Number);
        return a === 0 ? null : (0.2126 * r + 0.7152 * g + 0.0722 * b) / 255;
      };
      let ground = null;
      for (let at = element; at && ground === null; at = at.parentElement) {
        const style = getComputedStyle(at);
        ground = style.backgroundImage === 'none' ? light(style.backgroundColor) : 0;
      }
      return { selector, text: light(getComputedStyle(element).color), ground: ground ?? 1 };
    }))`);

describe('in print', () => {
  it.each(['light', 'dark'] as const)('uses dark text on a light background: %s', async (colorScheme) => {
    await site.start({ admin: { environment: 'production' }, coverage: 'site' });
    await site.service.setMaintenance(true, GENERAL_MAINTENANCE, {
      message: 'Back soon',
      timeout: 3_600_000,
    });
    const job = await site.service.maintain('import-export', { drain: false });
    const { page } = await site.operator('Ada', { colorScheme });
    await headline(page, 'The site is in maintenance');
    await page.emulateMedia({ media: 'print', colorScheme });
    const admin = await contrastOf(page, [
      'h1',
      '#note',
      '.brand',
      'h3',
      '.help',
      '.badge',
      '.warning',
      'dt',
      'dd',
    ]);
    await page.goto(site.running.url);
    await page.emulateMedia({ media: 'print', colorScheme });
    const visitors = await contrastOf(page, ['h1', '.message', 'dt', 'dd']);
    expect(admin.length).toBeGreaterThan(20);
    expect(visitors.length).toBeGreaterThan(4);
    for (const { text, ground, selector } of [...admin, ...visitors]) {
      expect(text, selector).toBeLessThan(0.45);
      expect(ground, selector).toBeGreaterThan(0.8);
    }
    await job.leave();
  });
});

it('prints no buttons', async () => {
  await site.start();
  await site.service.setMaintenance(true, 'checkout');
  const { page } = await site.operator('Ada');
  await page.getByRole('button', { name: 'Undo…' }).waitFor();
  await page.emulateMedia({ media: 'print' });
  expect(await page.getByRole('button').count()).toBe(0);
});

describe('in forced colours', () => {
  it.each(['light', 'dark'] as const)('keeps important parts distinguishable: %s', async (colorScheme) => {
    await site.start();
    await site.service.setMaintenance(true, 'checkout', { timeout: 3_600_000 });
    const { page, refused } = await site.operator('Ada', { colorScheme, forcedColors: 'active' });
    await headline(page, 'The site is read-only');
    const borderOf = (selector: string) =>
      page.evaluate<string>(
        `getComputedStyle(document.querySelector(${JSON.stringify(selector)})).borderTopWidth`,
      );
    expect(await borderOf('.card.is-on')).toBe('3px');
    expect(await borderOf('.card:not(.is-on)')).toBe('1px');
    expect(await borderOf('.badge')).toBe('1px');
    expect(await page.locator('.scene').isVisible()).toBe(false);
    await press(page, 'Checkout', 'Change…');
    const groundOf = (id: string) =>
      page.evaluate<string>(`getComputedStyle(document.querySelector('#${id} + span')).backgroundColor`);
    expect(await groundOf('length-keepEnd')).not.toBe(await groundOf('length-hour1'));
    expect(
      await page.evaluate(`getComputedStyle(document.querySelector('dialog [type=submit]')).borderTopColor`),
    ).toBe(await page.evaluate(`getComputedStyle(document.querySelector('dialog [type=submit]')).color`));
    await page.locator('dialog [type=submit]:enabled').waitFor();
    expect(await violations(page)).toEqual([]);
    expect(refused).toEqual([]);
  });
});

describe('without JavaScript', () => {
  it.each([
    [{}, 'open', 'The site is open', 'Nothing is in maintenance.'],
    [{ 'import-export': 1 }, 'part', 'Part of the site is in maintenance', 'Import and export since 20'],
    [{ checkout: 1 }, 'readOnly', 'The site is read-only', 'Checkout since 20'],
    [{ general: 1 }, 'closed', 'The site is in maintenance', 'General maintenance since 20'],
  ])('the sky shows the state: %j', async (on, state, title, note) => {
    await site.start();
    for (const key of Object.keys(on)) await site.service.setMaintenance(true, key);
    const { page } = await site.operator('Ada', { javaScriptEnabled: false });
    await headline(page, title);
    expect(await page.locator('body').getAttribute('data-headline')).toBe(state);
    expect(await page.locator('#note').innerText()).toContain(note);
    expect((await page.locator('noscript .alert').boundingBox())?.height).toBeGreaterThan(20);
  });
});

it('shows the name of the application and of the deployment', async () => {
  const admin = { title: '<b>Seaside</b> & Shop', environment: '"staging" <2>' };
  await site.start({ admin, translate: (text) => text.replace('Seaside', 'Harbour') });
  const { page, refused } = await site.operator('Ada');
  expect(await page.locator('.brand').innerText()).toMatch(/^<b>Harbour<\/b> & Shop\s*"staging" <2>$/);
  expect(await page.title()).toBe('The site is open – <b>Harbour</b> & Shop');
  const stranger = await site.operator('Eve', { may: '' });
  expect(await stranger.page.title()).toBe('<b>Harbour</b> & Shop');
  expect(refused).toEqual([]);
});

it.each([true, false])(
  'names only some of very many keys in maintenance, with JavaScript: %s',
  async (javaScriptEnabled) => {
    await site.start({ keys: Array.from({ length: 9 }, (_, index) => new MaintenanceKey(`key-${index}`)) });
    for (let index = 0; index < 9; index++) await site.service.setMaintenance(true, `key-${index}`);
    const { page } = await site.operator('Ada', { javaScriptEnabled });
    await headline(page, 'The site is in maintenance');
    const note = await page.locator('#note').innerText();
    expect(note).toMatch(/^key-0 since .*key-5 since .* 3 more$/);
    expect(note).not.toContain('key-6');
  },
);

it.each(['ltr', 'rtl'])('texts in another direction stay beside their labels: %s', async (direction) => {
  const hebrew = 'שדרוג';
  const texts = { he: hebrew, en: 'Upgrade' };
  await site.start({ languages: ['en', 'he'], translate: (text) => text });
  for (const [key, reason] of [
    ['checkout', texts.he],
    ['import-export', texts.en],
  ] as const) {
    await site.service.setMaintenance(true, key, { reason, message: reason });
  }
  const { page } = await site.operator('Ada', { locale: direction === 'rtl' ? 'he' : 'en' });
  expect(await page.locator('html').getAttribute('dir')).toBe(direction);
  // at the same side of the same box
  const starts = await page.evaluate<number[]>(`
    [...document.querySelectorAll('.reason dd, .message dd')].map((value) => {
      const range = document.createRange();
      range.selectNodeContents(value);
      const [text, box] = [range.getBoundingClientRect(), value.getBoundingClientRect()];
      return text.width === 0 ? 0 : Math.round('${direction}' === 'rtl' ? box.right - text.right : text.left - box.left);
    })`);
  expect(starts).toHaveLength(6);
  expect(new Set(starts)).toEqual(new Set([0]));
});
