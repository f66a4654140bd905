import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request, type RequestInit } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { Program } from './program.js';

// compiled by vitest's global set-up
const MAIN = '.tmp/replicas/sample/01-quickstart/src/main.js';

let redis: RedisServer;

beforeAll(async () => {
  redis = await RedisServer.start();
});

afterAll(() => redis?.stop());

/** A running shop, and requests as its operators send them. */
class Shop implements AsyncDisposable {
  private constructor(
    readonly program: Program,
    readonly port: number,
  ) {}

  static async open(env: NodeJS.ProcessEnv): Promise<Shop> {
    const program = Program.start(MAIN, { env: { PORT: '0', ...env } });
    const [, port] = await program.prints(/open at http:\/\/localhost:(\d+)/);
    return new Shop(program, Number(port));
  }

  get(path: string, headers: Record<string, string> = {}) {
    return request(this.port, path, { headers });
  }

  post(path: string, json: unknown) {
    return request(this.port, path, { method: 'POST', json });
  }

  async logIn(name: string) {
    const login = await request(this.port, '/login', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `name=${name}&password=${name}`,
    });
    if (login.status !== 303) throw new Error(`${name} cannot log in: ${login.text}`);
    const cookie = String(login.headers['set-cookie']).split(';', 1)[0] ?? '';
    return (path: string, init: RequestInit = {}) =>
      request(this.port, path, { ...init, headers: { ...init.headers, cookie } });
  }

  /** As an engineer does with curl. */
  async switch(key: string, wish: unknown) {
    const send = await this.logIn('ada');
    return send(`/operators/maintenance/${key}`, { method: 'PUT', json: wish });
  }

  [Symbol.asyncDispose]() {
    return this.program[Symbol.asyncDispose]();
  }
}

describe.each([
  ['express', 'memory'],
  ['fastify', 'memory'],
  ['express', 'Redis'],
  ['fastify', 'Redis'],
])('the quickstart on %s, kept in %s', (adapter, store) => {
  let shop: Shop;

  beforeAll(async () => {
    if (store === 'Redis') await redis.client().flushall();
    shop = await Shop.open({ ADAPTER: adapter, REDIS_URL: store === 'Redis' ? redis.url : '' });
  });

  afterAll(() => shop?.[Symbol.asyncDispose]());

  it('logs where its state is kept', () => {
    expect(shop.program.output).toContain(store === 'Redis' ? '(Redis)' : '(in memory)');
  });

  it('closes and opens the shop', async () => {
    expect((await shop.get('/products')).status).toBe(200);
    const closed = await shop.switch('general', { mode: true, minutes: 5, message: 'Back at nine.' });
    expect(closed.status).toBe(200);
    expect(closed.json()).toMatchObject({ key: 'general', from: false, to: true, actor: 'ada' });

    const refused = await shop.get('/products');
    expect(refused.status).toBe(503);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(200);
    expect(refused.json()).toMatchObject({ message: 'Back at nine.', maintenanceMode: true });
    const page = await shop.get('/', { accept: 'text/html' });
    expect(page.status).toBe(503);
    expect(page.text).toContain('Back at nine.');
    expect((await shop.get('/health')).json()).toEqual({ status: 'ok', store: 'up', stale: null });
    expect((await shop.get('/login')).status).toBe(200);

    await shop.switch('general', { mode: false });
    expect((await shop.get('/products')).status).toBe(200);
    await shop.program.prints(/general is in maintenance \(set by ada\)/);
    await shop.program.prints(/general is open \(set by ada\)/);
  });

  it('closes billing only', async () => {
    await shop.switch('billing', { mode: true });
    expect((await shop.get('/invoices')).status).toBe(503);
    expect((await shop.get('/products')).status).toBe(200);
    await shop.switch('billing', { mode: false });
    expect((await shop.get('/invoices')).status).toBe(200);
  });

  it('announces planned maintenance', async () => {
    const send = await shop.logIn('ada');
    const json = { key: 'general', start: new Date(Date.now() + 120_000).toISOString(), duration: 60_000 };
    const headers = { origin: `http://127.0.0.1:${shop.port}` };
    const planned = await send('/maintenance/windows', { method: 'POST', json, headers });
    expect(planned.status).toBe(201);
    const { id, start, end } = planned.json<{ id: string; start: string; end: string }>();
    const upcoming = [{ key: 'general', start, end, message: 'Maintenance is planned.' }];
    expect((await shop.get('/maintenance/ping')).json()).toMatchObject({ maintenanceMode: false, upcoming });
    expect((await send(`/maintenance/windows/${id}`, { method: 'DELETE', headers })).status).toBe(200);
    expect((await shop.get('/maintenance/ping')).json()).not.toHaveProperty('upcoming');
  });

  it('accepts no orders while the catalogue is imported', async () => {
    const send = await shop.logIn('ada');
    const order = () => shop.post('/orders', { product: 1 });
    expect((await order()).status).toBe(201);

    const importing = send('/catalogue/import?seconds=4', { method: 'POST' });
    await until(async () => (await order()).status === 503, { what: 'orders to be refused' });
    expect((await order()).json()).toMatchObject({ message: expect.stringContaining('New products') });
    expect((await shop.get('/products')).status).toBe(200);
    expect((await send('/catalogue/import', { method: 'POST' })).status).toBe(409);

    expect((await importing).json()).toEqual({ imported: 3 });
    expect((await order()).status).toBe(201);
  });

  it('admits a visitor who opens the link that it printed', async () => {
    await shop.switch('general', { mode: true });
    const [, path = ''] = await shop.program.prints(/(\/\?maintenance-bypass=\S+)/);
    const link = await shop.get(path, { accept: 'text/html' });
    expect(link.status).toBe(303);
    expect(link.headers['location']).toBe('/');
    const cookie = String(link.headers['set-cookie']).split(';', 1)[0] ?? '';
    expect((await shop.get('/products', { cookie })).status).toBe(200);
    expect((await shop.get('/products')).status).toBe(503);
    await shop.switch('general', { mode: false });
  });

  it('lets only engineers switch keys', async () => {
    const init: RequestInit = { method: 'PUT', json: { mode: true } };
    const stranger = await request(shop.port, '/operators/maintenance/general', init);
    expect(stranger.status).toBe(401);
    const auditor = await shop.logIn('bob');
    expect((await auditor('/operators/maintenance/general', init)).status).toBe(403);
    expect((await shop.get('/products')).status).toBe(200);

    expect((await auditor('/maintenance/keys')).json()).toHaveProperty('billing.label', 'Billing');
    expect((await shop.get('/maintenance/ping')).json()).not.toHaveProperty('maintenance');
  });

  it('answers invalid input with what is accepted', async () => {
    expect((await shop.switch('nothing', { mode: true })).status).toBe(404);
    const wrong = await shop.switch('general', { mode: true, minutes: -1 });
    expect(wrong.status).toBe(400);
    expect(wrong.json()).toMatchObject({ message: expect.stringContaining('"timeout"') });
    expect((await shop.switch('general', {})).status).toBe(400);
    expect((await shop.get('/products')).status).toBe(200);
  });

  it('shuts down cleanly', async () => {
    await shop.program.interrupt();
    expect(shop.program.output).not.toMatch(/error/i);
  });
});

it('builds as an application that has the package installed', async () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const tsc = `${root}node_modules/typescript/bin/tsc`;
  await promisify(execFile)(process.execPath, [tsc, '-p', 'sample/01-quickstart'], { cwd: root });
  await using program = Program.start('sample/01-quickstart/dist/main.js', { env: { PORT: '0' } });
  expect(await program.prints(/open at http/)).toBeTruthy();
}, 60_000);
