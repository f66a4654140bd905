import { Controller, Get, Header, HttpCode, Post } from '@nestjs/common';
import {
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createExpressApp, type RunningApp } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { startChromium } from '../support/chromium.js';
import { request } from '../support/http.js';
import { freePort } from '../support/process.js';
import { until } from '../support/until.js';
import { TestClient } from './clients.js';

const FORM = `<form><label>Name <input name="name"></label><label>Note <textarea name="note"></textarea></label>
<label>Size <select name="size"><option>S<option>M</select></label><label>Gift <input type="checkbox" name="gift"></label>
<label>Photo <input type="file" name="photo"></label><p contenteditable="true" id="rich"></p>
<iframe title="Card" srcdoc="<input aria-label=Number>"></iframe><button type="reset">Clear</button></form>
<x-pay></x-pay><script>customElements.define('x-part', class extends HTMLElement {
  connectedCallback() { this.attachShadow({ mode: 'open' }).innerHTML = '<iframe title="Part" srcdoc="<input aria-label=Code>"></iframe><input aria-label="Street">'; }
});
customElements.define('x-pay', class extends HTMLElement {
  connectedCallback() { this.attachShadow({ mode: 'open' }).innerHTML = '<x-part></x-part>'; }
});</script>`;
const html = (title: string, body = '') =>
  `<!doctype html><html lang="en"><head>` +
  `<script>sessionStorage.loads = Number(sessionStorage.loads || 0) + 1</script>` +
  `<title>${title}</title><link rel="icon" href="data:,">` +
  `<script src="/maintenance/script" defer></script></head><body><h1>${title}</h1>${body}</body></html>`;

@Controller()
class ShopController {
  @Get()
  @Header('Content-Type', 'text/html')
  home(): string {
    return html('Shop');
  }

  @Get('order')
  @Header('Content-Type', 'text/html')
  order(): string {
    return html('Order', FORM);
  }

  @Get('kept')
  @Header('Content-Type', 'text/html')
  @Header('Cache-Control', 'max-age=600')
  kept(): string {
    return html('Kept');
  }

  @Get('nothing')
  @HttpCode(204)
  nothing(): void {}

  @Get('receipt')
  @Header('Content-Type', 'text/html')
  basket(): string {
    return html('Basket', `<form method="post" action="/receipt#paid"><button>Pay</button></form>`);
  }

  @Post('receipt')
  @Header('Content-Type', 'text/html')
  receipt(): string {
    return html('Receipt');
  }

  @Get('billing')
  @MaintenanceKeys('billing')
  @Header('Content-Type', 'text/html')
  billing(): string {
    return html('Billing');
  }
}

@MaintenanceExempt()
@Controller()
class StatusController {
  @Get('status')
  @Header('Content-Type', 'text/html')
  status(): string {
    return html('Status');
  }
}

const CLOSED = 'Down for maintenance';
const source = (options: MaintenanceRootOptions = {}) => ({
  imports: [
    MaintenanceModule.forRoot({ keys: [new MaintenanceKey('billing', { scope: 'marked' })], ...options }),
  ],
  controllers: [ShopController, StatusController],
});
const service = ({ app }: RunningApp) => app.get(MaintenanceService);

/** Ways in which a page says that its reader would lose something, such as a drawing. */
const BEFORE_UNLOAD = [
  `addEventListener('beforeunload', (event) => event.preventDefault())`,
  `addEventListener('beforeunload', (event) => void (event.returnValue = 'Not saved'))`,
  `onbeforeunload = () => 'Not saved'`,
];

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

async function open(context: BrowserContext | Browser, app: RunningApp, path = '/'): Promise<Page> {
  const page = await context.newPage();
  await page.goto(app.url + path);
  return page;
}
const state = (page: Page) =>
  page.evaluate(
    () => (globalThis as unknown as { maintenance?: { connection: string } }).maintenance?.connection,
  );
const live = (page: Page) =>
  until(async () => (await state(page).catch(() => '')) === 'live', { what: 'live', timeout: 15_000 });
const title = (page: Page, wanted: string) =>
  until(async () => (await page.title().catch(() => '')) === wanted, { what: wanted, timeout: 15_000 });
/**
 * Leaves a page, and comes back to it as its browser has kept it. Chromium keeps none that Playwright drives: the page stays, since
 * the answer has no content, and is told what it would be told.
 */
async function keep(page: Page, markup: string): Promise<void> {
  await page.evaluate(`document.body.insertAdjacentHTML('beforeend', ${JSON.stringify(markup)})`);
  const answered = page.waitForResponse((response) => response.status() === 204);
  await page.click('#leave');
  await answered;
  for (const event of ['pagehide', 'pageshow']) {
    await page.evaluate(`dispatchEvent(new PageTransitionEvent('${event}', { persisted: true }))`);
  }
  await live(page);
}

const loads = (page: Page) => page.evaluate<string>(`sessionStorage.loads`);
/** Marks the document, so that another one is noticed. */
const mark = (page: Page) => page.evaluate(`document.documentElement.dataset.mark = 'same'`);
const isSame = (page: Page) => page.evaluate<boolean>(`document.documentElement.dataset.mark === 'same'`);

/** A page that shows the maintenance of one key, and in the same browser another that leads their stream. */
/** A page that has become live looks once at its own address. */
const looked = (page: Page) =>
  until(() =>
    page.evaluate<boolean>(
      `performance.getEntriesByType('resource').some(({ initiatorType, name }) => initiatorType === 'fetch' && name === location.href)`,
    ),
  );

async function closedBilling(app: RunningApp): Promise<{ context: BrowserContext; page: Page }> {
  const context = await browser.newContext();
  await live(await open(context, app, '/status'));
  await service(app).setMaintenance(true, 'billing');
  const page = await open(context, app, '/billing');
  await live(page);
  await looked(page);
  return { context, page };
}

describe('an open maintenance page', () => {
  it.each([true, false])(
    'shows a new message and a new end at once, without a reload, with socket: %s',
    async (socket) => {
      await using app = await createExpressApp(source({ socket }));
      const maintenance = service(app);
      await maintenance.setMaintenance(true, 'general', { message: 'First' });
      const page = await open(browser, app);
      await live(page);
      await mark(page);
      const problems: string[] = [];
      page.on('console', (line) => line.type() === 'error' && problems.push(line.text()));
      expect(await page.isVisible('dl')).toBe(false);

      await maintenance.setMaintenance(true, 'general', { message: '<b>Second</b>\nline' });
      await until(async () => (await page.textContent('.message')) === '<b>Second</b>\nline');

      const end = new Date(Date.now() + 3 * 3_600_000);
      await maintenance.setMaintenance(true, 'general', { message: 'Third', until: end });
      await page.waitForSelector('dl', { state: 'visible' });
      expect(await page.getAttribute('time', 'datetime')).toBe(end.toISOString());
      expect(await page.textContent('time')).toMatch(/\d:\d\d/);
      await until(async () => (await page.textContent('[role=timer]'))?.startsWith('2 hr 59 min'));

      const later = new Date(end.getTime() + 3_600_000);
      await maintenance.setMaintenance(true, 'general', { until: later });
      await until(async () => (await page.textContent('[role=timer]'))?.startsWith('3 hr 59 min'));
      expect(await page.textContent('.message')).toBe('Third');
      // the countdown to the old end is over
      await page.waitForTimeout(1_500);
      expect(await page.textContent('[role=timer]')).toMatch(/^3 hr 59 min/);

      await maintenance.setMaintenance(true, 'general', { message: 'Open end', timeout: 0 });
      await page.waitForSelector('dl', { state: 'hidden' });
      expect(await page.textContent('.message')).toBe('Open end');
      expect(await isSame(page)).toBe(true);
      expect(problems.filter((text) => !text.includes('503'))).toEqual([]);
      await maintenance.setMaintenance(false);
      await title(page, 'Shop');
      await page.close();
    },
  );

  it('shows the new message of its own key only', async () => {
    await using app = await createExpressApp(source());
    const maintenance = service(app);
    await maintenance.setMaintenance(true, 'billing', { message: 'Bills' });
    const page = await open(browser, app, '/billing');
    await live(page);
    await mark(page);
    await maintenance.setMaintenance(true, 'billing', { message: 'Bills later' });
    await until(async () => (await page.textContent('.message')) === 'Bills later');
    expect(await isSame(page)).toBe(true);
    await maintenance.setMaintenance(false, 'billing');
    await title(page, 'Billing');
    await page.close();
  });

  it.each([true, false])(
    'asks for its own address once when work begins to report progress; the server adds a place for it: %s',
    async (adds) => {
      await using app = await createExpressApp(source());
      await using work = await service(app).maintain('general', { drain: false });
      const page = await open(browser, app);
      await live(page);
      await mark(page);
      const without = (await request(app.port, '/', { headers: { accept: 'text/html' } })).text;
      let asked = 0;
      await page.route(`${app.url}/`, (route) => {
        asked++;
        return adds
          ? route.continue()
          : route.fulfill({ status: 503, contentType: 'text/html', body: without });
      });
      for (const value of [0.1, 0.2, 0.3]) {
        work.progress(value, { public: true });
        await until(() => page.evaluate<boolean>(`maintenance.status.progress?.value === ${value}`));
        await until(() => asked > 0);
      }
      await until(async () => (await page.locator('.progress').count()) === (adds ? 1 : 0));
      if (adds) {
        await until(async () => (await page.locator('.progress').innerText()).startsWith('30%'));
      }
      expect([asked, await isSame(page)]).toEqual([1, true]);
      await page.unrouteAll();
      await work.leave();
      await title(page, 'Shop');
      await page.close();
    },
  );

  it('shows that time is up at the end of the countdown, and returns when the server is open', async () => {
    await using app = await createExpressApp(source());
    const context = await browser.newContext();
    // by itself, the page reloads up to ten seconds after the end: here nearly ten
    await context.addInitScript('Math.random = () => 0.99');
    await service(app).setMaintenance(true, 'general', { timeout: 5_000 });
    const end = Date.now() + 5_000;
    const page = await open(context, app);
    expect(await page.title()).toBe(CLOSED);
    await live(page);
    await title(page, 'Shop');
    expect(Date.now() - end).toBeLessThan(6_000);
    await context.close();
  });
});

describe('a page of the application', () => {
  it.each([true, false])(
    'is left although the browser keeps a copy of it, once, with socket: %s',
    async (socket) => {
      await using app = await createExpressApp(source({ socket }));
      const page = await open(browser, app, '/kept');
      await live(page);
      await service(app).setMaintenance(true);
      await title(page, CLOSED);
      expect(await loads(page)).toBe('1');
      await service(app).setMaintenance(false);
      await title(page, 'Kept');
      expect(await loads(page)).toBe('2');
      await page.close();
    },
  );

  it('that answers a form is left, and comes back, without sending the form again', async () => {
    await using app = await createExpressApp(source());
    const page = await open(browser, app, '/receipt');
    await live(page);
    const sent: string[] = [];
    page.on('request', (asked) => asked.isNavigationRequest() && sent.push(asked.method()));
    await page.click('button');
    await title(page, 'Receipt');
    await live(page);
    await service(app).setMaintenance(true);
    await title(page, CLOSED);
    await live(page);
    await service(app).setMaintenance(false);
    await title(page, 'Basket');
    expect([sent, new URL(page.url()).hash]).toEqual([['POST', 'GET', 'GET'], '#paid']);
    await page.close();
  });
});

describe('a page in a frame of another site', () => {
  it('is left for the maintenance page, and comes back', async () => {
    await using app = await createExpressApp(source());
    const partner = createServer((_request, response) => {
      response.setHeader('Content-Type', 'text/html').end(`<iframe src="${app.url}"></iframe>`);
    });
    await once(partner.listen(0, 'localhost'), 'listening');
    const page = await browser.newPage();
    await page.goto(`http://localhost:${(partner.address() as AddressInfo).port}`);
    const heading = page.frameLocator('iframe').getByRole('heading', { level: 1 });
    await until(async () => (await heading.textContent()) === 'Shop');
    await until(() => page.frames()[1]?.evaluate<boolean>(`globalThis.maintenance?.connection === 'live'`));
    await service(app).setMaintenance(true);
    await expect.poll(() => heading.textContent()).toBe(CLOSED);
    await service(app).setMaintenance(false);
    await expect.poll(() => heading.textContent()).toBe('Shop');
    await page.close();
    partner.close();
    partner.closeAllConnections();
  });
});

describe('a page with a form that is partly filled in', () => {
  it.each<[string, (page: Page) => Promise<unknown>]>([
    ['a line', (page) => page.type('input[name=name]', 'Ada')],
    ['a text', (page) => page.type('textarea', 'Please hurry')],
    ['a choice', (page) => page.focus('select').then(() => page.keyboard.press('ArrowDown'))],
    ['a checkbox', (page) => page.check('input[type=checkbox]')],
    ['rich text', (page) => page.click('#rich').then(() => page.keyboard.type('Bold'))],
    [
      'a file',
      async (page) => {
        const [chooser] = await Promise.all([
          page.waitForEvent('filechooser'),
          page.click('input[type=file]'),
        ]);
        await chooser.setFiles(fileURLToPath(import.meta.url));
      },
    ],
    [
      'something in a frame',
      (page) => page.frameLocator('iframe[title=Card]').getByLabel('Number').pressSequentially('4'),
    ],
    [
      'something in a frame of a web component',
      (page) => page.frameLocator('iframe[title=Part]').getByLabel('Code').pressSequentially('4'),
    ],
    ['a line of a web component', (page) => page.getByLabel('Street').pressSequentially('Main')],
    [
      'something in a frame that was left again',
      async (page) => {
        await page.frameLocator('iframe[title=Card]').getByLabel('Number').pressSequentially('4');
        await page.click('h1');
      },
    ],
    ...BEFORE_UNLOAD.map(
      (script) =>
        [script, (page: Page) => page.click('h1').then(() => page.evaluate(script))] as [
          string,
          (page: Page) => Promise<unknown>,
        ],
    ),
  ])('gets the banner: %s', async (_what, fillIn) => {
    await using app = await createExpressApp(source());
    const page = await open(browser, app, '/order');
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.type());
      void dialog.dismiss();
    });
    await live(page);
    await fillIn(page);
    const asked = page.waitForResponse((response) => response.url().endsWith('/ping'));
    await service(app).setMaintenance(true, 'general', { message: 'In a moment' });
    await asked;
    const banner = page.locator('[data-maintenance=banner]');
    await banner.waitFor();
    expect(await banner.textContent()).toBe('In a moment');
    await service(app).setMaintenance(true, 'general', { message: 'Later' });
    await until(async () => (await banner.textContent()) === 'Later');
    await service(app).setMaintenance(false);
    await banner.waitFor({ state: 'detached' });
    expect([await page.title(), await loads(page), dialogs]).toEqual(['Order', '1', []]);
    await page.close();
  });

  it('keeps the banner until its visitor’s own moment when visitors come back one after another', async () => {
    await using app = await createExpressApp(source());
    const page = await open(browser, app, '/order');
    await page.context().addCookies([{ name: 'maintenance-visitor', value: '500000', url: app.url }]);
    await live(page);
    await page.type('textarea', 'Please hurry');
    await service(app).setMaintenance(true, 'general', { message: 'In a moment' });
    const banner = page.locator('[data-maintenance=banner]');
    await banner.waitFor();
    const from = Date.now();
    await service(app).setMaintenance(false, 'general', { reopenOver: 8_000 });
    await until(async () => (await banner.textContent())?.includes('a few visitors at a time'));
    await banner.waitFor({ state: 'detached' });
    expect(Date.now() - from).toBeGreaterThanOrEqual(4_000);
    expect([await page.title(), await loads(page)]).toEqual(['Order', '1']);
    await page.close();
  });

  it('gets the banner if it was begun before the script was there', async () => {
    await using app = await createExpressApp(source());
    const page = await browser.newPage();
    let send = (): void => undefined;
    const sent = new Promise<void>((resolve) => (send = resolve));
    await page.route('**/maintenance/script', (route) => sent.then(() => route.continue()));
    await page.goto(`${app.url}/order`, { waitUntil: 'commit' });
    await page.type('textarea', 'Quick');
    send();
    await live(page);
    await service(app).setMaintenance(true);
    await page.locator('[data-maintenance=banner]').waitFor();
    expect([await page.inputValue('textarea'), await loads(page)]).toEqual(['Quick', '1']);
    await page.close();
  });

  it.each<[string, (page: Page) => Promise<unknown>]>([
    ['text', (page) => page.type('textarea', 'Please hurry')],
    ['a choice', (page) => page.selectOption('select', 'M')],
    ['a checkbox', (page) => page.check('input[type=checkbox]')],
  ])('gets the banner if the browser has restored it: %s', async (_what, fillIn) => {
    await using app = await createExpressApp(source());
    const page = await open(browser, app, '/order');
    await live(page);
    await fillIn(page);
    await page.goto(`${app.url}/status`);
    await page.goBack();
    await live(page);
    await service(app).setMaintenance(true);
    await page.locator('[data-maintenance=banner]').waitFor();
    expect([await page.title(), await loads(page)]).toEqual(['Order', '3']);
    await page.close();
  });

  it.each<[string, (page: Page) => Promise<unknown>]>([
    ['untouched', async () => undefined],
    [
      'emptied again',
      (page) => page.fill('input[name=name]', 'A').then(() => page.fill('input[name=name]', '')),
    ],
    ['reset', (page) => page.fill('textarea', 'Hm').then(() => page.click('button'))],
    ['filled in by the page itself', (page) => page.evaluate(`document.querySelector('input').value = 'x'`)],
    [
      'untouched, and come back to',
      (page) =>
        page
          .goto(page.url().replace('order', 'status'))
          .then(() => page.goBack())
          .then(() => live(page)),
    ],
    [
      'left by a link, kept by the browser, and come back to',
      (page) => keep(page, '<a id="leave" href="/nothing">Go</a>'),
    ],
    [
      'left by a form, kept by the browser, and come back to',
      (page) => keep(page, '<form action="/nothing"><button id="leave">Go</button></form>'),
    ],
  ])('is left anyway if it is %s', async (_what, touch) => {
    await using app = await createExpressApp(source());
    const page = await open(browser, app, '/order');
    await live(page);
    await touch(page);
    const before = await loads(page);
    await service(app).setMaintenance(true);
    await title(page, CLOSED);
    expect(await loads(page)).toBe(before);
    await page.close();
  });
});

describe('without a gateway', () => {
  it('the pages of a browser share one stream, and another page takes over when one is closed', async () => {
    await using app = await createExpressApp(source({ socket: false }));
    const leaders: Page[] = [];
    const context = await browser.newContext();
    context.on('request', (request) => {
      if (request.url().endsWith('/maintenance/events')) leaders.push(request.frame().page());
    });
    let pages: Page[] = [];
    for (let i = 0; i < 3; i++) pages.push(await open(context, app));
    await Promise.all(pages.map(live));
    expect(leaders).toHaveLength(1);
    await service(app).setMaintenance(true, 'general', { message: 'Streamed' });
    await Promise.all(pages.map((page) => title(page, CLOSED)));
    expect(await pages[2]!.textContent('.message')).toBe('Streamed');
    for (let i = 0; i < 2; i++) {
      await Promise.all(pages.map(live));
      const leader = leaders.at(-1)!;
      leaders.length = 0;
      await leader.close();
      pages = pages.filter((page) => page !== leader);
      await until(() => leaders.length === 1, { what: 'another page to take over' });
    }
    await live(pages[0]!);
    await service(app).setMaintenance(false);
    await title(pages[0]!, 'Shop');
    await context.close();
  });

  it('a page polls if the one that has the stream is stopped, and listens again when that goes on', async () => {
    await using app = await createExpressApp(source({ socket: false }));
    const context = await browser.newContext();
    // a page that a browser has stopped hears and says nothing
    await context.addInitScript(`{
      const { addEventListener } = EventTarget.prototype;
      EventSource.prototype.addEventListener = function (type, listener) {
        addEventListener.call(this, type, (event) => globalThis.isStopped || listener(event));
      };
      const { postMessage } = BroadcastChannel.prototype;
      BroadcastChannel.prototype.postMessage = function (message) {
        if (!globalThis.isStopped) postMessage.call(this, message);
      };
    }`);
    const leader = await open(context, app, '/status');
    await live(leader);
    const page = await context.newPage();
    // a minute without a heartbeat, shortened
    await page.addInitScript(`{
      const wait = setTimeout;
      globalThis.setTimeout = (call, ms) => wait(call, ms === 60_000 ? 3_000 : ms);
    }`);
    await page.goto(app.url);
    await live(page);
    const stop = (isStopped: boolean) =>
      leader.evaluate((is) => Object.assign(globalThis, { isStopped: is }), isStopped);
    await stop(true);
    await until(async () => (await state(page)) === 'polling', { what: 'polling', timeout: 15_000 });
    await service(app).setMaintenance(true);
    await title(page, CLOSED);
    expect(await state(page)).not.toBe('live');
    await stop(false);
    await service(app).setMaintenance(true, 'billing');
    await live(page);
    // which can take Chromium long while a page looks for news
    void context.close().catch(() => undefined);
  });

  it('a page returns although another one asks for the state while it looks', async () => {
    await using app = await createExpressApp(source({ socket: false }));
    const { context, page } = await closedBilling(app);
    const gates = new Gates();
    await page.route('**/billing', async (route) => {
      if (route.request().resourceType() === 'fetch') {
        await gates.pass('answer');
      }
      await route.continue();
    });
    await service(app).setMaintenance(false, 'billing');
    await until(() => gates.begun.length > 0);
    await live(await open(context, app, '/status'));
    gates.open('answer');
    await title(page, 'Billing');
    expect(await loads(page)).toBe('1');
    await context.close();
  });

  it('a page that was about to return when the stream broke returns afterwards', async () => {
    await using app = await createExpressApp(source({ socket: false }));
    const { context, page } = await closedBilling(app);
    let reloads = 0;
    await page.route('**/billing', async (route) => {
      // the first does not get through
      if (route.request().resourceType() !== 'document' || reloads++ > 0) {
        await route.continue();
      }
    });
    await service(app).setMaintenance(false, 'billing');
    await until(() => reloads === 1);
    (app.app.getHttpServer() as Server).closeAllConnections();
    await title(page, 'Billing');
    expect(reloads).toBe(2);
    await context.close();
  });

  it('pages reconnect to a restarted server', async () => {
    const port = await freePort();
    const first = await createExpressApp(source({ socket: false }), undefined, { port });
    await service(first).setMaintenance(true);
    const page = await open(browser, first);
    await live(page);
    await first.close();
    await until(async () => (await state(page)) === 'lost');
    await using second = await createExpressApp(source({ socket: false }), undefined, { port });
    await title(page, 'Shop');
    await live(page);
    await service(second).setMaintenance(true);
    await title(page, CLOSED);
    expect(await page.getAttribute('main', 'data-status')).toBe('503');
    await page.close();
  });

  it('pages poll the ping endpoint if the browser has no locks', async () => {
    await using app = await createExpressApp(source({ socket: false }));
    const context = await browser.newContext();
    await context.addInitScript(`Object.defineProperty(Navigator.prototype, 'locks', { value: undefined })
      delete Navigator.prototype.locks`);
    const page = await open(context, app);
    await until(async () => (await state(page)) === 'polling');
    await service(app).setMaintenance(true);
    await title(page, CLOSED);
    await service(app).setMaintenance(false);
    await title(page, 'Shop');
    expect(await loads(page)).toBe('2');
    // a ping carries no revision: the next maintenance looks like the last one
    await until(async () => (await state(page)) === 'polling');
    await service(app).setMaintenance(true);
    await title(page, CLOSED);
    await context.close();
  }, 60_000);

  it('an incompatible Socket.IO parser makes pages use the stream, and is logged', async () => {
    const { IoAdapter } = await import('@nestjs/platform-socket.io');
    const parser = (await import('socket.io-parser')) as typeof import('socket.io-parser');
    class Odd extends parser.Encoder {
      override encode(packet: Parameters<InstanceType<typeof parser.Encoder>['encode']>[0]) {
        return super.encode(packet).map((part) => (typeof part === 'string' ? Buffer.from(part) : part));
      }
    }
    class OddAdapter extends IoAdapter {
      override createIOServer(port: number, options?: never) {
        return super.createIOServer(port, {
          ...(options as unknown as object),
          parser: { ...parser, Encoder: Odd },
        } as never);
      }
    }
    await using app = await createExpressApp(source(), (nest) =>
      nest.useWebSocketAdapter(new OddAdapter(nest)),
    );
    expect(app.log.join('\n')).toContain('uses a custom parser');
    const page = await open(browser, app);
    await live(page);
    await service(app).setMaintenance(true);
    await title(page, CLOSED);
    await page.close();
  });
});

describe('many pages', () => {
  it('do not poll or reload all at once when maintenance begins and ends', async () => {
    await using app = await createExpressApp(source({ reloadRate: 3 }));
    const others = await Promise.all(Array.from({ length: 9 }, () => TestClient.connect(app.url)));
    const context = await browser.newContext();
    const times: { ping: number[]; page: number[] } = { ping: [], page: [] };
    context.on('request', (request) => {
      if (request.url().endsWith('/maintenance/ping')) times.ping.push(Date.now());
      if (request.isNavigationRequest()) times.page.push(Date.now());
    });
    const pages: Page[] = [];
    for (let i = 0; i < 6; i++) pages.push(await open(context, app));
    await Promise.all(pages.map(live));
    // 15 clients at 3 loads a second
    const spread = 5_000;
    for (const mode of [true, false]) {
      times.ping.length = times.page.length = 0;
      const begun = Date.now();
      await service(app).setMaintenance(mode);
      await Promise.all(pages.map((page) => title(page, mode ? CLOSED : 'Shop')));
      expect(times.page).toHaveLength(6);
      expect(times.ping).toHaveLength(mode ? 6 : 0);
      for (const moments of mode ? [times.ping, times.page] : [times.page]) {
        expect(Math.max(...moments) - Math.min(...moments)).toBeGreaterThan(300);
        expect(Math.max(...moments) - begun).toBeLessThan(spread + 4_000);
      }
      await Promise.all(pages.map(live));
    }
    for (const other of others) other.close();
    await context.close();
  }, 60_000);
});
