import type { ModuleMetadata } from '@nestjs/common';
import axe from 'axe-core';
import { MaintenanceService, type MaintenanceRootOptions } from 'nestjs-maintenance';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { createExpressApp, type CreateApp, type RunningApp } from '../support/apps.js';
import { startChromium } from '../support/chromium.js';
import { adminModule, ALL } from './operators.js';

export interface Operator {
  page: Page;
  /** What the browser complained about. */
  refused: string[];
  /** What it asked other hosts for. */
  foreign: string[];
}

/** An application with the admin page, and operators' browsers that look at it. */
export class PageSite {
  running!: RunningApp;
  service!: MaintenanceService;
  private browser!: Browser;
  private readonly cleanups: (() => Promise<unknown>)[] = [];

  /** For `beforeAll`. */
  async open(): Promise<void> {
    this.browser = await startChromium();
  }

  /** For `afterAll`. */
  close(): Promise<void> {
    return this.browser.close();
  }

  /** For `afterEach`. */
  async clean(): Promise<void> {
    for (const cleanup of this.cleanups.splice(0).reverse()) await cleanup();
  }

  /** Something to be undone after the test. */
  later(cleanup: () => Promise<unknown>): void {
    this.cleanups.push(cleanup);
  }

  async start(
    options: MaintenanceRootOptions = {},
    createApp: CreateApp = createExpressApp as CreateApp,
    metadata: ModuleMetadata = {},
  ): Promise<void> {
    this.running = await createApp({ ...metadata, imports: [adminModule({ socket: true, ...options })] });
    this.service = this.running.app.get(MaintenanceService);
    const { running } = this;
    this.later(() => running.close());
  }

  /** An operator's browser, with the admin page open; `at` is what stands before its path. */
  async operator(
    user: string,
    { may = ALL, at = '', ...options }: BrowserContextOptions & { may?: string; at?: string } = {},
  ): Promise<Operator> {
    const tab = await this.browser.newContext({
      locale: 'en-GB',
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
      extraHTTPHeaders: { 'x-may': may, 'x-user': user },
      ...options,
    });
    this.later(() => tab.close());
    const page = await tab.newPage();
    // less than the test's own, so that a failure says what was waited for
    page.setDefaultTimeout(20_000);
    const refused: string[] = [];
    const foreign: string[] = [];
    page.on('console', (entry) => /status of 40[139]/.test(entry.text()) || refused.push(entry.text()));
    page.on('pageerror', (error) => refused.push(error.message));
    page.on('request', (asked) => {
      const { origin, protocol } = new URL(asked.url());
      if (protocol !== 'data:' && origin !== this.running.url) foreign.push(asked.url());
    });
    await page.goto(`${this.running.url}${at}/maintenance/admin`);
    return { page, refused, foreign };
  }
}

export const card = (page: Page, label: string) => page.getByRole('region', { name: label });
export const press = (page: Page, label: string, button: string) =>
  card(page, label).getByRole('button', { name: button }).click();
export const confirm = (page: Page, button: string) =>
  page.getByRole('dialog').getByRole('button', { name: button, exact: true }).click();
export const headline = (page: Page, text: string) =>
  page.getByRole('heading', { level: 1, name: text }).waitFor();
/** It may come later than what a change has changed: that is known by the socket, too. */
export const toast = (page: Page, text: string) => page.locator('#toast', { hasText: text }).waitFor();

export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
    'axe.run().then((result) => result.violations)',
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}
