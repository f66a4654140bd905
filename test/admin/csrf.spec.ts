import { MaintenanceService, type MaintenanceAdminOptions } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { adapters } from '../support/apps.js';
import { adminModule, ALL, as } from './operators.js';

interface Asked {
  readonly host: string;
  readonly origin?: string;
  readonly site?: string;
  readonly cookie?: true;
  readonly forwardedHost?: string;
  readonly forwardedProto?: string;
}

type Case = [name: string, asked: Asked, why?: string | RegExp];

const SHOP = 'https://shop.example';
const EVIL = 'https://evil.example';
const UPSTREAM = 'upstream:3000';

function headersOf({ host, origin, site, cookie, forwardedHost, forwardedProto }: Asked) {
  return {
    host,
    ...(origin !== undefined && { origin }),
    ...(site !== undefined && { 'sec-fetch-site': site }),
    ...(cookie && { cookie: 'sid=1' }),
    ...(forwardedHost !== undefined && { 'x-forwarded-host': forwardedHost }),
    ...(forwardedProto !== undefined && { 'x-forwarded-proto': forwardedProto }),
  };
}

/** What comes of it where a proxy is not believed. */
const plain: Case[] = [
  ['same-origin, whatever a proxy made of Host', { host: UPSTREAM, origin: SHOP, site: 'same-origin' }],
  ['same-origin with cookies', { host: UPSTREAM, origin: SHOP, site: 'same-origin', cookie: true }],
  ['same-origin without an Origin', { host: UPSTREAM, site: 'same-origin', cookie: true }],
  ['an older browser on https', { host: 'shop.example', origin: SHOP, cookie: true }],
  ['localhost without Sec-Fetch-Site', { host: 'localhost:3000', origin: 'http://localhost:3000' }],
  ['a name below localhost', { host: 'shop.localhost:3000', origin: 'http://shop.localhost:3000' }],
  ['an IPv4 address', { host: '10.1.2.3:3000', origin: 'http://10.1.2.3:3000' }],
  ['an IPv6 address', { host: '[fd00::1]:3000', origin: 'http://[fd00::1]:3000' }],
  ['a program', { host: UPSTREAM }],
  ['a program with Sec-Fetch-Site: none', { host: UPSTREAM, site: 'none' }],
  ['cross-site', { host: 'shop.example', origin: EVIL, site: 'cross-site' }, 'Sec-Fetch-Site'],
  [
    'cross-site from our own Origin',
    { host: 'shop.example', origin: SHOP, site: 'cross-site' },
    /cross-site/,
  ],
  ['same-site', { host: 'shop.example', origin: SHOP, site: 'same-site' }, /same-site/],
  ['nonsense', { host: 'shop.example', origin: SHOP, site: 'same-origin, cross-site' }, /Sec-Fetch-Site/],
  ['an empty Sec-Fetch-Site', { host: 'shop.example', origin: SHOP, site: '' }, /Sec-Fetch-Site/],
  ['a foreign Origin', { host: 'shop.example', origin: EVIL }, /Origin is not this site/],
  ['Host of the upstream, an older browser', { host: UPSTREAM, origin: SHOP, cookie: true }, 'admin.origins'],
  [
    'a rebound name',
    { host: 'evil.example:3000', origin: 'http://evil.example:3000' },
    /DNS rebinding.*"http:\/\/evil\.example:3000" in the option "admin\.origins"/,
  ],
  [
    'an intranet name on http',
    { host: 'ops:3000', origin: 'http://ops:3000', cookie: true },
    'admin.origins',
  ],
  [
    'a name that looks local',
    { host: 'localhost.evil.example', origin: 'http://localhost.evil.example' },
    'DNS',
  ],
  ['a name that looks like an address', { host: '10.0.0.1.nip.io', origin: 'http://10.0.0.1.nip.io' }, 'DNS'],
  [
    "a foreign page's own X-Forwarded-Host",
    { host: 'shop.example', origin: EVIL, forwardedHost: 'evil.example' },
    /Origin is not this site, "shop\.example"/,
  ],
  ['cookies from nowhere', { host: 'shop.example', cookie: true }, 'no Origin header'],
  ['cookies by hand', { host: 'shop.example', cookie: true, site: 'none' }, 'no Origin header'],
];

/** What comes of it where the framework trusts the proxy. */
const trusting: Case[] = [
  ['the host that the proxy names', { host: UPSTREAM, origin: SHOP, forwardedHost: 'shop.example' }],
  ['no host from the proxy', { host: 'shop.example', origin: SHOP }],
  [
    "the value that the proxy added to the client's",
    { host: UPSTREAM, origin: SHOP, forwardedHost: 'evil.example, shop.example' },
  ],
  [
    "the client's value before the proxy's",
    { host: UPSTREAM, origin: EVIL, forwardedHost: 'evil.example, shop.example' },
    /not this site, "shop\.example"/,
  ],
  [
    'another host than the proxy names',
    { host: 'shop.example', origin: SHOP, forwardedHost: 'other.example' },
    /not this site, "other\.example"/,
  ],
  [
    'http where the proxy has https',
    { host: 'shop.example', origin: 'http://shop.example', forwardedProto: 'https' },
    /not this site/,
  ],
  [
    'a rebound name that calls itself https',
    { host: 'evil.example', origin: 'http://evil.example', forwardedHost: 'localhost' },
    /not this site/,
  ],
];

/** With `admin.origins: [SHOP, 'http://ops:3000']` nothing else counts. */
const listed: Case[] = [
  ['a listed origin, whatever Host says', { host: UPSTREAM, origin: SHOP, cookie: true }],
  ['a listed origin in capitals', { host: UPSTREAM, origin: 'HTTPS://SHOP.EXAMPLE' }],
  ['a listed name on http', { host: 'ops:3000', origin: 'http://ops:3000' }],
  ['same-origin from a listed one', { host: UPSTREAM, origin: SHOP, site: 'same-origin' }],
  ['same-origin at a listed Host', { host: 'shop.example', site: 'same-origin', cookie: true }],
  ['a program', { host: UPSTREAM }],
  ['a program at an address', { host: '10.1.2.3:3000' }],
  ['a program at a listed Host', { host: 'SHOP.example' }],
  ['a listed origin by way of an address', { host: '127.0.0.1:3000', origin: SHOP }],
  [
    'same-origin from a listed one, whatever a proxy made of Host',
    { host: 'web.internal:3000', origin: SHOP, site: 'same-origin' },
  ],
  ['a rebound name', { host: 'evil.example', origin: 'http://evil.example' }, 'admin.origins'],
  ['a rebound name without an Origin', { host: 'evil.example' }, /Host, "evil\.example", is not listed/],
  ['a rebound name with a dot at its end', { host: 'evil.example.' }, 'admin.origins'],
  ['a rebound name with Sec-Fetch-Site: none', { host: 'evil.example', site: 'none' }, 'admin.origins'],
  ['a listed origin at another Host', { host: 'evil.example', origin: SHOP }, /Host, "evil\.example"/],
  ['an untrusted proxy', { host: 'evil.example', forwardedHost: 'shop.example' }, /Host, "evil\.example"/],
  [
    'same-origin from one that is not listed',
    { host: 'evil.example', origin: EVIL, site: 'same-origin' },
    /"https:\/\/evil\.example", is not listed in the option "admin\.origins"/,
  ],
  ['its own Host, not listed', { host: 'www.example', origin: 'https://www.example' }, 'admin.origins'],
  [
    'same-origin at a Host that is not listed',
    { host: UPSTREAM, site: 'same-origin', cookie: true },
    'admin.origins',
  ],
  ['another scheme', { host: 'shop.example', origin: 'http://shop.example' }, 'admin.origins'],
  ['another port', { host: 'shop.example', origin: `${SHOP}:8443` }, 'admin.origins'],
  [
    'a listed origin from another site',
    { host: 'api.example', origin: SHOP, site: 'cross-site' },
    'Sec-Fetch-Site',
  ],
  ['localhost, not listed', { host: 'localhost', origin: 'http://localhost' }, 'admin.origins'],
];

const groups: [string, Case[], { trustProxy?: true; admin?: MaintenanceAdminOptions }][] = [
  ['by itself', plain, {}],
  ['behind a trusted proxy', trusting, { trustProxy: true }],
  ['with admin.origins', listed, { admin: { origins: [SHOP, 'http://ops:3000'] } }],
];

describe.each(adapters)('same origin on %s', (_name, createApp) => {
  it.each(groups)('%s', async (_group, cases, { admin = {}, ...options }) => {
    await using running = await createApp({ imports: [adminModule({ admin })] }, undefined, options);
    const service = running.app.get(MaintenanceService);
    for (const [name, asked, why] of cases) {
      for (const init of [{ method: 'PUT', json: { mode: true } }, { method: 'DELETE' }] as const) {
        const before = init.method === 'DELETE';
        await service.setMaintenance(before);
        const answer = await as(ALL, running.port, '/maintenance/keys/general', {
          ...init,
          headers: headersOf(asked),
        });
        // of a key that is on, the message is what visitors read
        const message = String(answer.json<{ message: string | null }>().message);
        expect(`${name}: ${answer.status} ${why === undefined ? '' : message}`).toMatch(
          why === undefined ? /: 200 $/ : / 403 A change must come from this site itself: /,
        );
        expect(message, name).toMatch(why ?? '');
        expect(service.isInMaintenance().active, name).toBe(why === undefined ? !before : before);
      }
    }
  });
});
