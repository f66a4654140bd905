import { describe, expect, it } from 'vitest';
import { serviceOf, shop } from '../apps/shop.js';
import { TestClient } from '../realtime/clients.js';
import { Listener } from '../realtime/listener.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

describe.each(adapters)('progress as visitors see it on %s', (_name, createApp) => {
  it('is in status, events, ping and page when it is public, in their language', async () => {
    await using app = await shop(createApp, { socket: true });
    const service = serviceOf(app);
    using client = await TestClient.connect(app.url, { extraHeaders: { 'accept-language': 'de' } });
    using listener = await Listener.open(app);
    await using m = await service.maintain('general', { drain: false });
    const get = (path: string, accept = '*/*', language = 'en') =>
      request(app.port, path, { headers: { accept, 'accept-language': language } });
    m.progress(0.2, { step: 'Secret' });
    await client.sees(({ maintenanceMode }) => maintenanceMode);
    expect(client.last).not.toHaveProperty('progress');
    expect((await get('/maintenance/ping')).json()).not.toHaveProperty('progress');
    const before = (await get('/shop', 'text/html')).text;
    expect(before).not.toContain('Secret');
    expect(before).not.toContain('<progress');
    m.progress(
      { done: 4, total: 10 },
      { step: { '': '<Prices>', de: '<Preise>' }, remaining: 90_000, public: true },
    );
    await client.sees(({ progress }) => progress?.value === 0.4);
    const progress = { value: 0.4, step: '<Preise>', remaining: expect.any(Number), overrun: false };
    expect(client.last?.progress).toEqual(progress);
    await until(() => listener.last?.progress?.value === 0.4);
    expect(listener.last?.progress).toEqual({ ...progress, step: '<Prices>' });
    expect((await get('/maintenance/ping', '*/*', 'de')).json()).toMatchObject({ progress });
    const page = (await get('/shop', 'text/html', 'de')).text;
    expect(page).toContain('&lt;Preise&gt;');
    expect(page).toMatch(/<progress [^>]*value="40"/);
    expect((await get('/shop')).json()).not.toHaveProperty('progress');
    await m.leave();
    await client.sees(({ maintenanceMode }) => !maintenanceMode);
    expect(client.last).not.toHaveProperty('progress');
  });
});
