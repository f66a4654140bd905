import { MaintenanceKey, type MaintenanceKeyJson } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { serviceOf, shop } from '../apps/shop.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

describe.each(adapters)('ping on %s', (_name, createApp) => {
  it('reports that all is well', async () => {
    await using running = await shop(createApp, { refreshDelay: 5_000 });
    const answer = await request(running.port, '/maintenance/ping');
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' },
    });
    expect(answer.json()).toEqual({ maintenanceMode: false, refreshDelay: 5_000 });
    expect(answer.headers).not.toHaveProperty('x-maintenance-mode');
  });

  it('reports what is known of the maintenance, with the headers of a refusal', async () => {
    await using running = await shop(createApp, { statusCode: 599 });
    const until = new Date(Date.now() + 90_000);
    await serviceOf(running).setMaintenance(true, 'general', {
      until,
      message: 'Shelves move.',
      reason: 'secret',
      actor: 'Ada',
    });
    const answer = await request(running.port, '/maintenance/ping');
    const body = answer.json<{ retryAfter: number }>();
    expect(body).toEqual({
      maintenanceMode: true,
      refreshDelay: 60_000,
      retryAfter: expect.any(Number),
      until: until.toISOString(),
      error: 'Shelves move.',
    });
    expect(answer).toMatchObject({
      status: 599,
      headers: {
        'retry-after': String(body.retryAfter),
        'cache-control': 'no-store',
        'x-maintenance-mode': '1',
        vary: 'Accept',
      },
    });
    const page = await request(running.port, '/maintenance/ping', { headers: { accept: 'text/html' } });
    expect(page.json()).toMatchObject({ maintenanceMode: true });
    const head = await request(running.port, '/maintenance/ping', { method: 'HEAD' });
    expect(head).toMatchObject({ status: 599, text: '' });
  });

  it('responds with 200 if refusals do, and still reports the maintenance', async () => {
    await using running = await shop(createApp, { statusCode: 200 });
    await serviceOf(running).setMaintenance(true, 'general', { message: 'Shelves move.' });
    const page = await request(running.port, '/shop');
    const ping = await request(running.port, '/maintenance/ping');
    for (const { status, headers } of [page, ping]) {
      expect(status).toBe(200);
      expect(headers).toMatchObject({
        'x-maintenance-mode': '1',
        'x-robots-tag': 'noindex',
        'retry-after': '60',
        'cache-control': 'no-store',
      });
    }
    expect(ping.json()).toMatchObject({ maintenanceMode: true, error: 'Shelves move.', retryAfter: 60 });
    await serviceOf(running).setMaintenance(false);
    const open = await request(running.port, '/maintenance/ping');
    expect(open.json()).toMatchObject({ maintenanceMode: false });
    expect(open.headers).not.toHaveProperty('x-robots-tag');
  });

  it('returns key data only to those who may see it', async () => {
    const asked: unknown[] = [];
    await using running = await shop(createApp, {
      keys: [new MaintenanceKey('search', { label: 'Search', public: false })],
      translate: (text, language) => (language === 'de' ? `DE:${text}` : text),
      permissions: (permission, subject) => {
        asked.push([permission, subject.type]);
        const { headers } = (subject as { request: { headers: Record<string, string> } }).request;
        if (headers['x-user'] === 'broken') throw new Error('directory away');
        return Promise.resolve(headers['x-user'] === 'ada');
      },
    });
    await serviceOf(running).setMaintenance(true, 'search', { reason: 'reindex', actor: 'Ada' });
    const ping = async (user: string, language = 'en') =>
      (
        await request(running.port, '/maintenance/ping', {
          headers: { 'x-user': user, 'accept-language': language },
        })
      ).json<{ maintenance?: Record<string, MaintenanceKeyJson> }>();
    expect((await ping('ada')).maintenance).toMatchObject({
      general: { value: false },
      search: { value: true, label: 'Search', reason: 'reindex', actor: 'Ada' },
    });
    expect((await ping('ada', 'de')).maintenance?.search?.label).toBe('DE:Search');
    for (const user of ['eve', 'broken']) {
      expect(await ping(user)).not.toHaveProperty('maintenance');
    }
    expect(asked[0]).toEqual(['see_info', 'http']);
  });

  it('responds below the configured path and the global prefix, without a version', async () => {
    await using running = await shop(createApp, { path: '/ops/closed/', coverage: 'site' }, (app) =>
      app.setGlobalPrefix('api'),
    );
    expect((await request(running.port, '/api/ops/closed/ping')).status).toBe(200);
    await serviceOf(running).setMaintenance(true);
    expect((await request(running.port, '/api/ops/closed/ping')).json()).toMatchObject({
      maintenanceMode: true,
    });
    expect((await request(running.port, '/api/ops/closed/ping', { method: 'POST' })).status).not.toBe(500);
  });
});
