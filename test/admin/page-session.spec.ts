import {
  Catch,
  Controller,
  Get,
  Header,
  UnauthorizedException,
  type ArgumentsHost,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
} from '@nestjs/common';
import { MaintenanceExempt, type MaintenanceAdminOptions } from 'nestjs-maintenance';
import type { Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { adminModule, ALL, as, UserGuard } from './operators.js';
import { confirm, headline, PageSite, press, violations } from './page-site.js';

/** Throws 401 at those without a session, as Passport's guards do. */
class SessionGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { headers } = context.switchToHttp().getRequest<{ headers: Record<string, string> }>();
    if (!(headers['cookie'] ?? '').includes('sid=')) throw new UnauthorizedException();
    return true;
  }
}

/** Sends people to a page of the application's own. */
@Catch(UnauthorizedException)
class LoginFilter implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<{ status(code: number): { send(body: string): void } }>();
    reply.status(418).send('own');
  }
}

const LOGIN = '/login?next={url}&x=1';

describe.each(adapters)('a visitor who is not signed in, on %s', (_name, createApp) => {
  const html = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
  const start = (admin: MaintenanceAdminOptions, configure?: Parameters<typeof createApp>[1]) =>
    createApp({ imports: [adminModule({ path: 'ops/down', admin })] }, configure);

  it('is redirected to the log-in page, and comes back', async () => {
    await using running = await start({ guards: [SessionGuard], loginUrl: LOGIN });
    const answer = await as(ALL, running.port, '/ops/down/admin', { headers: html });
    expect(answer.status).toBe(302);
    expect(answer.headers).toMatchObject({
      location: '/login?next=%2Fops%2Fdown%2Fadmin&x=1',
      'cache-control': 'no-store',
    });
    const program = await as(ALL, running.port, '/ops/down/admin', {
      headers: { accept: 'application/json' },
    });
    expect(program.status).toBe(401);
    expect(program.headers['content-type']).toContain('application/json');
    for (const path of ['admin/state', 'keys', 'menu']) {
      expect((await as(ALL, running.port, `/ops/down/${path}`, { headers: html })).status, path).toBe(401);
    }
    const signedIn = await as(ALL, running.port, '/ops/down/admin', {
      headers: { ...html, cookie: 'sid=1' },
    });
    expect(signedIn.status).toBe(200);
  });

  it('gets a link to the log-in page if it is unknown whether signing in helps', async () => {
    await using running = await start({ guards: [UserGuard], loginUrl: LOGIN });
    const link = '<a class="primary" href="/login?next=%2Fops%2Fdown%2Fadmin&amp;x=1">Sign in</a>';
    // refused by a guard, and by permissions
    const headers = { ...html, 'x-user': 'nobody' };
    for (const answer of [
      await as(ALL, running.port, '/ops/down/admin', { headers }),
      await as('', running.port, '/ops/down/admin', { headers: html }),
    ]) {
      expect(answer.status).toBe(403);
      expect(answer.text).toContain('<h1>Access denied</h1>');
      expect(answer.text).toContain(link);
    }
  });

  it('sees a page, not JSON, also without loginUrl', async () => {
    await using running = await start({ guards: [SessionGuard] });
    const answer = await as(ALL, running.port, '/ops/down/admin', { headers: html });
    expect(answer.status).toBe(401);
    expect(answer.headers['content-type']).toContain('text/html');
    expect(answer.text).toContain('<h1>Please sign in</h1>');
    expect(answer.text).not.toContain('<a ');
  });

  it("is left to the application's own filters, unless the log-in page is configured", async () => {
    const own = (app: { useGlobalFilters(filter: ExceptionFilter): unknown }) =>
      app.useGlobalFilters(new LoginFilter());
    await using running = await start({ guards: [SessionGuard] }, own);
    expect(await as(ALL, running.port, '/ops/down/admin', { headers: html })).toMatchObject({
      status: 418,
      text: 'own',
    });
    await using other = await start({ guards: [SessionGuard], loginUrl: LOGIN }, own);
    expect((await as(ALL, other.port, '/ops/down/admin', { headers: html })).status).toBe(302);
  });
});

@MaintenanceExempt()
@Controller('login')
class LoginController {
  @Get()
  @Header('Content-Type', 'text/html')
  @Header('Set-Cookie', 'sid=1; Path=/')
  login(): string {
    return '<!doctype html><title>Log-in</title><link rel="icon" href="data:,"><h1>Signed in</h1><a href="/maintenance/admin">Back</a>';
  }
}

describe('a session that ends while the page is open', () => {
  const site = new PageSite();

  beforeAll(() => site.open());
  afterAll(() => site.close());
  afterEach(() => site.clean());

  let page: Page;
  let refused: string[];

  const cookie = () => ({ name: 'sid', value: '1', url: site.running.url });
  const message = () => page.getByLabel('Message for visitors');

  beforeEach(async () => {
    await site.start(
      { socket: false, admin: { guards: [SessionGuard], loginUrl: '/login?next={url}' } },
      undefined,
      { controllers: [LoginController] },
    );
    ({ page, refused } = await site.operator('Ada'));
    // nobody was signed in yet
    await page.getByRole('link', { name: 'Back' }).click();
    await headline(page, 'The site is open');
    await press(page, 'General maintenance', 'Start maintenance…');
    await page.getByLabel('4 hours').check();
    await message().fill('Typed with care');
    await page.getByLabel('Reason').fill('OPS-1');
    await page.context().clearCookies();
  });

  it('loses nothing: what was typed is submitted after the log-in', async () => {
    await confirm(page, 'Start maintenance');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Sign in, then try again: what you typed is kept.').waitFor();
    expect(await dialog.getByRole('link', { name: 'Sign in' }).getAttribute('href')).toBe(
      '/login?next=%2Fmaintenance%2Fadmin',
    );
    expect(await violations(page)).toEqual([]);
    expect(site.service.isActive()).toBe(false);
    const [tab] = await Promise.all([
      page.context().waitForEvent('page'),
      dialog.getByRole('link', { name: 'Sign in' }).click(),
    ]);
    await tab.getByRole('heading', { name: 'Signed in' }).waitFor();
    await confirm(page, 'Start maintenance');
    await headline(page, 'The site is in maintenance');
    expect(await site.service.getKeyData()).toMatchObject({
      general: { message: 'Typed with care', reason: 'OPS-1' },
    });
    expect(refused).toEqual([]);
  });

  it('loses nothing when the page is reopened after the log-in', async () => {
    await page.goto(`${site.running.url}/maintenance/admin`);
    await page.getByRole('heading', { name: 'Signed in' }).waitFor();
    await page.getByRole('link', { name: 'Back' }).click();
    await page.getByRole('dialog').getByText('What you typed before has been restored.').waitFor();
    expect(await message().inputValue()).toBe('Typed with care');
    expect(await page.getByLabel('4 hours').isChecked()).toBe(true);
    await confirm(page, 'Start maintenance');
    await headline(page, 'The site is in maintenance');
    expect(await site.service.getKeyData()).toMatchObject({
      general: { message: 'Typed with care', reason: 'OPS-1' },
    });
    await page.reload();
    await headline(page, 'The site is in maintenance');
    expect(await page.getByRole('dialog').isVisible()).toBe(false);
  });

  it('forgets a cancelled draft', async () => {
    await page.context().addCookies([cookie()]);
    await confirm(page, 'Cancel');
    await page.reload();
    await press(page, 'General maintenance', 'Start maintenance…');
    expect(await message().inputValue()).toBe('');
  });

  it('is reported at once, with a link to sign in', async () => {
    await page.keyboard.press('Escape');
    const alert = page.getByRole('alert').filter({ hasText: 'You no longer have access to this page' });
    await alert.waitFor({ timeout: 15_000 });
    await alert.getByRole('link', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Signed in' }).waitFor();
    expect(page.url()).toBe(`${site.running.url}/login?next=%2Fmaintenance%2Fadmin`);
  });
});
