import { Controller, Get, type INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  GENERAL_MAINTENANCE,
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapters, type RunningApp } from '../support/apps.js';
import { startChromium } from '../support/chromium.js';
import { raw, request } from '../support/http.js';

const FILES = fileURLToPath(new URL('files', import.meta.url));

@Controller()
class ShopController {
  @Get('shop')
  shop(): string {
    return 'shop';
  }

  @Get('hooks/:provider')
  hook(): string {
    return 'hook';
  }

  @Get(':any/page')
  any(): string {
    return 'page';
  }
}

/** Everything in `files` is served at the root: what is brand is open, the rest is not. */
const addFiles = (app: INestApplication): void => {
  if (app.getHttpAdapter().getType() === 'express') {
    (app as NestExpressApplication).useStaticAssets(FILES, { dotfiles: 'allow' });
  } else {
    (app as NestFastifyApplication).useStaticAssets({ root: FILES, dotfiles: 'allow', serveDotFiles: true });
  }
};

const site = (options: MaintenanceRootOptions) =>
  MaintenanceModule.forRoot({ coverage: 'site', socket: false, admin: false, ...options });
const close = ({ app }: RunningApp, key?: string) => app.get(MaintenanceService).setMaintenance(true, key);

/** What leads, or might lead, elsewhere than it says. */
const DEVIOUS = [
  '/brand/../secret.html',
  '/brand/%2e%2e/secret.html',
  '/brand/%2E./secret.html',
  '/brand/..%2fsecret.html',
  '/brand%2f..%2fsecret.html',
  '/brand/%2e%2e%2fsecret.html',
  '/brand/%252e%252e/secret.html',
  '/brand/..\\secret.html',
  '/brand\\..\\secret.html',
  '/brand/..%5csecret.html',
  '/brand/%5c..%5csecret.html',
  '/brand//../secret.html',
  '//brand/logo.svg',
  '/brand//logo.svg',
  '/./brand/logo.svg',
  '/brand/./logo.svg',
  '/brand/.',
  '/brand/..',
  '/brand/%2e',
  '/brand/logo.svg%00',
  '/brand/%00/../secret.html',
  '/secret.html?/brand/logo.svg',
  '/secret.html;/brand/logo.svg',
  '/secret.html#/brand/logo.svg',
  '/secret.html%23/brand',
  '/secret.html%3f/brand',
  '/brandy/logo.svg',
  '/brand.svg',
  '/%2fbrand/logo.svg',
  '/%62rand%2flogo.svg',
  '/%2562rand/logo.svg',
  '/brand/%',
  '/brand/%ff',
  '/brand/%E0%A4%A',
  'http://localhost/secret.html?/brand',
  'http://brand/secret.html',
  'http://localhost/brand/../secret.html',
  '*',
  `/${'a/'.repeat(3_000)}brand/logo.svg`,
];

describe.each(adapters)('ignorePaths on %s', (_name, createApp) => {
  describe.each([
    ['before everything', {}],
    ['after middleware', { bypass: { when: () => false } }],
  ] as const)('decided %s', (_moment, options) => {
    describe('by the path of a request', () => {
      let running: RunningApp;

      beforeAll(async () => {
        running = await createApp(
          { imports: [site({ ignorePaths: ['/brand'], ...options })], controllers: [ShopController] },
          addFiles,
        );
        await close(running);
      });
      afterAll(() => running.close());

      it.each(DEVIOUS)('opens nothing for %s', async (path) => {
        const answer = await raw(
          running.port,
          `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
        );
        const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
        // what is no path is answered by Nest's adapter for Fastify
        expect(path === '*' ? [404, 503] : [503]).toContain(status);
        expect(answer).not.toContain('<svg');
        expect(answer).not.toContain('closed');
      });

      it.each([
        ['/brand/logo.svg', 200],
        ['/brand/logo.svg?v=1', 200],
        ['/%62rand/logo.svg', 200],
        ['/brand/%6cogo.svg', 200],
        ['http://localhost/brand/logo.svg', 200],
        ['/brand/missing.svg', 404],
        ['/BRAND/missing.svg', 404],
        ['/brand', 404],
        // a handler has a template: what a client puts in place of its parameter is none
        ['/brand/page', 503],
        ['/secret.html', 503],
        ['/', 503],
        ['/shop', 503],
      ])('%s gets %i', async (path, status) => {
        const answer = await raw(
          running.port,
          `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
        );
        const came = Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
        // Express sends those who ask for a folder to the same with a slash, Fastify's files are not served by absolute URLs
        const others = path === '/brand' ? [301, 302] : path.startsWith('http:') ? [403] : [];
        expect([status, ...others]).toContain(came);
      });
    });

    it("a key's own replace the module's, for that key", async () => {
      const keys = [
        new MaintenanceKey('strict', { ignorePaths: [], order: -1 }),
        new MaintenanceKey('stock', { ignorePaths: ['/hooks', '/secret.html'], order: 1 }),
      ];
      await using running = await createApp(
        {
          imports: [site({ keys, ignorePaths: ['/brand', '/shop'], ...options })],
          controllers: [ShopController],
        },
        addFiles,
      );
      const service = running.app.get(MaintenanceService);
      const seen = async () =>
        Promise.all(
          ['/brand/logo.svg', '/shop', '/hooks/stripe', '/secret.html', '/nowhere'].map(
            async (path) => (await request(running.port, path)).status,
          ),
        );
      await service.setMaintenance(true);
      expect(await seen()).toEqual([200, 200, 503, 503, 503]);
      await service.setMaintenance(true, 'stock');
      // what one lets pass the other does not
      expect(await seen()).toEqual([503, 503, 503, 503, 503]);
      await service.setMaintenance(false);
      expect(await seen()).toEqual([503, 503, 200, 200, 503]);
      await service.setMaintenance(false, 'stock');
      await service.setMaintenance(true, 'strict');
      expect(await seen()).toEqual([503, 503, 503, 503, 503]);
      // the first in order that refuses it says why
      await service.setMaintenance(true, GENERAL_MAINTENANCE, { message: 'General.' });
      await service.setMaintenance(true, 'stock', { message: 'Stock.' });
      await service.setMaintenance(false, 'strict');
      expect((await request(running.port, '/shop')).json()).toMatchObject({ message: 'Stock.' });
      expect((await request(running.port, '/brand/logo.svg')).json()).toMatchObject({ message: 'Stock.' });
      expect((await request(running.port, '/secret.html')).json()).toMatchObject({ message: 'General.' });
    });

    it("those of `general` replace the module's, for GENERAL_MAINTENANCE", async () => {
      await using running = await createApp(
        {
          imports: [
            site({
              ignorePaths: ['/brand'],
              general: { ignorePaths: ['/hooks'] },
              keys: [new MaintenanceKey('other')],
              ...options,
            }),
          ],
          controllers: [ShopController],
        },
        addFiles,
      );
      const statusOf = async (path: string) => (await request(running.port, path)).status;
      await close(running);
      expect([await statusOf('/brand/logo.svg'), await statusOf('/hooks/stripe')]).toEqual([503, 200]);
      await running.app.get(MaintenanceService).setMaintenance(false);
      await close(running, 'other');
      expect([await statusOf('/brand/logo.svg'), await statusOf('/hooks/stripe')]).toEqual([200, 503]);
    });
  });

  describe.each(['a route by hand', 'files'])('by the path of a request to %s below the path', (what) => {
    it('opens nothing for what might lead elsewhere', async () => {
      await using running = await createApp({ imports: [site({ ignorePaths: ['/brand'] })] }, (app) => {
        const isExpress = app.getHttpAdapter().getType() === 'express';
        if (what === 'files') {
          if (isExpress)
            (app as NestExpressApplication).useStaticAssets(`${FILES}/brand`, { prefix: '/brand' });
          else (app as NestFastifyApplication).useStaticAssets({ root: `${FILES}/brand`, prefix: '/brand/' });
        } else {
          const path = isExpress ? '/brand/*rest' : '/brand/*';
          app.getHttpAdapter().get(path, (_request: unknown, reply: { send(text: string): void }) => {
            reply.send('<svg');
          });
        }
      });
      await close(running);
      const ask = (path: string) =>
        raw(running.port, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
      expect(await ask('/brand/logo.svg')).toContain('<svg');
      for (const path of DEVIOUS.filter((path) => path.startsWith('/brand'))) {
        expect(await ask(path), path).toMatch(/^HTTP\/1\.1 503 /);
      }
    });
  });

  it('a key has its own even without coverage of the site', async () => {
    const keys = [new MaintenanceKey('stock', { ignorePaths: ['/hooks'] })];
    await using running = await createApp({
      imports: [MaintenanceModule.forRoot({ keys, ignorePaths: ['/shop'], socket: false, admin: false })],
      controllers: [ShopController],
    });
    const seen = async () => [
      (await request(running.port, '/shop')).status,
      (await request(running.port, '/hooks/stripe')).status,
    ];
    await close(running);
    expect(await seen()).toEqual([200, 503]);
    await running.app.get(MaintenanceService).setMaintenance(false);
    await close(running, 'stock');
    expect(await seen()).toEqual([503, 200]);
  });

  it('assets of a custom page are served beside it', async () => {
    const browser = await startChromium();
    try {
      await using running = await createApp(
        {
          imports: [
            site({
              ignorePaths: ['/brand'],
              template: ({ message }) =>
                `<!doctype html><title>Closed</title><img src="/brand/logo.svg"><script src="/secret.html"></script><p>${message}`,
            }),
          ],
          controllers: [ShopController],
        },
        addFiles,
      );
      await close(running);
      const page = await browser.newPage();
      const answers: Record<string, number> = {};
      page.on('response', (response) => {
        answers[new URL(response.url()).pathname] = response.status();
      });
      await page.goto(`${running.url}/shop`, { waitUntil: 'load' });
      expect(answers).toMatchObject({ '/shop': 503, '/brand/logo.svg': 200, '/secret.html': 503 });
      expect(await page.evaluate('document.images[0].naturalWidth')).toBe(8);
    } finally {
      await browser.close();
    }
  });
});
