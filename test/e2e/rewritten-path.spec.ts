import express, { type Request, type Response, Router } from 'express';
import type { MaintenanceRootOptions } from 'nestjs-maintenance';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { maintenance, serviceOf, SHOP } from '../apps/shop.js';
import { createExpressApp, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';

const PUBLIC = fileURLToPath(new URL('../apps/public', import.meta.url));

/** A site with locales in its paths, and with everything behind them that Express can serve. */
async function closedSite(options: MaintenanceRootOptions): Promise<RunningApp> {
  const instance = express();
  instance.use((asked: Request, _response: Response, next: () => void) => {
    asked.url = asked.headers['x-original-url']?.toString() ?? asked.url.replace(/^\/en\//, '/');
    next();
  });
  const routes = Router().get('/list', (_asked, response) => void response.send('a router'));
  instance.use('/old', routes);
  instance.use(Router().use('/older', routes));
  instance.use('/files', express.static(PUBLIC));
  const other = express().get('/page', (_asked, response) => void response.send('another application'));
  instance.use('/other', other);
  const running = await createExpressApp(
    {
      imports: [maintenance({ coverage: 'site', ignorePaths: ['/open'], ...options })],
      ...SHOP,
    },
    undefined,
    { instance },
  );
  await serviceOf(running).setMaintenance(true);
  return running;
}

describe.each<[string, MaintenanceRootOptions]>([
  ['before everything', {}],
  ['after middleware', { bypass: { when: () => false } }],
])('a path that middleware rewrites, decided %s', (_when, options) => {
  it.each(['/old/list', '/older/list', '/files/style.css', '/other/page', '/shop', '/nowhere'])(
    'opens nothing: %s',
    async (path) => {
      await using running = await closedSite(options);
      const status = async (target: string, headers = {}): Promise<number> =>
        (await request(running.port, target, { headers })).status;
      expect(await status(path)).toBe(503);
      expect(await status(`/en${path}`)).toBe(503);
      expect(await status('/health', { 'x-original-url': path })).toBe(503);
    },
  );

  it('leaves what is exempt open', async () => {
    await using running = await closedSite(options);
    expect((await request(running.port, '/health')).json()).toEqual({ status: 'ok' });
    expect((await request(running.port, '/open', { headers: { 'x-original-url': '/old/list' } })).text).toBe(
      'a router',
    );
  });
});
