import { MaintenanceService, type MaintenanceRootOptions } from 'nestjs-maintenance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapters, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { createSite, WAYS, written, type Way } from './served.js';

const SECRET = 'a secret of more than thirty-two characters';
const ask = ({ port }: RunningApp, { path, method = 'GET' }: Way, headers: Record<string, string> = {}) =>
  request(port, path, { method, headers });
const close = ({ app }: RunningApp) => app.get(MaintenanceService).setMaintenance(true);

/** What must open nothing, and what must not be in anybody's way. */
const OPTIONS: readonly (readonly [string, MaintenanceRootOptions])[] = [
  ['no rules of its own', {}],
  ['a bypass by link', { bypass: { secret: SECRET } }],
  ['a bypass by address', { bypass: { ips: ['192.0.2.1'] } }],
  ['a bypass that asks', { bypass: { when: () => false } }],
  ['a slow bypass', { bypass: { when: () => Promise.resolve(false) } }],
  ['texts translated', { translate: (text) => text }],
  ['a custom template', { template: () => '<!doctype html>' }],
];
const HEADERS: readonly (readonly [string, Record<string, string>])[] = [
  ['nothing else', {}],
  ['an Origin', { origin: 'https://elsewhere.example' }],
  ['a bypass cookie', { cookie: 'maintenance-bypass=x' }],
  ['an Accept header for a page', { accept: 'text/html', 'accept-language': 'de' }],
  ['the path of a proxy', { 'x-forwarded-prefix': '/shop' }],
];

describe.each(adapters)("coverage 'site' on %s", (adapter, createApp) => {
  describe.each(OPTIONS)('with %s', (_what, options) => {
    let running: RunningApp;

    beforeAll(async () => {
      running = await createSite(adapter, createApp, options);
    });
    afterAll(() => running.close());

    it('changes nothing while the site is open', async () => {
      for (const way of WAYS) {
        expect([way.what, (await ask(running, way)).status]).toEqual([way.what, way.open ?? 200]);
      }
    });

    // `bypass.when` is asked after plain middleware, which answers by itself
    const asks = options.bypass?.when !== undefined;
    const covered = WAYS.filter(({ what }) => !(asks && what.includes('use()') && what.includes('function')));

    it.each(HEADERS)('refuses whatever serves a request with %s', async (_name, headers) => {
      await close(running);
      written.length = 0;
      for (const way of covered) {
        const { status, headers: answered } = await ask(running, way, headers);
        expect([way.what, status, answered['x-maintenance-mode']]).toEqual([way.what, 503, '1']);
      }
      expect(written).toEqual([]);
      // but not what is exempt
      expect((await request(running.port, '/health', { headers })).text).toBe('healthy');
      expect((await request(running.port, '/health', { method: 'POST', headers })).text).toBe('reported');
      expect((await request(running.port, '/maintenance/ping', { headers })).json()).toMatchObject({
        maintenanceMode: true,
      });
    });
  });

  describe.each([
    ['before everything', {}],
    ['after middleware', { bypass: { when: () => false } }],
  ] as const)('ignorePaths, decided %s', (_when, options) => {
    const IGNORED = [...new Set(WAYS.map(({ ignored }) => ignored))];

    it.each(IGNORED)(
      '%s opens the named paths, however they are served, and nothing else',
      async (ignored) => {
        await using running = await createSite(adapter, createApp, { ...options, ignorePaths: [ignored] });
        await close(running);
        const isFunction = ({ what }: Way): boolean => 'bypass' in options && what.includes('function');
        for (const way of WAYS.filter((one) => !isFunction(one))) {
          const named = `${way.path}/`.startsWith(`${ignored}/`);
          expect([way.what, (await ask(running, way)).status]).toEqual([
            way.what,
            named ? (way.open ?? 200) : 503,
          ]);
        }
      },
    );
  });
});
