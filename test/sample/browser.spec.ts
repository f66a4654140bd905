import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startChromium } from '../support/chromium.js';
import { Program } from './program.js';

// compiled by vitest's global set-up
const MAIN = '.tmp/replicas/sample/01-quickstart/src/main.js';
/** `SCREENSHOT=1 npx vitest run test/sample/browser.spec.ts` makes the picture in the README anew. */
const PICTURE = fileURLToPath(new URL('../../sample/01-quickstart/admin.png', import.meta.url));

const KEYWORD = 'Description\0';

/** What a picture says about itself, in a chunk `tEXt` before its last one. */
function describe(picture: Buffer, text: string): Buffer {
  const chunk = Buffer.from(`tEXt${KEYWORD}${text}`, 'latin1');
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(chunk.length - 4);
  check.writeUInt32BE(crc32(chunk));
  const end = picture.length - 12;
  return Buffer.concat([picture.subarray(0, end), length, chunk, check, picture.subarray(end)]);
}

function descriptionOf(picture: Buffer): string {
  const begin = picture.lastIndexOf(`tEXt${KEYWORD}`);
  return begin < 0
    ? 'none'
    : picture.toString('latin1', begin + 4 + KEYWORD.length, begin + picture.readUInt32BE(begin - 4) + 4);
}

let shop: Program;
let browser: Browser;
let url: string;

beforeAll(async () => {
  shop = Program.start(MAIN, { env: { PORT: '0', REDIS_URL: '' } });
  [browser, [, url = '']] = await Promise.all([startChromium(), shop.prints(/open at (http:\/\/\S+)/)]);
}, 60_000);

afterAll(async () => {
  await browser?.close();
  await shop?.[Symbol.asyncDispose]();
});

async function open(path: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
  const page = await context.newPage();
  await page.goto(url + path);
  return page;
}

/** Headings and buttons of a page. */
async function partsOf(page: Page): Promise<string> {
  const parts = await page.locator(':is(h1, h2, button):visible').allInnerTexts();
  return parts.map((part) => part.trim().replace('…', '...')).join(' | ');
}

it('operator and visitor see what the instructions promise', async () => {
  const visitor = await open('/');
  const operator = await open('/login');
  await operator.getByLabel('Name').fill('ada');
  await operator.getByLabel('Password').fill('ada');
  await operator.getByRole('button', { name: 'Log in' }).click();
  await operator.waitForURL('**/maintenance/admin');

  const general = operator.getByRole('region', { name: 'General maintenance' });
  const dialog = operator.getByRole('dialog');
  await general.getByRole('button', { name: 'Start maintenance…' }).click();
  await dialog.getByLabel('1 hour').check();
  await dialog.getByLabel('Message for visitors').fill('We are moving house. Back within the hour.');
  await dialog.getByLabel('Reason').fill('Moving to the new database');
  await dialog.getByRole('button', { name: 'Start maintenance' }).click();

  await visitor.getByText('We are moving house.').waitFor();
  await general.getByText('Moving to the new database').waitFor();
  expect(await general.getByText('ada', { exact: true }).count()).toBe(1);
  await operator.getByRole('button', { name: 'Undo…' }).waitFor();
  if (process.env.SCREENSHOT) {
    await operator.locator('#toast:empty').waitFor({ state: 'attached' });
    const picture = await operator.screenshot({ fullPage: true });
    writeFileSync(PICTURE, describe(picture, await partsOf(operator)));
  }
  // the picture is of the page as it is
  const described = descriptionOf(readFileSync(PICTURE));
  await expect.poll(() => partsOf(operator)).toBe(described);

  await general.getByRole('button', { name: 'End maintenance…' }).click();
  await dialog.getByRole('button', { name: 'End maintenance' }).click();
  await visitor.getByText('Apples').waitFor();
}, 60_000);

it('operators keep access to the log-in page', async () => {
  const login = await open('/login');
  const reloaded = login.waitForEvent('framenavigated').then(() => true);
  const operator = await open('/login');
  await operator.getByLabel('Name').fill('ada');
  await operator.getByLabel('Password').fill('ada');
  await operator.getByRole('button', { name: 'Log in' }).click();
  await operator.waitForURL('**/maintenance/admin');
  await operator.evaluate(() =>
    fetch('/maintenance/keys/general', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"mode":true}',
    }),
  );
  const banner = login
    .getByRole('status')
    .waitFor()
    .then(() => false);
  expect(await Promise.race([reloaded, banner])).toBe(false);
}, 60_000);
