import { HOUR } from 'nestjs-maintenance';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createExpressApp, createFastifyApp } from '../support/apps.js';
import { confirm, headline, PageSite, press, toast } from './page-site.js';

const site = new PageSite();

beforeAll(() => site.open());
afterAll(() => site.close());
afterEach(() => site.clean());

const REST = ['maintenance/keys/:name', 'maintenance/admin/state', 'maintenance/admin/ticket'];

describe.each([
  ['the page', ['maintenance/admin'], ''],
  ['the page and the script', ['maintenance/admin', 'maintenance/script'], ''],
  ['what the page asks for', REST, '/api/v1'],
  ['everything', ['maintenance/{*path}'], ''],
  ['nothing', [], '/api/v1'],
])('the page where a global prefix excludes %s', (_case, exclude, at) => {
  it.each(['express', 'fastify'])('is live, and changes keys and windows, on %s', async (adapter) => {
    await site.start({}, (metadata) =>
      adapter === 'express'
        ? createExpressApp(metadata, (app) => app.setGlobalPrefix('api/v1', { exclude }))
        : createFastifyApp(metadata, (app) => app.setGlobalPrefix('api/v1', { exclude })),
    );
    await site.service.scheduleWindow('checkout', { start: new Date(Date.now() + HOUR), duration: HOUR });
    const { page, refused } = await site.operator('Ada', { at });
    await page.getByText('Live', { exact: true }).waitFor();
    await press(page, 'General maintenance', 'Start maintenance…');
    await confirm(page, 'Start maintenance');
    await headline(page, 'The site is in maintenance');
    await page.getByRole('button', { name: 'Cancel window…' }).click();
    await confirm(page, 'Cancel window');
    await toast(page, 'Checkout: the planned window was changed.');
    expect(site.service.getWindows()).toEqual([]);
    expect(refused).toEqual([]);
  });
});
