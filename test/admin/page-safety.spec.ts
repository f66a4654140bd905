import { HOUR, MaintenanceKey, MINUTE } from 'nestjs-maintenance';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../support/until.js';
import { card, confirm, headline, PageSite, press } from './page-site.js';

const site = new PageSite();

beforeAll(() => site.open());
afterAll(() => site.close());
afterEach(() => site.clean());

/** Changes that this page has sent. */
function writesOf(page: Page): { method: string; body: unknown }[] {
  const writes: { method: string; body: unknown }[] = [];
  page.on('request', (request) => {
    if (request.method() !== 'GET' && request.url().includes('/keys/')) {
      writes.push({ method: request.method(), body: request.postDataJSON() as unknown });
    }
  });
  return writes;
}

/** Holds the key down for as long as a person would who does not let go. */
async function hold(page: Page, key: string): Promise<void> {
  for (let press = 0; press < 60; press++) {
    await page.keyboard.down(key);
    await page.waitForTimeout(30);
  }
  await page.keyboard.up(key);
}

/** Asks later whether a button could be pressed in the moment in which it was first seen like that, from now on. */
async function watchFor(
  page: Page,
  selector: string,
  like: (button: { hidden: boolean; textContent: string }) => boolean,
): Promise<() => Promise<boolean>> {
  await page.evaluate(`window.seen = new Promise((resolve) => {
    const button = document.querySelector(${JSON.stringify(selector)});
    const like = ${String(like)};
    new MutationObserver(() => like(button) && resolve(!button.disabled)).observe(button, {
      attributes: true, childList: true, characterData: true, subtree: true,
    });
  }), undefined`);
  return () => page.evaluate<boolean>('window.seen');
}

describe('an accidental key press or click', () => {
  it.each(['Enter', ' '])(
    'does nothing: %j is held on each button',
    async (key) => {
      await site.start();
      const { page } = await site.operator('Ada');
      const writes = writesOf(page);
      await page.locator('#key-general-on').focus();
      await hold(page, key);
      expect(site.service.isActive()).toBe(false);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });

      await site.service.setMaintenance(true);
      for (const button of ['#key-general-off:enabled', '#key-general-change:enabled']) {
        await page.locator(button).focus();
        await hold(page, key);
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'hidden' });
      }
      expect(site.service.isActive()).toBe(true);
      expect(writes).toEqual([]);
    },
    60_000,
  );

  it('does nothing: Enter is held on the confirm button', async () => {
    await site.start();
    const { page } = await site.operator('Ada');
    const writes = writesOf(page);
    await press(page, 'General maintenance', 'Start maintenance…');
    await page.locator('dialog [type=submit]:enabled').focus();
    await hold(page, 'Enter');
    await headline(page, 'The site is in maintenance');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    // the first press counts, and none of the others
    expect(writes.map(({ method }) => method)).toEqual(['PUT']);
  });

  it('does nothing: two quick presses of Enter', async () => {
    await site.start();
    const { page } = await site.operator('Ada');
    const writes = writesOf(page);
    await page.clock.install();
    const twice = async (button: string) => {
      await page.locator(button).focus();
      // as quick as the presses of a double click, however slow this machine is
      await page.clock.pauseAt((await page.evaluate<number>('Date.now()')) + 5_000);
      for (const pause of [250, 250, 0]) {
        await page.keyboard.press('Enter');
        await page.clock.runFor(pause);
      }
      expect(await page.getByRole('dialog').isVisible()).toBe(true);
      await page.keyboard.press('Escape');
      await page.clock.resume();
    };
    await twice('#key-general-on');
    await site.service.setMaintenance(true);
    await page.locator('#key-general-off:enabled:visible').waitFor();
    await twice('#key-general-off');
    await twice('#key-general-change');
    expect(writes).toEqual([]);
  });

  it('does nothing: a press of the confirm button right after it appears', async () => {
    await site.start();
    const { page } = await site.operator('Ada');
    const writes = writesOf(page);
    await page.evaluate(`
      document.querySelector('#key-general-on').click();
      document.querySelector('dialog [type=submit]').click();
      document.querySelector('dialog form').requestSubmit();`);
    expect(await page.getByRole('dialog').isVisible()).toBe(true);
    expect(writes).toEqual([]);
    await confirm(page, 'Start maintenance');
    await headline(page, 'The site is in maintenance');
  });

  it.each([390, 1280])(
    'never meets "End maintenance" in the place of "Start maintenance", %i px wide',
    async (width) => {
      await site.start();
      const { page } = await site.operator('Ada', { viewport: { width, height: 900 } });
      const start = (await page.locator('#key-general-on').boundingBox())!;
      await press(page, 'General maintenance', 'Start maintenance…');
      await confirm(page, 'Start maintenance');
      await page.getByRole('dialog').waitFor({ state: 'hidden' });
      await page.locator('#key-general-off').waitFor();
      const end = (await page.locator('#key-general-off').boundingBox())!;
      const apart =
        end.y >= start.y + start.height ||
        end.y + end.height <= start.y ||
        end.x >= start.x + start.width ||
        end.x + end.width <= start.x;
      expect(apart).toBe(true);
      // and for a moment it takes no press at all
      await site.service.setMaintenance(false);
      await page.locator('#key-general-on:enabled').waitFor();
      const enabled = await watchFor(page, '#key-general-off', (button) => !button.hidden);
      await site.service.setMaintenance(true);
      expect(await enabled()).toBe(false);
      await page.locator('#key-general-off:enabled').waitFor();
    },
  );

  it('does nothing: a press where a button of a planned window or of the history has just appeared', async () => {
    await site.start();
    const { page } = await site.operator('Ada');
    await page.evaluate(`
      const known = new Set();
      window.found = [];
      new MutationObserver(() => document.querySelectorAll('#windows button, #history button').forEach((button) => {
        if (!known.has(button)) found.push([button.textContent, button.disabled]);
        known.add(button);
      })).observe(document.body, { childList: true, subtree: true }), undefined`);
    const start = new Date(Date.now() + HOUR);
    await site.service.scheduleWindow('general', { start, duration: HOUR });
    await page.locator('#windows button:enabled', { hasText: 'Cancel window…' }).waitFor();
    await page.locator('#history button:enabled', { hasText: 'Undo' }).waitFor();
    expect(await page.evaluate('found')).toEqual([
      ['Cancel window…', true],
      ['Undo…', true],
    ]);
  });

  it('does not confirm a dialog that has changed in the meantime', async () => {
    await site.start();
    const { page } = await site.operator('Ada');
    await press(page, 'Checkout', 'Start maintenance…');
    await page.locator('dialog [type=submit]:enabled').waitFor();
    const enabled = await watchFor(
      page,
      'dialog [type=submit]',
      (button) => button.textContent === 'Do it anyway',
    );
    await site.service.setMaintenance(true, 'checkout', { actor: 'Bob' });
    expect(await enabled()).toBe(false);
    await page.locator('dialog [type=submit]:enabled').waitFor();
  });
});

describe('an end that visitors do not see', () => {
  const IMPORT = { keys: [new MaintenanceKey('import', { label: 'Import', timeout: 3 * HOUR })] };

  it('is shown, and stays when the message changes', async () => {
    await site.start(IMPORT);
    await site.service.setMaintenance(true, 'import', { message: 'Bakc soon', actor: 'deploy' });
    const { endsAt } = (await site.service.getKeyData())['import']!;
    const { page } = await site.operator('Ada');
    const writes = writesOf(page);
    const at = new Date(endsAt!).toLocaleTimeString('en-GB', {
      timeStyle: 'short',
      timeZone: 'Europe/Berlin',
    });
    const shown = await card(page, 'Import').locator('.until dd').innerText();
    expect(shown).toMatch(/^No end announced\nOpens by itself at .* \(safety net\)$/s);
    expect(shown).toContain(at);
    await press(page, 'Import', 'Change…');
    expect(await page.getByLabel('As it is').isChecked()).toBe(true);
    expect(await page.getByRole('dialog').innerText()).toContain('it opens by itself at');
    await page.getByLabel('Message for visitors').fill('Back soon');
    await confirm(page, 'Save');
    await page.getByText('Import: changes saved.').waitFor();
    expect(writes).toEqual([{ method: 'PATCH', body: { message: 'Back soon' } }]);
    expect((await site.service.getKeyData())['import']).toMatchObject({
      message: 'Back soon',
      until: null,
      endsAt,
    });
  });

  it('can be chosen, also after "for ever"', async () => {
    await site.start(IMPORT);
    const { page } = await site.operator('Ada');
    const net = async () => {
      const { until: told, endsAt } = (await site.service.getKeyData())['import']!;
      expect(told).toBeNull();
      return Date.parse(endsAt!) - Date.now();
    };
    await press(page, 'Import', 'Start maintenance…');
    await page.getByLabel('No set end').check();
    await confirm(page, 'Start maintenance');
    await page.getByText('Import: maintenance started.').waitFor();
    expect(await net()).toBeGreaterThan(2 * HOUR);
    await press(page, 'Import', 'Change…');
    await page.getByLabel('Until someone ends it').check();
    expect(await page.getByRole('dialog').innerText()).toContain('does not open by itself');
    await confirm(page, 'Save');
    await card(page, 'Import').getByText('Does not open by itself').waitFor();
    await press(page, 'Import', 'Change…');
    await page.getByLabel('No set end').check();
    await confirm(page, 'Save');
    await card(page, 'Import').getByText('safety net').waitFor();
    expect(await net()).toBeGreaterThan(2 * HOUR);
  });

  it('stays when nothing is changed', async () => {
    await site.start(IMPORT);
    await site.service.setMaintenance(true, 'import');
    const { page } = await site.operator('Ada');
    const writes = writesOf(page);
    await press(page, 'Import', 'Change…');
    await confirm(page, 'Save');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    expect(writes).toEqual([]);
  });
});

it('the time to an end is shown to the minute', async () => {
  await site.start();
  const { page } = await site.operator('Ada');
  const cases: [number, string][] = [
    [45_500, 'in 45 seconds'],
    [91 * MINUTE, 'in 91 minutes'],
    [119 * MINUTE, 'in 119 minutes'],
    [150 * MINUTE, 'in 2 hrs 30 mins'],
    [4 * HOUR, 'in 4 hours'],
    [25 * HOUR + MINUTE, 'in 25 hrs 1 min'],
    [76 * HOUR, 'in 3 days 4 hrs'],
  ];
  for (const [ms, text] of cases) {
    const end = Date.now() + ms;
    await site.service.setMaintenance(true, 'general', { until: new Date(end) });
    const distance = card(page, 'General maintenance').locator('.until .ago');
    const isShown = await until(async () => {
      const now = await distance.innerText().catch(() => '');
      // time passes until it is read, and the page writes it anew every five seconds
      const left = Math.ceil((end - Date.now()) / 1000) - 1;
      const seconds = Array.from({ length: 7 }, (_, more) => `in ${left + more} seconds`);
      return text.endsWith('seconds') ? seconds.includes(now) : now === text;
    });
    expect(isShown).toBe(true);
  }
});

it("a date is suggested by the server's clock: the operator's may be wrong", async () => {
  await site.start();
  const { page } = await site.operator('Ada');
  await page.clock.install({ time: Date.now() - 3 * HOUR });
  await page.reload();
  await press(page, 'General maintenance', 'Start maintenance…');
  await page.getByLabel('Until a date').check({ force: true });
  await page.clock.runFor(1_000);
  await confirm(page, 'Start maintenance');
  await headline(page, 'The site is in maintenance');
  const end = (await site.service.getKeyData())['general']?.until;
  expect(Date.parse(end ?? '')).toBeGreaterThan(Date.now() + HOUR / 2);
});
