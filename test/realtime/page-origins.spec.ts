import { type MaintenanceRootOptions } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { serviceOf, shop } from '../apps/shop.js';
import { adapters, type CreateApp, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { TestClient } from './clients.js';
import { Listener } from './listener.js';

const SHOP = 'https://shop.example';

/** What a page with these headers is given. */
interface Given {
  socket: 'key data' | 'status' | 'nothing';
  events: 'key data' | 'status';
  ping: 'key data' | 'status';
  keys: number;
  page: number;
}

type Headers = Record<string, string>;
type Case = [page: string, headers: Headers, given: Partial<Given>];

const ALL: Given = { socket: 'key data', events: 'key data', ping: 'key data', keys: 200, page: 200 };
const NONE: Given = { socket: 'status', events: 'status', ping: 'status', keys: 403, page: 403 };

const start = (createApp: CreateApp, options: MaintenanceRootOptions, trustProxy = false) =>
  shop(createApp, { socket: true, admin: {}, permissions: () => true, ...options }, undefined, {
    trustProxy,
  });

async function give(app: RunningApp, headers: Headers): Promise<Given> {
  using client = TestClient.open(app.url, { extraHeaders: headers });
  using listener = await Listener.open(app, headers);
  await listener.told(1);
  await expect.poll(() => client.statuses.length + client.errors.length).toBeGreaterThan(0);
  const ping = await request(app.port, '/maintenance/ping', { headers });
  const what = (status: object | undefined) => (status && 'maintenance' in status ? 'key data' : 'status');
  return {
    socket: client.errors.length > 0 ? 'nothing' : what(client.last),
    events: what(listener.last),
    ping: what(ping.json<object>()),
    keys: (await request(app.port, '/maintenance/keys', { headers })).status,
    page: (await request(app.port, '/maintenance/admin', { headers: { ...headers, accept: 'text/html' } }))
      .status,
  };
}

const groups: [group: string, options: MaintenanceRootOptions, trustProxy: boolean, cases: Case[]][] = [
  [
    'with admin.origins',
    { admin: { origins: [SHOP, 'http://ops.internal'] } },
    false,
    [
      ['a listed one', { host: 'shop.example', origin: SHOP }, ALL],
      ['a listed one behind a proxy', { host: 'web.internal', origin: SHOP }, ALL],
      ['a listed host, read', { host: 'ops.internal' }, ALL],
      ['a program at an address', {}, ALL],
      ['a program at a name of the house', { host: 'web:3000' }, ALL],
      ['a rebound name', { host: 'evil.example', origin: 'http://evil.example' }, NONE],
      ['a rebound name, read', { host: 'evil.example' }, NONE],
      [
        'one that calls itself forwarded',
        { host: 'evil.example', origin: 'http://evil.example', 'x-forwarded-host': 'shop.example' },
        NONE,
      ],
      [
        'the browser is sure of it, but it is not listed',
        { host: 'www.example', origin: 'https://www.example', 'sec-fetch-site': 'same-origin' },
        { socket: 'status', events: 'status' },
      ],
      ['the browser is sure of it', { host: 'web.internal:3000', 'sec-fetch-site': 'same-origin' }, ALL],
    ],
  ],
  [
    'with socket.origins, behind a proxy with a Host of its own',
    { socket: { origins: ['https://app.example'] } },
    true,
    [
      ['same-origin', { host: 'web.internal', origin: SHOP, 'sec-fetch-site': 'same-origin' }, ALL],
      [
        'same-origin, as browsers open sockets',
        {
          host: 'web.internal',
          origin: SHOP,
          'x-forwarded-host': 'shop.example',
          'x-forwarded-proto': 'https',
        },
        ALL,
      ],
      ['a listed one', { host: 'web.internal', origin: 'https://app.example' }, ALL],
      [
        'another one',
        { host: 'web.internal', origin: 'https://evil.example', 'x-forwarded-host': 'shop.example' },
        { socket: 'nothing', events: 'status' },
      ],
      [
        'another one that the proxy has added to',
        {
          host: 'web.internal',
          origin: 'https://evil.example',
          'x-forwarded-host': 'evil.example, shop.example',
        },
        { socket: 'nothing', events: 'status' },
      ],
      [
        'cross-site, whatever Host says',
        { host: 'evil.example', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
        { socket: 'nothing', events: 'status' },
      ],
      [
        'without the TLS that the proxy has',
        { host: 'shop.example', origin: 'http://shop.example', 'x-forwarded-proto': 'https' },
        { socket: 'nothing', events: 'status' },
      ],
    ],
  ],
  [
    'where no proxy is trusted',
    {},
    false,
    [
      ['same-origin', { host: 'web.internal', origin: SHOP, 'sec-fetch-site': 'same-origin' }, ALL],
      [
        "a foreign page's own X-Forwarded-Host",
        { host: 'shop.example', origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' },
        { socket: 'status', events: 'status' },
      ],
    ],
  ],
];

describe.each(adapters)('access to key data on %s', (_name, createApp) => {
  it.each(groups)('%s', async (_group, options, trustProxy, cases) => {
    await using app = await start(createApp, options, trustProxy);
    await serviceOf(app).setMaintenance(true, 'general', { reason: 'secret' });
    for (const [page, headers, given] of cases) {
      expect(await give(app, headers), page).toMatchObject(given);
    }
  });
});
