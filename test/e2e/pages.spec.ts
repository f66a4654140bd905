import { fileURLToPath } from 'node:url';
import ejs from 'ejs';
import {
  MaintenanceKey,
  MaintenanceStatus,
  type MaintenanceRootOptions,
  type MaintenanceTemplateContext,
} from 'nestjs-maintenance';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { describe, expect, it } from 'vitest';
import { serviceOf, shop } from '../apps/shop.js';
import { adapters, type CreateApp } from '../support/apps.js';
import { request } from '../support/http.js';

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
const asBrowser = (more: Record<string, string> = {}) => ({ headers: { accept: BROWSER, ...more } });
const VIEWS = fileURLToPath(new URL('../apps/views', import.meta.url));

const withViews: Parameters<CreateApp>[1] = (app) => {
  if (app.getHttpAdapter().getType() === 'express') {
    (app as NestExpressApplication).setBaseViewsDir(VIEWS).setViewEngine('ejs');
  } else {
    (app as NestFastifyApplication).setViewEngine({ engine: { ejs }, root: VIEWS, viewExt: 'ejs' });
  }
};

describe.each(adapters)('representations on %s', (_name, createApp) => {
  const closed = async (options: MaintenanceRootOptions = {}, configure?: Parameters<CreateApp>[1]) => {
    const running = await shop(createApp, options, configure);
    await serviceOf(running).setMaintenance(true, 'general', { message: 'Shelves <b>move</b>.' });
    return running;
  };

  it.each([
    [BROWSER, 'text/html; charset=utf-8'],
    ['application/xhtml+xml', 'text/html; charset=utf-8'],
    ['*/*', 'application/json; charset=utf-8'],
    ['application/problem+json', 'application/problem+json; charset=utf-8'],
    ['text/html;q=0.5, application/json', 'application/json; charset=utf-8'],
    ['text/html;;;q=x', 'application/json; charset=utf-8'],
    ['\u00ff\u00fe', 'application/json; charset=utf-8'],
    ['a/b,'.repeat(3_000), 'application/json; charset=utf-8'],
  ])('Accept: %s', async (accept, type) => {
    await using running = await closed();
    const answer = await request(running.port, '/shop', { headers: { accept } });
    expect(answer).toMatchObject({ status: 503, headers: { 'content-type': type, vary: 'Accept' } });
  });

  it('problem+json follows RFC 9457', async () => {
    await using running = await closed();
    const answer = await request(running.port, '/shop', { headers: { accept: 'application/problem+json' } });
    expect(answer.json()).toEqual({
      type: 'about:blank',
      title: 'Service Unavailable',
      status: 503,
      detail: 'Shelves <b>move</b>.',
      maintenanceMode: true,
      retryAfter: 60,
      until: null,
    });
  });

  it('the built-in page has a content security policy and reloads by itself', async () => {
    await using running = await closed();
    const page = await request(running.port, '/shop', asBrowser());
    expect(page.status).toBe(503);
    expect(page.text).toContain('Shelves &lt;b&gt;move&lt;/b&gt;.');
    expect(page.headers['content-security-policy']).toMatch(/default-src 'none'/);
    expect(page.headers.refresh).toBe('60');
    expect(page.headers['retry-after']).toBe('60');
  });

  it('responseType overrides Accept', async () => {
    await using html = await closed({ responseType: 'html' });
    expect((await request(html.port, '/shop')).headers['content-type']).toMatch(/^text\/html/);
    await using json = await closed({ responseType: 'json' });
    const answer = await request(json.port, '/shop', asBrowser());
    expect(answer.headers['content-type']).toMatch(/^application\/json/);
    await using byHeader = await closed({
      responseType: ({ headers }: { headers: Record<string, string> }) => {
        if (headers['x-kind'] === 'broken') throw new Error('no kind');
        return headers['x-kind'] as 'html';
      },
    });
    const kind = (value: string) => request(byHeader.port, '/shop', { headers: { 'x-kind': value } });
    expect((await kind('html')).headers['content-type']).toMatch(/^text\/html/);
    expect((await kind('json')).headers['content-type']).toMatch(/^application\/json/);
    expect(await kind('broken')).toMatchObject({
      status: 503,
      headers: { 'content-type': 'application/json; charset=utf-8' },
    });
    expect(byHeader.log.join('\n')).toContain('no kind');
  });

  describe.each(['handlers', 'site'] as const)('redirect with coverage %s', (coverage) => {
    it('redirects requests that would get HTML', async () => {
      await using running = await closed({ redirect: '/shop/status?why=closed', coverage });
      const sent = await request(running.port, '/shop', asBrowser());
      expect(sent).toMatchObject({
        status: 302,
        text: '',
        headers: {
          location: '/shop/status?why=closed',
          'cache-control': 'no-store',
          'retry-after': '60',
          'x-maintenance-mode': '1',
        },
      });
      expect(await request(running.port, '/shop')).toMatchObject({ status: 503 });
      expect(
        await request(running.port, '/shop', { headers: { accept: 'application/problem+json' } }),
      ).toMatchObject({ status: 503 });
    });

    it.each(['/shop', '/shop/', '/SHOP', '/%73hop', '/shop?x=/other', '//shop'])(
      'never redirects a request for that page itself: %s',
      async (path) => {
        await using running = await closed({ redirect: '/shop', coverage });
        const answer = await request(running.port, path, asBrowser());
        expect(answer.status).not.toBe(302);
        expect(answer.headers).not.toHaveProperty('location');
      },
    );
  });

  it('templates: a function, an async one, a view', async () => {
    const template = ({ message, statusCode, retryAfter, pingUrl }: MaintenanceTemplateContext) =>
      `<p>${message.length} ${statusCode} ${retryAfter} ${pingUrl}</p>`;
    await using sync = await closed({ template }, (app) => app.setGlobalPrefix('api'));
    expect(await request(sync.port, '/api/shop', asBrowser())).toMatchObject({
      status: 503,
      text: '<p>20 503 60 /api/maintenance/ping</p>',
      headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store', refresh: '60' },
    });
    expect((await request(sync.port, '/api/shop')).headers['content-type']).toMatch(/json/);
    await using async = await closed({ template: (context) => Promise.resolve(`<i>${context.key}</i>`) });
    expect((await request(async.port, '/shop', asBrowser())).text).toBe('<i>general</i>');
    await using view = await closed({ template: 'closed' }, withViews);
    expect((await request(view.port, '/shop', asBrowser())).text.trim()).toBe(
      '<h1>General maintenance</h1><p>Shelves &lt;b&gt;move&lt;/b&gt;.</p><p>no shelf</p>',
    );
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('template gone');
      },
      'template gone',
    ],
    ['rejects', () => Promise.reject(new Error('template gone')), 'template gone'],
    ['returns no string', () => 5 as never, 'returned 5, not a string'],
    ['returns nothing but spaces', () => ' \n', 'an empty page'],
    ['is an unknown view', 'nowhere', 'nowhere'],
  ])('a template that %s is replaced by the built-in page', async (_what, template, told) => {
    await using running = await closed({ template }, withViews);
    const page = await request(running.port, '/shop', asBrowser());
    expect(page).toMatchObject({ status: 503, headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(page.text).toContain('Shelves &lt;b&gt;move&lt;/b&gt;.');
    expect(running.log.filter((line) => line.startsWith('error ')).join('\n')).toContain(told);
  });

  it('a view without a view engine is replaced, too', async () => {
    await using running = await closed({ template: 'closed' });
    expect(await request(running.port, '/shop', asBrowser())).toMatchObject({ status: 503 });
    expect(running.log.join('\n')).toMatch(/error .*maintenance page of key "general" threw.*engine/);
  });

  it('methods that a key overrides are called', async () => {
    const seen: unknown[] = [];
    class ShelfStatus extends MaintenanceStatus {
      override maintaining(): boolean {
        seen.push((this.request as { url: string }).url);
        return this.value && !(this.request as { url: string }).url.includes('vip');
      }
    }
    class ShelfKey extends MaintenanceKey {
      override getStatusClass() {
        return ShelfStatus;
      }
      override getContext(request: { url: string }, parent: MaintenanceTemplateContext) {
        return { ...parent, shelf: `shelf of ${request.url}` };
      }
      override getTemplate(request: { headers: Record<string, string> }) {
        return request.headers['x-plain'] ? undefined : 'closed';
      }
    }
    class OwnPageKey extends MaintenanceKey {
      override render(_request: unknown, parent: MaintenanceTemplateContext): string {
        return `<h1>${parent.key} by hand</h1>`;
      }
    }
    await using running = await shop(
      createApp,
      {
        keys: [
          new ShelfKey('shelf', { order: -2 }),
          new OwnPageKey('own', { order: -1 }),
          new MaintenanceKey('templated', { template: ({ key }) => `<b>${key}</b>` }),
        ],
        template: (context) => `module ${String(context.shelf)}`,
      },
      withViews,
    );
    const service = serviceOf(running);
    await service.setMaintenance(true, 'shelf');
    const page = await request(running.port, '/shop?a', asBrowser());
    expect(page.text).toContain('shelf of /shop?a');
    expect(page.text).toContain('<h1>');
    expect(seen).toEqual(['/shop?a']);
    expect((await request(running.port, '/shop?a', asBrowser({ 'x-plain': '1' }))).text).toBe(
      'module shelf of /shop?a',
    );
    expect(await request(running.port, '/shop?vip', asBrowser())).toMatchObject({ status: 200 });

    // a status that lets pass does not hide the next key
    await service.setMaintenance(true, 'own');
    expect((await request(running.port, '/shop?vip', asBrowser())).text).toBe('<h1>own by hand</h1>');
    expect((await request(running.port, '/shop', asBrowser())).text).toContain('shelf of');

    await service.setMaintenance(false, 'own');
    await service.setMaintenance(false, 'shelf');
    await service.setMaintenance(true, 'templated');
    expect((await request(running.port, '/shop', asBrowser())).text).toBe('<b>templated</b>');
  });

  it('a slow page does not affect a response sent in the meantime', async () => {
    let answerNow: () => void = () => undefined;
    await using running = await closed(
      {
        template: async () => {
          answerNow();
          return '<p>late</p>';
        },
      },
      (app) =>
        app.use((_request: unknown, response: { end(text: string): void }, next: () => void) => {
          answerNow = () => response.end('early');
          next();
        }),
    );
    expect((await request(running.port, '/shop', asBrowser())).text).toBe('early');
    expect(await request(running.port, '/health')).toMatchObject({ status: 200 });
  });

  it('texts are in the requested language', async () => {
    const translate = (text: string, language: string, request?: unknown) => {
      expect(request).toHaveProperty('headers');
      if (language === 'it') throw new Error('non parlo');
      return language.startsWith('de') ? `DE:${text}` : text;
    };
    await using running = await closed({ translate });
    const say = (language: string, accept = '*/*') =>
      request(running.port, '/shop', { headers: { accept, 'accept-language': language } });
    expect((await say('de-CH, en;q=0.5')).json()).toMatchObject({ message: 'DE:Shelves <b>move</b>.' });
    expect((await say('en')).json()).toMatchObject({ message: 'Shelves <b>move</b>.' });
    expect((await say('it')).json()).toMatchObject({ message: 'Shelves <b>move</b>.' });
    const page = await say('de', BROWSER);
    expect(page.text).toContain('<html lang="de"');
    expect(page.text).toContain('DE:');
    expect((await say('fr', BROWSER)).text).not.toContain('DE:');
  });
});
