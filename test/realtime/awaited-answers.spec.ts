import { Controller, Get, Header, Post } from '@nestjs/common';
import { MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createExpressApp, type RunningApp } from '../support/apps.js';
import { startChromium } from '../support/chromium.js';
import { Gates } from '../support/gates.js';
import { until } from '../support/until.js';

const html = (title: string, body = '') =>
  `<!doctype html><html lang="en"><head><title>${title}</title><link rel="icon" href="data:,">` +
  `<script src="/maintenance/script" defer></script></head><body><h1>${title}</h1>${body}</body></html>`;

/** A form without fields; the second one is sent by a script, as in applications of one page. */
const BASKET = `<form method="post" action="/pay"><button>Pay</button></form>
  <form id="there"><button>Pay here</button></form><a href="/invoice">Invoice</a>
  <script>
    addEventListener('submit', async (event) => {
      if (event.target.id !== 'there') return;
      event.preventDefault();
      document.title = /<h1>(.*)<.h1>/.exec(await (await fetch('/pay', { method: 'POST' })).text())[1];
    });
  </script>`;

/** A form without an address of its own, which a script sends. */
const SEARCH = `<form method="post"><button>Search</button></form>
  <script>addEventListener('submit', (event) => event.preventDefault());</script>`;

/** A router that takes every navigation that it can get, as introductions to the Navigation API show it. */
const ROUTER = `<script>
  addEventListener('load', () =>
    navigation.addEventListener('navigate', (event) => {
      if (!event.canIntercept || event.hashChange || event.downloadRequest || event.formData) return;
      event.intercept({ handler: async () => void document.body.append('routed') });
    }),
  );
</script>`;

let gates = new Gates();
beforeEach(() => {
  gates = new Gates();
});

@Controller()
class ShopController {
  @Get('basket')
  @Header('Content-Type', 'text/html')
  basket(): string {
    return html('Basket', BASKET);
  }

  @Post('pay')
  @Header('Content-Type', 'text/html')
  async pay(): Promise<string> {
    await gates.pass('answer');
    return html('Paid');
  }

  @Get('invoice')
  @Header('Content-Type', 'text/html')
  async invoice(): Promise<string> {
    await gates.pass('answer');
    return html('Invoice');
  }

  @Get('search')
  @Header('Content-Type', 'text/html')
  search(): string {
    return html('Search', SEARCH);
  }

  @Get('routed')
  @Header('Content-Type', 'text/html')
  routed(): string {
    return html('Routed', ROUTER);
  }
}

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

const title = (page: Page, wanted: string) =>
  until(async () => (await page.title().catch(() => '')) === wanted, { what: wanted, timeout: 15_000 });

const live = (page: Page) =>
  until(() => page.evaluate<boolean>(`globalThis.maintenance?.connection === 'live'`), {
    what: 'live',
    timeout: 15_000,
  });

async function open({ url }: RunningApp, path: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(url + path);
  await live(page);
  return page;
}

/** A page that is being left is not asked anything by its driver, so it says by itself when it shows the banner. */
async function watchBanner(page: Page): Promise<() => Promise<string>> {
  let show = (_text: string): void => undefined;
  const shown = new Promise<string>((resolve) => (show = resolve));
  await page.exposeFunction('showBanner', (text: string) => show(text));
  await page.evaluate(`new MutationObserver(() => {
    const text = document.querySelector('[data-maintenance=banner]')?.textContent;
    if (text) showBanner(text);
  }).observe(document, { childList: true, subtree: true })`);
  return () => shown;
}

const start = (socket: boolean) =>
  createExpressApp({
    imports: [MaintenanceModule.forRoot(socket ? {} : { socket })],
    controllers: [ShopController],
  });

describe.each([
  ['a socket', true],
  ['a stream', false],
])('a page with %s that waits for an answer when maintenance begins', (_what, socket) => {
  // the answer to a form shows the banner, too, and is not left: nothing else would say that it was paid
  it.each([
    ['Pay', 'Paid', ['/pay'], 'Paid'],
    ['Pay here', 'Paid', [], 'Paid'],
    // of its own address, to which it returns
    ['Invoice', 'Down for maintenance', ['/invoice', '/invoice'], 'Invoice'],
  ])('shows the banner and gets the answer: %s', async (pressed, during, pages, afterwards) => {
    await using app = await start(socket);
    const page = await open(app, '/basket');
    const loaded: string[] = [];
    page.on('domcontentloaded', () => loaded.push(page.url().slice(app.url.length)));
    const banner = await watchBanner(page);
    await page.getByText(pressed, { exact: true }).click({ noWaitAfter: true });
    await until(() => gates.begun.length === 1, { what: 'the request' });
    const work = app.app.get(MaintenanceService).maintain('general', () => gates.pass('work'), {
      drain: 20_000,
      message: 'Moving house',
    });
    expect(await banner()).toBe('Moving house');
    gates.open('answer');
    await title(page, during);
    await page.locator('[data-maintenance=banner], main[data-status="503"]').waitFor();
    expect(loaded).toEqual(pages);
    gates.open('work');
    await work;
    await page.locator('[data-maintenance=banner]').waitFor({ state: 'detached' });
    await title(page, afterwards);
    await page.close();
  });
});

it('a page whose form a script has sent a while ago is replaced when maintenance begins', async () => {
  await using app = await start(true);
  const page = await browser.newPage();
  await page.clock.install();
  await page.goto(`${app.url}/search`);
  await live(page);
  await page.getByRole('button').click();
  await page.clock.fastForward(61_000);
  await live(page);
  await app.app.get(MaintenanceService).setMaintenance(true);
  await title(page, 'Down for maintenance');
  expect(await page.locator('[data-maintenance=banner]').count()).toBe(0);
  await page.close();
});

it('a page whose router takes every navigation is replaced when maintenance begins, and returns', async () => {
  await using app = await start(true);
  const page = await open(app, '/routed');
  const service = app.app.get(MaintenanceService);
  await service.setMaintenance(true);
  await title(page, 'Down for maintenance');
  await service.setMaintenance(false);
  await title(page, 'Routed');
  expect(await page.evaluate('document.body.innerText')).not.toContain('routed');
  await page.close();
});
