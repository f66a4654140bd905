import axe from 'axe-core';
import { Controller, Get, Header, Query } from '@nestjs/common';
import { HOUR, MaintenanceExempt, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFastifyApp, type RunningApp } from '../support/apps.js';
import { startChromium } from '../support/chromium.js';
import { until } from '../support/until.js';

const LINES = '<p>Something to read.</p>'.repeat(60);
const FOOT = '<footer style="padding:8px"><a id="last" href="/imprint">Imprint</a></footer>';

/** Pages as applications have them, by what may be moved or hidden at their foot. */
const PAGES: Record<string, string> = {
  long: `<main>${LINES}</main>${FOOT}`,
  full: `<style>body{min-height:100vh;display:flex;flex-direction:column;box-sizing:border-box}</style><main style="flex:1;text-align:center">Short</main>${FOOT}`,
  short: `<main>Short</main>${FOOT}`,
  quirky: `<main>${LINES}</main>${FOOT}`,
};

@MaintenanceExempt()
@Controller('pages')
class PagesController {
  @Get()
  @Header('Content-Security-Policy', "script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'")
  @Header('Content-Type', 'text/html; charset=utf-8')
  page(@Query('page') page = 'long', @Query('attributes') attributes = ''): string {
    return (
      `${page === 'quirky' ? '' : '<!doctype html>'}<html lang="en"><head><title>Shop</title><meta name="viewport" content="width=device-width">` +
      `<link rel="icon" href="data:,"><style>body{margin:0;font:16px sans-serif}</style><script src="/maintenance/script" ${attributes}></script></head>` +
      `<body>${PAGES[page]}</body></html>`
    );
  }
}

const WATCH = `
  window.shifts = [];
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => shifts.push(entry.value)))
    .observe({ type: 'layout-shift', buffered: true });
  window.errors = [];
  addEventListener('error', (event) => errors.push(event.message));
`;

interface Box {
  readonly top: number;
  readonly bottom: number;
}
const boxOf = (page: Page, selector: string): Promise<Box> =>
  page.evaluate(
    `(({ top, bottom }) => ({ top, bottom }))(document.querySelector('${selector}').getBoundingClientRect())`,
  );

/** Is all of an element above another, in the window. */
async function isAbove(page: Page, one: string, other: string): Promise<boolean> {
  const [box, limit] = [await boxOf(page, one), await boxOf(page, other)];
  return box.top >= 0 && box.bottom <= limit.top + 0.5;
}

/** Whether all of an element is in the window. */
const isInSight = (page: Page, selector: string): Promise<boolean> =>
  page.evaluate(
    `(({ top, bottom }) => top >= 0 && bottom <= innerHeight)(document.querySelector('${selector}').getBoundingClientRect())`,
  );

const styleOf = (page: Page, selector: string, property: string): Promise<string> =>
  page.evaluate(`getComputedStyle(document.querySelector('${selector}')).${property}`);

const ANNOUNCED = '[data-maintenance=announcement]';
const BANNER = '[data-maintenance=banner]';
const EDGE = '[data-maintenance=edge]';
const LONG = 'We are moving to a bigger database, and invoices cannot be written meanwhile. '.repeat(12);
/** A small laptop at 400 %. */
const ZOOMED = { width: 320, height: 256 };
const PHONE = { width: 390, height: 664 };
const serviceOf = ({ app }: RunningApp) => app.get(MaintenanceService);

describe('a bar at the foot of the window', () => {
  let app: RunningApp;
  let hidden: Browser;
  let browser: Browser;
  beforeAll(async () => {
    [browser, hidden, app] = await Promise.all([
      startChromium({ scrollbars: true }),
      startChromium(),
      createFastifyApp({
        imports: [MaintenanceModule.forRoot({ socket: false })],
        controllers: [PagesController],
      }),
    ]);
    await serviceOf(app).scheduleWindow('general', {
      start: new Date(Date.now() + 91 * 60_000),
      duration: HOUR,
      announce: 24 * HOUR,
      announcement: 'Invoices rest tonight.',
    });
  });
  afterAll(async () => {
    await Promise.all([browser.close(), hidden.close()]);
    await app.close();
  });

  const open = async (
    kind: string,
    {
      attributes = 'data-announce="always"',
      bar = ANNOUNCED,
      of = browser,
      ...settings
    }: BrowserContextOptions & {
      attributes?: string;
      bar?: string;
      of?: Browser;
    } = {},
  ): Promise<Page> => {
    const context = await of.newContext({ viewport: PHONE, ...settings });
    await context.addInitScript(WATCH);
    const page = await context.newPage();
    await page.goto(`${app.url}/pages?page=${kind}&attributes=${encodeURIComponent(attributes)}`);
    await page.locator(bar).waitFor();
    // what is observed comes with the next frame
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => setTimeout(done, 50)))');
    return page;
  };
  const scrollDown = (page: Page) => page.evaluate('scrollTo(0, 1e6)');
  const quiet = async (page: Page): Promise<void> => {
    expect(await page.evaluate('shifts')).toEqual([]);
    expect(await page.evaluate('errors')).toEqual([]);
    if (process.env['SHOTS']) {
      await page.screenshot({ path: `${process.env['SHOTS']}/${Date.now()}.png` });
    }
  };

  it.each(['long', 'quirky'])(
    'hides no line of a %s page that is scrolled down, and moves nothing',
    async (kind) => {
      const page = await open(kind);
      expect(await isAbove(page, '#last', ANNOUNCED)).toBe(false);
      await quiet(page);
      await scrollDown(page);
      expect(await isAbove(page, '#last', ANNOUNCED)).toBe(true);
      await quiet(page);
      await page.context().close();
    },
  );

  it('does not cover the focused element', async () => {
    const page = await open('long');
    await page.evaluate(
      'document.body.insertAdjacentHTML("beforeend", document.querySelector("main").outerHTML)',
    );
    await page.locator('#last').focus();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Tab');
    await until(() => isAbove(page, '#last', ANNOUNCED));
    expect(await page.evaluate('document.activeElement.id')).toBe('last');
    await page.context().close();
  });

  it('reserves space on a page that fills the window: at once with overlay scrollbars, otherwise on the next user action', async () => {
    const thin = await open('full', { of: hidden });
    await quiet(thin);
    await scrollDown(thin);
    expect(await isAbove(thin, '#last', ANNOUNCED)).toBe(true);
    const page = await open('full');
    await quiet(page);
    await until(async () => {
      await page.mouse.wheel(0, 400);
      return isAbove(page, '#last', ANNOUNCED);
    });
    await Promise.all([thin.context().close(), page.context().close()]);
  });

  it('leaves a short page as it is, and publishes its height', async () => {
    const page = await open('short');
    await page.mouse.wheel(0, 400);
    expect(await page.evaluate('scrollY')).toBe(0);
    const { top, bottom } = await boxOf(page, ANNOUNCED);
    const height = `getComputedStyle(document.documentElement).getPropertyValue('--maintenance-bar')`;
    expect(Math.abs(parseFloat(await page.evaluate(height)) - (bottom - top))).toBeLessThan(1);
    await page.setViewportSize({ width: 1200, height: 664 });
    await until(async () => (await page.evaluate<string>(height)) !== `${Math.round(bottom - top)}px`);
    await page.evaluate('maintenance.close()');
    expect(await page.evaluate(height)).toBe('');
    expect(await page.locator('[data-maintenance]').count()).toBe(0);
    await page.context().close();
  });

  it('is not printed', async () => {
    const page = await open('long');
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator(ANNOUNCED).isVisible()).toBe(false);
    await page.emulateMedia({ media: 'screen' });
    expect(await page.locator(ANNOUNCED).isVisible()).toBe(true);
    await page.context().close();
  });

  it('shows a focus ring for the keyboard', async () => {
    const page = await open('short', { attributes: '', colorScheme: 'dark' });
    const close = page.locator(ANNOUNCED).getByRole('button');
    await close.focus();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Tab');
    expect(await styleOf(page, `${ANNOUNCED} button`, 'outlineStyle')).toBe('auto');
    await quiet(page);
    await page.keyboard.press('Enter');
    await page.locator(ANNOUNCED).waitFor({ state: 'detached' });
    expect(await page.locator('[data-maintenance=room]').count()).toBe(0);
    await page.context().close();
  });

  it('hides no line while maintenance is on, either', async () => {
    await serviceOf(app).setMaintenance(true, 'general', { message: 'Back at nine' });
    const page = await open('long', { attributes: 'data-exempt', bar: BANNER });
    await quiet(page);
    // a page in another direction than the message
    await page.evaluate(`document.documentElement.dir = 'rtl'`);
    expect(await styleOf(page, BANNER, 'direction')).toBe('ltr');
    await page.evaluate(`document.documentElement.dir = ''`);
    await scrollDown(page);
    expect(await isAbove(page, '#last', BANNER)).toBe(true);
    await page.emulateMedia({ media: 'print' });
    expect(await page.locator(BANNER).isVisible()).toBe(false);
    await page.emulateMedia({ media: 'screen' });
    await serviceOf(app).setMaintenance(false, 'general');
    // what is announced comes back, with room of its own
    await page.locator(BANNER).waitFor({ state: 'detached' });
    await page.locator(ANNOUNCED).waitFor();
    expect(await page.locator('[data-maintenance=room]').count()).toBe(1);
    await page.context().close();
  });

  it.each([
    ['announcement', ''],
    ['announcement', 'data-announce="always"'],
    ['banner', 'data-exempt'],
  ] as const)(
    'lets a long text be scrolled, and leaves half of the window: %s %s',
    async (kind, attributes) => {
      const [window] = serviceOf(app).getWindows();
      await serviceOf(app).updateWindow(window!.id, { announcement: LONG });
      await serviceOf(app).setMaintenance(kind === 'banner', 'general', { message: LONG });
      const bar = `[data-maintenance=${kind}]`;
      // the button, where there is one
      const last = attributes === '' ? `${bar} button` : bar;
      const page = await open('long', { attributes, bar, viewport: ZOOMED });
      const { top, bottom } = await boxOf(page, bar);
      expect([top, bottom].map(Math.round)).toEqual([128, 256]);
      expect(await isInSight(page, last)).toBe(true);
      const scrolled = () => page.evaluate<number>(`document.querySelector('${bar}').scrollTop`);
      expect(await scrolled()).toBe(0);
      await until(async () => {
        await page.keyboard.press('Tab');
        return page.evaluate<boolean>(`document.activeElement.closest('${bar}') !== null`);
      });
      await page.keyboard.press('End');
      await until(async () => (await scrolled()) > 100);
      expect(await isInSight(page, last)).toBe(true);
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<axe.AxeResults>(`axe.run('${bar}')`);
      expect(violations.map(({ id }) => id)).toEqual([]);
      await serviceOf(app).setMaintenance(false);
      await page.context().close();
    },
  );

  it.each([
    [BANNER, 'data-exempt'],
    [EDGE, 'data-admin'],
    ['[data-maintenance=edge-line]', 'data-admin'],
  ])('is set off from the page in forced colours: %s', async (bar, attributes) => {
    await serviceOf(app).setMaintenance(true);
    const page = await open('long', { attributes, bar, forcedColors: 'active' });
    const [border, background] = [
      await styleOf(page, bar, 'borderTop'),
      await styleOf(page, bar, 'backgroundColor'),
    ];
    expect(border).toMatch(/^1px solid rgb/);
    expect(border).not.toContain(background);
    await serviceOf(app).setMaintenance(false);
    await page.context().close();
  });
});
