import { Controller, Get, Header, Module } from '@nestjs/common';
import { MaintenanceModule, MaintenanceService, type MaintenanceRootOptions } from 'nestjs-maintenance';
import express from 'express';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser } from 'playwright-core';
import { adapters, createExpressApp, type RunningApp } from '../support/apps.js';
import { startChromium } from '../support/chromium.js';
import { request } from '../support/http.js';
import { strippingProxy } from '../support/stripping-proxy.js';
import { until } from '../support/until.js';

const SECRET = 'thirty-two characters are enough.';

@Controller()
class HomeController {
  @Get('home')
  @Header('Content-Type', 'text/html; charset=utf-8')
  home(): string {
    return '<!doctype html><title>Home</title><script src="maintenance/script"></script>';
  }
}

const root = (options: MaintenanceRootOptions = {}) => ({
  imports: [MaintenanceModule.forRoot({ permissions: () => true, bypass: { secret: SECRET }, ...options })],
  controllers: [HomeController],
});
const serviceOf = ({ app }: RunningApp) => app.get(MaintenanceService);
const visitor = { accept: 'text/html' };
const scriptOf = (page: string): string | undefined => /<script src="([^"]*)"/.exec(page)?.[1];

describe.each(adapters)('below a path that a proxy strips, on %s', (_name, createApp) => {
  describe.each(['handlers', 'site'] as const)('with coverage %s', (coverage) => {
    /** What page, script, menu and bypass link say to somebody with these headers. */
    async function seen(running: RunningApp, headers: Record<string, string>) {
      const { port } = running;
      const service = serviceOf(running);
      await service.setMaintenance(true);
      const page = await request(port, '/home', { headers: { ...visitor, ...headers } });
      expect(page.status).toBe(503);
      const script = await request(port, '/maintenance/script', { headers });
      const menu = await request(port, '/maintenance/menu', { headers });
      const token = service.createBypassToken();
      const link = await request(port, `/home?a=1&maintenance-bypass=${token}`, { headers });
      expect(link.status).toBe(303);
      return {
        page: scriptOf(page.text),
        script: /\{"script":"([^"]*)"/.exec(script.text)?.[1],
        socket: /"path":"([^"]*)"/.exec(script.text)?.[1],
        vary: script.headers['vary'],
        menu: menu.json<{ url: string }>().url,
        link: link.headers['location'],
      };
    }
    const below = (base: string) => ({
      page: `${base}/maintenance/script`,
      script: `${base}/maintenance/script`,
      socket: `${base}/socket.io`,
      menu: `${base}/maintenance/admin`,
      link: `${base}/home?a=1`,
    });

    it.each([
      ['/shop', '/shop'],
      ['/shop/', '/shop'],
      ['/eu, /shop/', '/eu/shop'],
      ['/a-b/~c/%20d', '/a-b/~c/%20d'],
      ['/', ''],
      ['', ''],
      ['shop', ''],
      ['//evil.example', ''],
      ['/shop//', ''],
      ['/a/../b', ''],
      ['/..', ''],
      ['/a\\b', ''],
      ['/"><script>', ''],
      ['/a?b', ''],
      ['https://evil.example/', ''],
      [`/${'x'.repeat(1_024)}`, ''],
    ])('a trusted X-Forwarded-Prefix of %j is read as %j', async (prefix, base) => {
      await using running = await createApp(root({ coverage }), undefined, { trustProxy: true });
      const headers = { 'x-forwarded-prefix': prefix };
      expect(await seen(running, headers)).toEqual({ ...below(base), vary: 'X-Forwarded-Prefix' });
      // the response to one must not be the response to the next
      expect(await seen(running, {})).toEqual({ ...below(''), vary: 'X-Forwarded-Prefix' });
    });

    it.each([
      ['/shop', '/shop'],
      ['/eu/shop/', '/eu/shop'],
      ['https://example.com/shop/', '/shop'],
      ['https://example.com', ''],
      ['', ''],
    ])('baseUrl %j is read as %j, whatever headers say', async (baseUrl, base) => {
      await using running = await createApp(root({ coverage, baseUrl }), undefined, { trustProxy: true });
      expect(await seen(running, { 'x-forwarded-prefix': '/other' })).toMatchObject(below(base));
      expect(await seen(running, {})).toMatchObject(below(base));
    });

    it('no request is redirected to its own page', async () => {
      await using running = await createApp(root({ coverage, redirect: '/shop/home' }), undefined, {
        trustProxy: true,
      });
      await serviceOf(running).setMaintenance(true);
      const headers = { ...visitor, 'x-forwarded-prefix': '/shop' };
      expect((await request(running.port, '/home', { headers })).status).toBe(503);
      const elsewhere = await request(running.port, '/home', { headers: visitor });
      expect(elsewhere).toMatchObject({ status: 302, headers: { location: '/shop/home' } });
    });

    it.each([
      ['by a header', {}, { 'x-forwarded-prefix': '/shop' }],
      ['by the option "baseUrl"', { baseUrl: '/shop' }, {}],
    ])('a redirect leads below it, configured %s, and never to its own page', async (_how, options, more) => {
      const redirect = '/status?why=closed';
      await using running = await createApp(root({ coverage, redirect, ...options }), undefined, {
        trustProxy: true,
      });
      await serviceOf(running).setMaintenance(true);
      const headers = { ...visitor, ...more };
      expect(await request(running.port, '/home', { headers })).toMatchObject({
        status: 302,
        headers: { location: '/shop/status?why=closed' },
      });
      const own = await request(running.port, '/status', { headers });
      expect(own.headers).not.toHaveProperty('location');
    });

    it('is ignored from sources that the framework does not trust', async () => {
      await using running = await createApp(root({ coverage }));
      expect(await seen(running, { 'x-forwarded-prefix': '/shop' })).toEqual(below(''));
    });
  });

  describe('in a browser', () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await startChromium();
    });
    afterAll(() => browser.close());

    it('pages leave for the maintenance page and come back, live, and the admin page works', async () => {
      await using running = await createApp(root(), undefined, { trustProxy: true });
      await using proxy = await strippingProxy('/shop', running.port, { 'x-forwarded-prefix': '/shop' });
      const page = await browser.newPage();
      const sockets: string[] = [];
      page.on('websocket', (socket) => sockets.push(new URL(socket.url()).pathname));
      const live = () =>
        page.evaluate(
          () => (globalThis as { maintenance?: { connection: string } }).maintenance?.connection === 'live',
        );
      const titled = (title: string) => async () => (await page.title()) === title;
      await page.goto(`http://127.0.0.1:${proxy.port}/shop/home`);
      await until(live, { what: 'a live page' });
      await serviceOf(running).setMaintenance(true);
      await page.locator('main[data-status]').waitFor();
      await until(live, { what: 'a live maintenance page' });
      await serviceOf(running).setMaintenance(false);
      await until(titled('Home'), { what: 'the page to be back', timeout: 15_000 });
      expect(new Set(sockets)).toEqual(new Set(['/shop/socket.io/']));
      await page.goto(`http://127.0.0.1:${proxy.port}/shop/maintenance/admin`);
      await until(live, { what: 'a live admin page' });
      await page.close();
    });
  });
});

describe('in a router of an Express application', () => {
  it('a refusal uses the location of the application, not of the router', async () => {
    await using running = await createExpressApp(
      root({ coverage: 'site', bypass: { when: () => false } }),
      (app) =>
        app.use(
          '/files',
          express.Router().get('/one', (_, response) => void response.send('one')),
        ),
    );
    expect((await request(running.port, '/files/one')).text).toBe('one');
    await serviceOf(running).setMaintenance(true);
    const page = await request(running.port, '/files/one', { headers: visitor });
    expect([page.status, scriptOf(page.text)]).toEqual([503, '/maintenance/script']);
  });
});

describe('below a path of another Express application', () => {
  it.each([
    ['handlers', '/'],
    ['handlers', '/sub'],
    ['site', '/'],
    ['site', '/sub'],
  ] as const)('coverage %s, at %s: all links are right', async (coverage, mount) => {
    @Module(root({ coverage }))
    class SubModule {}
    const inner = express();
    const app = await NestFactory.create(SubModule, new ExpressAdapter(inner), { logger: false });
    await app.init();
    const server = express().use(mount, inner).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const { port } = server.address() as AddressInfo;
      const service = app.get(MaintenanceService);
      const base = mount === '/' ? '' : mount;
      const token = service.createBypassToken();
      const link = await request(port, `${base}/home?maintenance-bypass=${token}`);
      expect(link).toMatchObject({ status: 303, headers: { location: `${base}/home` } });
      const menu = await request(port, `${base}/maintenance/menu`);
      expect(menu.json()).toMatchObject({ url: `${base}/maintenance/admin` });
      await service.setMaintenance(true);
      const page = await request(port, `${base}/home`, { headers: visitor });
      expect(page.status).toBe(503);
      expect(scriptOf(page.text)).toBe(`${base}/maintenance/script`);
      const script = await request(port, `${base}/maintenance/script`);
      expect(script.text).toContain(`"script":"${base}/maintenance/script"`);
      expect((await request(port, `${base}/maintenance/ping`)).status).toBe(503);
    } finally {
      server.close();
      await app.close();
    }
  });
});
