import { HOUR } from 'nestjs-maintenance';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { until } from '../support/until.js';
import { confirm, headline, PageSite, press, violations } from './page-site.js';

const site = new PageSite();

beforeAll(() => site.open());
afterAll(() => site.close());
afterEach(() => site.clean());

it('languages can be added to a message and removed again, and a draft keeps them', async () => {
  await site.start();
  const { page, refused } = await site.operator('Ada');
  const data = async () => (await site.service.getKeyData())['general'];
  await press(page, 'General maintenance', 'Start maintenance…');
  await page.getByLabel('Message for visitors', { exact: true }).fill('Back soon');
  const language = page.getByLabel('Another language');
  await language.fill('x_y');
  await page.getByRole('button', { name: 'Add language' }).click();
  await page.getByText('This is not a language tag.').waitFor();
  expect(await language.getAttribute('aria-invalid')).not.toBeNull();
  expect(await violations(page)).toEqual([]);
  // enter adds the language, and sends nothing
  await language.fill('pt-br');
  await language.press('Enter');
  await page.getByLabel('Message for visitors (pt-BR)').fill('Já voltamos');
  expect(await page.evaluate(`document.activeElement.lang`)).toBe('pt-BR');
  await page.reload();
  await page.getByText('What you typed before has been restored.').waitFor();
  expect(await page.getByLabel('Message for visitors (pt-BR)').inputValue()).toBe('Já voltamos');
  await confirm(page, 'Start maintenance');
  await headline(page, 'The site is in maintenance');
  const messages = { '': 'Back soon', 'pt-BR': 'Já voltamos' };
  expect(await data()).toMatchObject({ message: 'Back soon', messages });

  await press(page, 'General maintenance', 'Change…');
  await page.getByLabel('Another language').fill('DE');
  await page.getByRole('button', { name: 'Add language' }).click();
  await page.getByLabel('Message for visitors (de)').fill('Gleich zurück');
  await confirm(page, 'Save');
  await until(async () => (await data())?.messages?.['de'] === 'Gleich zurück');
  expect(await data()).toMatchObject({ messages: { ...messages, de: 'Gleich zurück' } });

  await press(page, 'General maintenance', 'Change…');
  for (const tag of ['de', 'pt-BR']) await page.getByLabel(`Message for visitors (${tag})`).fill('');
  await confirm(page, 'Save');
  await until(async () => (await data())?.messages === undefined);
  expect(await data()).toMatchObject({ message: 'Back soon' });
  expect(refused).toEqual([]);
});

it('a toast is not hidden by the announcement of a window', async () => {
  await site.start();
  await site.service.scheduleWindow('general', { start: new Date(Date.now() + HOUR / 2), duration: HOUR });
  const { page } = await site.operator('Ada', { viewport: { width: 360, height: 640 } });
  const bar = page.locator('[data-maintenance=announcement]');
  await bar.waitFor();
  await press(page, 'Import and export', 'Start maintenance…');
  await confirm(page, 'Start maintenance');
  const toast = page.locator('#toast', { hasText: 'maintenance started' });
  await toast.waitFor();
  const { x, y, width, height } = (await toast.boundingBox())!;
  expect((await bar.boundingBox())!.y).toBeLessThan(y + height);
  expect(await page.evaluate(`document.elementFromPoint(${x + width / 2}, ${y + height / 2}).id`)).toBe(
    'toast',
  );
});
