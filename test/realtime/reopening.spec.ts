import {
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  MINUTE,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { Controller, Get, Header } from '@nestjs/common';
import type { Browser, Page } from 'playwright-core';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { adapters, createExpressApp, createFastifyApp, type RunningApp } from '../support/apps.js';
import { startChromium } from '../support/chromium.js';
import { until } from '../support/until.js';
import { TestClient } from './clients.js';
import { Listener } from './listener.js';

// code for browsers, which has a tsconfig of its own
const TURN = '../../lib/browser/live/turn.js';
const { takePlace, turnOf } = (await import(TURN)) as {
  takePlace(): number;
  turnOf(reopening: { from: string; until: string }, place: number): number;
};

@Controller()
class ShopController {
  @Get()
  @Header('Content-Type', 'text/html')
  home(): string {
    return '<!doctype html><html lang="en"><head><title>Shop</title><link rel="icon" href="data:,"></head></html>';
  }
}

const source = (options: MaintenanceRootOptions = {}) => ({
  imports: [
    MaintenanceModule.forRoot({
      keys: [
        new MaintenanceKey('marked', { scope: 'marked' }),
        new MaintenanceKey('frozen', { readOnly: true }),
      ],
      ...options,
    }),
  ],
  controllers: [ShopController],
});
const service = ({ app }: RunningApp) => app.get(MaintenanceService);
const soon = (ms: number): Date => new Date(Date.now() + ms);
const PHASE = 1_500;

describe('the moment that a page chooses', () => {
  afterEach(() => vi.unstubAllGlobals());
  const jar = (protocol = 'http:', keeps = true) => {
    const set: string[] = [];
    vi.stubGlobal('location', { protocol });
    const document = {
      get cookie() {
        return set.map((cookie) => cookie.split(';')[0]).join('; ');
      },
      set cookie(value: string) {
        if (keeps) {
          set.push(value);
        }
      },
    };
    vi.stubGlobal('document', document);
    return Object.assign(set, { document });
  };
  const line = { from: '2031-03-04T12:00:00.000Z', until: '2031-03-04T12:01:40.000Z' };

  it('follows the turn assigned by the server, and a page without one draws one', () => {
    const cookies = jar('https:');
    cookies.document.cookie = 'other=1';
    cookies.document.cookie = 'maintenance-visitor=250000; path=/';
    expect(turnOf(line, takePlace())).toBe(25_000);
    expect(cookies).toHaveLength(2);
    const fresh = jar('https:');
    const place = takePlace();
    expect([...fresh]).toEqual([
      expect.stringMatching(/^maintenance-visitor=\d{1,6};path=\/;samesite=lax;secure$/),
    ]);
    expect(takePlace()).toBe(place);
    jar('http:', false);
    expect(takePlace()).toBeNaN();
    vi.stubGlobal('document', undefined);
    expect(takePlace()).toBeNaN();
  });

  it('spreads 10,000 pages: no second has more than twice the average', () => {
    const seconds = new Map<number, number>();
    for (let page = 0; page < 10_000; page++) {
      jar();
      const second = Math.floor(turnOf(line, takePlace()) / 1000);
      seconds.set(second, (seconds.get(second) ?? 0) + 1);
    }
    // chance alone: 100 a second on average, and a hundred seconds
    expect(seconds.size).toBe(100);
    expect(Math.max(...seconds.values())).toBeLessThanOrEqual(200);
  });
});

describe.each(adapters)('phases, as clients receive them on %s', (_name, createApp) => {
  it('are sent without a write: read-only, closed, reopening, open', async () => {
    await using app = await createApp(source());
    using listener = await Listener.open(app);
    using client = await TestClient.connect(app.url);
    await listener.told(1);
    // each phase is longer than a busy machine may leave this process alone
    const { start, end } = await service(app).scheduleWindow('general', {
      start: soon(PHASE),
      duration: 2 * PHASE,
      readOnly: PHASE,
      reopenOver: PHASE,
    });
    const reopening = { from: end.toISOString(), until: new Date(end.getTime() + PHASE).toISOString() };
    await client.sees((status) => status.modes['general'] === true);
    expect(client.statuses.at(-1)).toMatchObject({ maintenanceMode: false, retryAfter: null });
    await client.sees((status) => status.maintenanceMode);
    expect(Date.now()).toBeGreaterThanOrEqual(start.getTime() + PHASE);
    expect(client.statuses.at(-1)).toMatchObject({ until: end.toISOString() });
    await client.sees((status) => status.reopening !== undefined);
    expect(client.statuses.at(-1)).toMatchObject({
      maintenanceMode: false,
      modes: { general: false },
      retryAfter: null,
      until: null,
      message: null,
      reopening,
    });
    await client.sees((status) => !status.maintenanceMode && !status.reopening);
    expect(Date.now()).toBeGreaterThanOrEqual(end.getTime() + PHASE);
    await until(() => listener.statuses.some((status) => status.reopening !== undefined));
  });

  it('name the reopening that ends last', async () => {
    await using app = await createApp(source({ keys: [new MaintenanceKey('prices')] }));
    using client = await TestClient.connect(app.url);
    for (const [key, reopenOver] of [
      ['general', MINUTE],
      ['prices', 2 * MINUTE],
    ] as const) {
      await service(app).setMaintenance(true, key);
      await service(app).setMaintenance(false, key, { reopenOver });
    }
    const { prices } = await service(app).getKeyData();
    await client.sees(({ reopening }) => reopening?.until === prices?.reopening?.until);
    expect(client.last).toMatchObject({ maintenanceMode: false, reopening: prices?.reopening });
  });

  it('are reported for the very client that pings by socket', async () => {
    await using app = await createApp(source());
    await service(app).setMaintenance(true);
    await service(app).setMaintenance(false, 'general', { reopenOver: MINUTE });
    const pings = [0, 500_000].map(async (place) => {
      using client = await TestClient.connect(app.url, {
        extraHeaders: { cookie: `maintenance-visitor=${place}` },
      });
      return await client.ask({ key: 'general' });
    });
    const [first, half] = await Promise.all(pings);
    expect(first).toMatchObject({ maintenanceMode: false, currentMode: false, reopening: {} });
    expect(half).toMatchObject({ maintenanceMode: true, currentMode: false, retryAfter: expect.any(Number) });
    expect(half).toHaveProperty('message', expect.stringContaining('a few visitors at a time'));
  });
});

describe('an open maintenance page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser.close());

  /** @param place of the visitor, who has been here before */
  const visit = async (app: RunningApp, place?: string): Promise<{ page: Page; loads: number[] }> => {
    const context = await browser.newContext();
    if (place !== undefined) {
      await context.addCookies([{ name: 'maintenance-visitor', value: place, url: app.url }]);
    }
    const page = await context.newPage();
    const loads: number[] = [];
    page.on('request', (one) => one.isNavigationRequest() && loads.push(Date.now()));
    await page.goto(app.url);
    await until(() => page.evaluate('window.maintenance?.connection === "live"'), { timeout: 15_000 });
    return { page, loads };
  };
  const shopIn = (page: Page) =>
    until(async () => (await page.title().catch(() => '')) === 'Shop', { timeout: 15_000 });

  it.each([
    ['a socket', createExpressApp, true],
    ['a stream', createFastifyApp, false],
  ] as const)('returns once, at its own moment, over %s', async (_name, createApp, socket) => {
    await using app = await createApp(source({ socket }));
    await service(app).setMaintenance(true, 'general', { message: 'Closed for now.' });
    const { page, loads } = await visit(app);
    expect(await page.context().cookies()).toEqual([]);
    const from = Date.now();
    await service(app).setMaintenance(false, 'general', { reopenOver: 3_000 });
    const after = Date.now();
    await until(async () => (await page.context().cookies()).length > 0);
    const [cookie] = await page.context().cookies();
    expect(cookie).toMatchObject({ name: 'maintenance-visitor', sameSite: 'Lax', path: '/' });
    await shopIn(page);
    expect(loads).toHaveLength(2);
    const turn = (Number(cookie!.value) / 1_000_000) * 3_000;
    expect(loads[1]! - from).toBeGreaterThanOrEqual(turn - 1);
    expect(loads[1]! - after).toBeLessThan(turn + 5_000);
  });

  it('knows its moment from the beginning if the end is planned, and a new one when that changes', async () => {
    await using app = await createExpressApp(source());
    const { id, end } = await service(app).scheduleWindow('general', {
      start: soon(-1_000),
      duration: MINUTE,
      reopenOver: 4_000,
      message: 'Closed for now.',
    });
    // one of the last, so that its new moment is not over before it is read
    const { page, loads } = await visit(app, '950000');
    const { page: other } = await visit(app);
    const moment = async (of: Page) => Date.parse((await of.getAttribute('time', 'datetime'))!);
    const moments = [await moment(page), await moment(other)];
    const places = await Promise.all(
      [page, other].map(async (of) => Number((await of.context().cookies())[0]!.value) / 1_000_000),
    );
    const told = places.map((place) => end.getTime() + Math.ceil(place * 4_000));
    expect(moments).toEqual(told);
    await service(app).cancelWindow(id);
    await until(async () => (await page.textContent('.message'))?.includes('a few visitors at a time'));
    await Promise.all([shopIn(page), shopIn(other)]);
    expect(loads).toHaveLength(2);
  });

  it('requests its moment if the application identifies visitors, or if it connects in the middle', async () => {
    const visitor = ({ headers }: { headers: Record<string, string> }) => headers['user-agent'];
    await using app = await createExpressApp(source({ visitor, refreshDelay: 60_000 }));
    await service(app).setMaintenance(true);
    const { page, loads } = await visit(app);
    await service(app).setMaintenance(false, 'general', { reopenOver: 3_000 });
    await shopIn(page);
    expect(loads).toHaveLength(2);
    expect(await page.context().cookies()).toEqual([]);
  });

  it('keeps its moment when something else closes the site meanwhile, and returns at once if it has passed', async () => {
    await using app = await createExpressApp(source({ keys: [new MaintenanceKey('job')] }));
    await service(app).setMaintenance(true);
    const present = await visit(app, '500000');
    const from = Date.now();
    await service(app).setMaintenance(false, 'general', { reopenOver: 12_000 });
    await until(async () => (await present.page.textContent('.message'))?.includes('a few visitors'));
    await service(app).setMaintenance(true, 'job');
    const newcomer = await visit(app, '500000');
    await pause(from + 7_000 - Date.now());
    await service(app).setMaintenance(false, 'job');
    for (const { page, loads } of [present, newcomer]) {
      await shopIn(page);
      // at half of the time; from the end of the interruption it would be more than the whole
      expect(loads[1]! - from).toBeLessThan(11_000);
    }
  });

  it('shows what is planned next in the visitor’s time zone, and follows changes', async () => {
    await using app = await createExpressApp(source());
    await service(app).setMaintenance(true);
    const { page } = await visit(app);
    expect(await page.isVisible('.next')).toBe(false);
    const window = await service(app).scheduleWindow('general', {
      start: soon(20 * MINUTE),
      duration: MINUTE,
      announcement: 'A short one <b>at night</b>.',
    });
    await page.waitForSelector('.next');
    expect(await page.textContent('.next')).toContain('A short one <b>at night</b>.');
    expect(await page.getAttribute('.next time', 'datetime')).toBe(window.start.toISOString());
    await service(app).cancelWindow(window.id);
    await page.waitForSelector('.next', { state: 'hidden' });
  });
});
