import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import axe from 'axe-core';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { maintenancePageCsp } from '../../lib/http/page/page-csp.js';
import {
  refreshSeconds,
  renderMaintenancePage,
  type MaintenancePageContext,
} from '../../lib/http/page/page.js';
import { DEFAULT_MESSAGE, PAGE_TEXTS } from '../../lib/i18n/texts.js';
import { startChromium } from '../support/chromium.js';

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(2)>" onload='x' $' $& $\` \${0} &lt; 🙏\n\nnext line`;
const HOSTILE_ESCAPED =
  `&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x onerror=alert(2)&gt;&quot; onload=&#39;x&#39; ` +
  `$&#39; $&amp; $\` \${0} &amp;lt; 🙏\n\nnext line`;

/** How long a reload may take. */
const RELOAD = { timeout: 15_000 };

const FORM = '<link rel="icon" href="data:,"><form method="post" action="/"><button>Send</button></form>';

const context = (given: Partial<MaintenancePageContext> = {}): MaintenancePageContext => ({
  statusCode: 503,
  message: DEFAULT_MESSAGE,
  until: null,
  retryAfter: 60,
  refreshDelay: 60_000,
  language: 'en',
  text: (builtin) => builtin,
  ...given,
});
const render = (given?: Partial<MaintenancePageContext>) => renderMaintenancePage(context(given));
const endIn = (seconds: number) => ({ until: new Date(Date.now() + seconds * 1000), retryAfter: seconds });
const inline = (html: string, tag: 'style' | 'script') =>
  new RegExp(`<${tag}>(.*?)</${tag}>`, 's').exec(html)?.[1] ?? '';
const sha256 = (content: string) => `'sha256-${createHash('sha256').update(content).digest('base64')}'`;

describe('renderMaintenancePage', () => {
  it('escapes the message and keeps every character of it', () => {
    const html = render({ message: HOSTILE });
    expect(html).toContain(`<p class="message" dir="auto">${HOSTILE_ESCAPED}</p>`);
    expect(html.match(/<script/g)).toHaveLength(1);
  });

  it('accepts a message of 10 kB', () => {
    expect(render({ message: '<'.repeat(10_000) })).toContain('&lt;'.repeat(10_000));
  });

  it('escapes every translated text', () => {
    const html = render({ text: () => HOSTILE, ...endIn(60) });
    expect(html.match(/<script/g)).toHaveLength(1);
    expect(html).not.toContain('<img');
    expect(html.split(HOSTILE_ESCAPED)).toHaveLength(Object.keys(PAGE_TEXTS).length + 3); // the title and "time left" stand twice
  });

  it('requests the translation of the built-in texts and of nothing else', () => {
    const text = vi.fn<(builtin: string) => string>((builtin) => builtin);
    render({ text, ...endIn(60) });
    const asked = new Set(text.mock.calls.map(([builtin]) => builtin));
    expect([...asked].sort()).toEqual(Object.values(PAGE_TEXTS).sort());
  });

  it.each([
    [60_000, 60],
    [1_000, 1],
    [1_499, 1],
    [1_500, 2],
    [10, 1],
    [0, 1],
    [Number.NaN, 1],
  ])('refreshes after %s ms as %s whole seconds', (refreshDelay, seconds) => {
    expect(refreshSeconds(refreshDelay)).toBe(seconds);
    expect(render({ refreshDelay })).toContain(`<meta http-equiv="refresh" content="${seconds}">`);
  });

  it('shows the expected end in UTC, with the seconds left as data', () => {
    const html = render({ until: new Date('2031-03-04T15:06:00Z'), retryAfter: 90.2 });
    expect(html).toContain('<time datetime="2031-03-04T15:06:00.000Z">');
    expect(/<time[^>]*>(.*?)<\/time>/.exec(html)?.[1]?.replace(/\s/g, ' ')).toBe(
      'March 4, 2031 at 3:06 PM UTC',
    );
    expect(html).toContain('data-left="91"');
    expect(html).toContain('data-soon="Any moment now"');
  });

  it.each([null, new Date(Number.NaN)])('shows no end if none is known (%s)', (until) => {
    const html = render({ until });
    expect(html).not.toContain('<dl>');
    expect(html).not.toContain('data-left=');
  });

  it.each([
    ['en', 'ltr', 'en'],
    ['de-AT', 'ltr', 'de-at'],
    ['zh-Hant-TW', 'ltr', 'zh-Hant-TW'],
    ['ar', 'rtl', 'ar'],
    ['he-IL', 'rtl', 'he-IL'],
    ['fa', 'rtl', 'fa'],
    ['ur', 'rtl', 'ur'],
    ['az-Arab', 'rtl', 'az-Arab'],
    ['ar-Latn', 'ltr', 'ar-Latn'],
    ['en', 'ltr', '*'],
    ['en', 'ltr', ''],
    ['en', 'ltr', '"><script>'],
    ['en', 'ltr', `en-${'x'.repeat(10_000)}`],
  ])('sets language and direction to %s, %s (case %#)', (lang, dir, language) => {
    expect(render({ language, ...endIn(60) })).toContain(`<html lang="${lang}" dir="${dir}">`);
  });

  it('formats the end for the language', () => {
    const until = new Date('2031-03-04T15:06:00Z');
    expect(render({ language: 'de', until })).toContain('4. März 2031 um 15:06 UTC');
  });

  it('includes the browser script only when it is given, escaped', () => {
    expect(render()).not.toContain('src=');
    expect(render({ scriptUrl: null })).not.toContain('src=');
    expect(render({ scriptUrl: '/m/script?a=1&b="' })).toContain(
      '<script src="/m/script?a=1&amp;b=&quot;" defer data-page="maintenance"></script>',
    );
  });

  it('is not indexed and stays small', () => {
    const html = render(endIn(60));
    expect(html).toContain('<meta name="robots" content="noindex">');
    expect(Buffer.byteLength(html)).toBeLessThan(6_591);
  });
});

describe('maintenancePageCsp', () => {
  it('allows the style and the script of any page by their hashes and nothing else', () => {
    for (const html of [render(), render({ message: HOSTILE, language: 'ar', ...endIn(60) })]) {
      expect(maintenancePageCsp()).toBe(
        `default-src 'none'; style-src ${sha256(inline(html, 'style'))}; script-src ${sha256(inline(html, 'script'))}; ` +
          `img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`,
      );
    }
  });

  it('allows the browser script and its connections', () => {
    const csp = maintenancePageCsp({ scriptUrl: '/maintenance/script', connect: ['wss://live.example.com'] });
    expect(csp).toMatch(/script-src 'sha256-[^']+' 'self';/);
    expect(csp).toContain(`connect-src 'self' wss://live.example.com;`);
  });

  it('does not let a source add a directive or a header', () => {
    const csp = maintenancePageCsp({ connect: [`wss://x; script-src *,\r\nSet-Cookie: a=1 ü\uD800`] });
    expect(csp).toContain(
      'connect-src wss://x%3b%20script-src%20*%2c%0d%0aSet-Cookie:%20a=1%20%c3%bc%ef%bf%bd;',
    );
  });
});

describe('the page in Chromium', () => {
  let browser: Browser;
  let server: Server;
  let origin: string;
  let html: string;
  let csp: string;
  let requests: string[];
  let close: () => Promise<void>;

  beforeAll(async () => {
    browser = await startChromium();
    server = createServer((request, response) => {
      requests.push(`${request.method} ${request.url}`);
      request.resume();
      if (request.url === '/form') {
        response.setHeader('Content-Type', 'text/html').end(FORM);
      } else if (request.url === '/live.js') {
        response
          .setHeader('Content-Type', 'text/javascript')
          .end('window.live = document.currentScript.dataset.page');
      } else {
        const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': csp };
        response.writeHead(503, headers).end(html);
      }
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  });

  beforeEach(() => {
    requests = [];
    csp = maintenancePageCsp();
  });

  afterEach(() => close());

  /** A page of its own, and what the browser found to refuse in it. */
  async function newPage(options: BrowserContextOptions = {}): Promise<{ page: Page; refused: string[] }> {
    const tab = await browser.newContext({ locale: 'en-GB', timezoneId: 'Asia/Tokyo', ...options });
    close = () => tab.close();
    const page = await tab.newPage();
    const refused: string[] = [];
    page.on('console', (entry) => entry.text().includes('status of 503') || refused.push(entry.text()));
    page.on('pageerror', (error) => refused.push(error.message));
    return { page, refused };
  }

  /** From here on time passes in the page only by `runFor`. */
  async function stopClock(page: Page, now = Date.now()): Promise<void> {
    // until it is paused it goes on, and it cannot be paused in its past
    await page.clock.install({ time: now - 60_000 });
    await page.clock.pauseAt(now + 1_000);
  }

  describe.each([390, 1280])('%i px wide', (width) => {
    it.each(['light', 'dark'] as const)(
      'is accessible and fits its own policy in %s',
      async (colorScheme) => {
        const { page, refused } = await newPage({ colorScheme, viewport: { width, height: 800 } });
        for (const given of [
          {},
          endIn(7_300),
          { ...endIn(300_000), message: HOSTILE.repeat(20), language: 'ar' },
        ]) {
          html = render(given);
          requests = [];
          await page.goto(origin);
          await page.evaluate(axe.source);
          const found = await page.evaluate<{ id: string }[]>(
            'axe.run().then((result) => result.violations)',
          );
          expect(found.map(({ id }) => id)).toEqual([]);
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
          expect(requests).toEqual(['GET /']);
        }
        expect(refused).toEqual([]);
      },
    );
  });

  it('shows the message as it was written, line breaks too', async () => {
    html = render({ message: HOSTILE });
    const { page, refused } = await newPage();
    await page.goto(origin);
    expect(await page.locator('.message').innerText()).toBe(HOSTILE);
    expect(refused).toEqual([]);
  });

  it("shows the end in local time and counts down, whatever the visitor's clock says", async () => {
    html = render({ until: new Date('2031-03-04T15:06:00Z'), retryAfter: 7_259, refreshDelay: 3_600_000 });
    const { page } = await newPage();
    await stopClock(page, Date.parse('2031-03-04T03:00:00Z'));
    await page.goto(origin);
    expect(await page.locator('time').innerText()).toBe('Wednesday, 5 March 2031 at 00:06');
    expect(await page.locator('time').getAttribute('title')).toContain('UTC');
    await page.clock.runFor(2_000);
    expect(await page.getByRole('timer').innerText()).toMatch(/^2 hrs 0 mins \d+ secs?$/);
    await page.clock.runFor(60_000);
    expect(await page.getByRole('timer').innerText()).toMatch(/^1 hr 59 mins \d+ secs?$/);
  });

  it('saved as a file, counts down to its end by the clock, and reloads as usual after that', async () => {
    // a reload within the countdown would show a page of another moment
    const refreshDelay = 100_000;
    html = render({
      until: new Date('2031-03-04T15:06:00Z'),
      retryAfter: 999_999,
      stored: true,
      refreshDelay,
    });
    const { page } = await newPage();
    await stopClock(page, Date.parse('2031-03-04T15:04:29Z'));
    await page.goto(origin);
    expect(await page.getByRole('timer').innerText()).toBe('1 min 30 secs');
    await page.clock.runFor(87_000);
    expect(await page.getByRole('timer').innerText()).toMatch(/^\d secs?$/);
    await page.clock.setSystemTime(Date.parse('2031-03-04T15:07:00Z'));
    await page.goto(origin);
    expect(await page.getByRole('timer').innerText()).toBe('Any moment now');
    requests = [];
    await page.clock.runFor(20_000);
    expect(requests).toEqual([]);
    await page.clock.runFor(90_100);
    await vi.waitFor(() => expect(requests).toEqual(['GET /']), RELOAD);
  });

  it('shows only the time if the end is on the same day', async () => {
    html = render({ until: new Date('2031-03-04T14:06:00Z') });
    const { page } = await newPage();
    await stopClock(page, Date.parse('2031-03-04T03:00:00Z'));
    await page.goto(origin);
    expect(await page.locator('time').innerText()).toBe('23:06');
  });

  it('waits a little at zero and reloads once, by GET, even if a form was refused', async () => {
    html = render(endIn(3));
    const { page } = await newPage();
    await stopClock(page);
    await page.goto(`${origin}/form`);
    await page.getByRole('button').click();
    await page.getByRole('timer').waitFor();
    expect(requests).toEqual(['GET /form', 'POST /']);
    html = render();
    await page.clock.runFor(3_500);
    expect(await page.getByRole('timer').innerText()).toBe('Any moment now');
    expect(requests).toHaveLength(2);
    await page.clock.runFor(10_000);
    await page.locator('dl').waitFor({ state: 'detached' });
    expect(requests).toEqual(['GET /form', 'POST /', 'GET /']);
  });

  it('reloads after the refresh delay and keeps the fragment', async () => {
    html = render({ refreshDelay: 30_000 });
    const { page } = await newPage();
    await stopClock(page);
    await page.goto(`${origin}/#/orders/7`);
    await page.clock.runFor(29_000);
    expect(requests).toEqual(['GET /']);
    await page.clock.runFor(4_100);
    await vi.waitFor(() => expect(requests).toEqual(['GET /', 'GET /']), RELOAD);
    await page.waitForLoadState();
    expect(page.url()).toBe(`${origin}/#/orders/7`);
  });

  it('shows the same and reloads without JavaScript', async () => {
    html = render({ refreshDelay: 1_000, ...endIn(3_600) });
    const { page } = await newPage({ javaScriptEnabled: false });
    await page.goto(origin);
    expect(await page.locator('time').innerText()).toMatch(/UTC$/);
    expect(await page.getByText('Time left').isVisible()).toBe(false);
    await vi.waitFor(() => expect(requests.length).toBeGreaterThan(1), RELOAD);
  });

  it('is readable if styles are blocked', async () => {
    html = render(endIn(3_600));
    csp = csp.replace(/style-src [^;]+/, `style-src 'none'`);
    const { page } = await newPage();
    await page.goto(origin);
    expect(await page.locator('body').innerText()).toMatch(
      /^Down for maintenance\s+We are carrying[^]+Expected back[^]+Time left[^]+This page reloads by itself\.\s*$/,
    );
    const drawn = `[...document.querySelectorAll('svg')].some((svg) => svg.getBoundingClientRect().width > 0)`;
    expect(await page.evaluate(drawn)).toBe(false);
  });

  it.each([
    ['reduce', 0],
    ['no-preference', 3],
  ] as const)('with the motion preference %s runs %i animations', async (reducedMotion, count) => {
    html = render();
    const { page } = await newPage({ reducedMotion });
    await page.goto(origin);
    expect(await page.evaluate('document.getAnimations().length')).toBe(count);
  });

  it('shows progress in forced colors', async () => {
    html = render({ progress: { value: 0.5, step: 'Prices', remaining: null, overrun: true } });
    const { page } = await newPage({ forcedColors: 'active' });
    await page.goto(origin);
    expect(await page.getByText('longer than expected').isVisible()).toBe(true);
    const { x, y, width, height } = (await page.locator('progress').boundingBox())!;
    const at = (part: number) =>
      page.screenshot({ clip: { x: Math.round(x + part * width), y: Math.round(y), width: 8, height } });
    expect((await at(0.25)).equals(await at(0.75))).toBe(false);
  });

  it('runs the browser script under its policy', async () => {
    html = render({ scriptUrl: '/live.js' });
    csp = maintenancePageCsp({ scriptUrl: '/live.js' });
    const { page, refused } = await newPage();
    await page.goto(origin);
    expect(await page.evaluate('window.live')).toBe('maintenance');
    await page.waitForLoadState('networkidle');
    expect(requests).toEqual(['GET /', 'GET /live.js']);
    expect(refused).toEqual([]);
  });
});
