import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startChromium } from '../support/chromium.js';
import { Child } from '../support/child.js';
import { freePort } from '../support/process.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

interface Facts {
  port: number;
  url: string;
  /** When it could answer. */
  since: number;
}
type Server = Child<Facts>;

const CLOSED = 'Down for maintenance';

let browser: Browser;
beforeAll(async () => {
  browser = await startChromium();
});
afterAll(() => browser.close());

/** On a port that nobody gets by chance while it is down. */
const start = async (env: NodeJS.ProcessEnv = {}): Promise<Server> =>
  Child.start<Facts>('gateway-replica', {
    env: { REDIS_URL: '', PORT: String(await freePort()), ...env },
    timeout: 60_000,
  });

/** In place of one that has gone, on its port. */
const restart = ({ facts: { port } }: Server, env: NodeJS.ProcessEnv = {}): Promise<Server> =>
  start({ PORT: String(port), ...env });

/** A page that counts how often it was loaded. */
async function open({ facts }: Server): Promise<Page & { loads: () => number }> {
  const page = await browser.newPage();
  let loads = 0;
  page.on('domcontentloaded', () => loads++);
  await page.goto(facts.url);
  return Object.assign(page, { loads: () => loads });
}

const title = (page: Page, wanted: string) =>
  until(async () => (await page.title()) === wanted, { what: `"${wanted}"`, timeout: 20_000 });
const connection = (page: Page) =>
  page.evaluate(
    () => (globalThis as unknown as { maintenance: { connection: string } }).maintenance.connection,
  );
const connected = (page: Page, wanted: string) =>
  until(async () => (await connection(page)) === wanted, {
    what: `connection to be ${wanted}`,
    timeout: 20_000,
  });
/** When the page began to load, on the clock of the machine. */
const begun = (page: Page) => page.evaluate(() => performance.timeOrigin);

describe('after the server was killed and started again', () => {
  it('the maintenance page is back within a second after the server is', async () => {
    const delays: number[] = [];
    for (let round = 0; round < 3; round++) {
      const first = await start();
      await first.send('set', true);
      const page = await open(first);
      await title(page, CLOSED);
      await connected(page, 'live');
      await first.kill();
      await connected(page, 'lost');
      await using second = await restart(first);
      await title(page, 'Shop');
      expect(page.loads()).toBe(2);
      delays.push((await begun(page)) - second.facts.since);
      await page.close();
    }
    const [, median] = delays.toSorted((a, b) => a - b);
    expect(median, String(delays)).toBeLessThan(1_000);
  }, 90_000);

  it('a page of the shop reconnects and gets the news', async () => {
    const first = await start();
    const page = await open(first);
    await connected(page, 'live');
    await first.kill();
    await connected(page, 'lost');
    await using second = await restart(first);
    await connected(page, 'live');
    expect(page.loads()).toBe(1);
    await second.send('set', true);
    await title(page, CLOSED);
    await page.close();
  });

  it('a maintenance page that was due to reload in between is not lost to an error page', async () => {
    const hasty = { REFRESH_DELAY: '6000' };
    const first = await start(hasty);
    await first.send('set', true);
    const page = await open(first);
    // just loaded, so that it is the server's absence in which the time comes
    await until(async () => (await connection(page)) === 'live' && Date.now() - (await begun(page)) < 2_500, {
      what: 'a page just loaded',
      timeout: 20_000,
    });
    await first.kill();
    await connected(page, 'lost');
    const due = (await begun(page)) + 6_600;
    await until(() => Date.now() > due + 1_200, { what: 'the time to look again' });
    expect([await page.title(), page.url()]).toEqual([CLOSED, `${first.facts.url}/`]);
    await using second = await restart(first, hasty);
    await title(page, 'Shop');
    expect(page.url()).toBe(`${second.facts.url}/`);
    await page.close();
  }, 60_000);
});

describe('when Redis was restarted during maintenance', () => {
  it.each([
    ['with its data', { persist: true }, { empty: false }],
    ['empty', { persist: false }, { empty: true }],
  ])('%s, pages stay in maintenance and come back at its end', async (_how, options, how) => {
    await using redis = await RedisServer.start(options);
    await using server = await start({ REDIS_URL: redis.url });
    await server.send('set', true, { message: 'Moving house' });
    const page = await open(server);
    await title(page, CLOSED);
    await connected(page, 'live');
    await redis.kill();
    const visitor = await open(server);
    expect(await visitor.textContent('.message')).toBe('Moving house');
    await redis.restart(how);
    // it knows of the state again, from its file or from the replica that has kept it
    const client = redis.client();
    await until(async () => (await client.keys('*')).length > 0, {
      what: 'the state in Redis',
      timeout: 20_000,
    });
    await connected(page, 'live');
    expect([await page.title(), page.loads()]).toEqual([CLOSED, 1]);
    await until(() => server.send('set', false).then(() => true), { what: 'the end', timeout: 20_000 });
    await Promise.all([title(page, 'Shop'), title(visitor, 'Shop')]);
    expect([page.loads(), visitor.loads()]).toEqual([2, 2]);
    await Promise.all([page.close(), visitor.close()]);
  });

  it('pages return when maintenance ends while Redis is away, and stay when it is back', async () => {
    await using redis = await RedisServer.start({ persist: true });
    await using server = await start({ REDIS_URL: redis.url });
    await server.send('set', true, { timeout: 8_000 });
    const page = await open(server);
    await connected(page, 'live');
    await redis.kill();
    await title(page, 'Shop');
    await connected(page, 'live');
    await redis.restart();
    await until(() => server.send('set', true).then(() => true), {
      what: 'Redis to be back',
      timeout: 20_000,
    });
    await title(page, CLOSED);
    expect(page.loads()).toBe(3);
    await page.close();
  }, 60_000);
});
