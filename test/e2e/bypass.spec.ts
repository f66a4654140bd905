import { readFileSync } from 'node:fs';
import { createHmac } from 'node:crypto';
import { Controller, Get, Header, Res, StreamableFile } from '@nestjs/common';
import {
  MaintenanceKey,
  MaintenanceStatus,
  type MaintenanceBypassOptions,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { Ledger, maintenance, serviceOf, shop } from '../apps/shop.js';
import { adapters, type CreateApp } from '../support/apps.js';
import { raw, request } from '../support/http.js';
import { until } from '../support/until.js';

const SECRET = 'a long and random secret, 32 long';
const OLD_SECRET = 'the long and random secret of last year';

/** What some promise libraries give. */
class Answer {
  constructor(private readonly value: boolean) {}

  // oxlint-disable-next-line unicorn/no-thenable -- that is what it is for
  then(done: (value: boolean) => void): void {
    done(this.value);
  }
}

interface RawReply {
  raw?: { writeHead(status: number, headers: object): void; end(text: string): void };
  writeHead(status: number, headers: object): void;
  end(text: string): void;
  hijack?(): void;
}

@Controller('answers')
class AnswersController {
  @Header('Cache-Control', 'public, max-age=60')
  @Get('decorated')
  decorated(): string {
    return 'decorated';
  }

  @Get('raw')
  raw(@Res() reply: RawReply): void {
    reply.hijack?.();
    const response = reply.raw ?? reply;
    response.writeHead(200, { 'Cache-Control': 'public', 'X-Own': 'kept' });
    response.end('raw');
  }

  @Get('file')
  file(): StreamableFile {
    return new StreamableFile(readFileSync(new URL(import.meta.url)));
  }
}

describe.each(adapters)('bypass on %s', (_name, createApp) => {
  describe.each(['handlers', 'site'] as const)('with coverage %s', (coverage) => {
    const closed = async (
      bypass: MaintenanceBypassOptions,
      more: MaintenanceRootOptions = {},
      settings?: Parameters<CreateApp>[2],
    ) => {
      const running = await shop(createApp, { bypass, coverage, ...more }, undefined, settings);
      await serviceOf(running).setMaintenance(true);
      return running;
    };

    describe('by function', () => {
      it.each([
        ['a boolean', (staff: boolean) => staff],
        ['a promise', (staff: boolean) => Promise.resolve(staff)],
        ['a thenable', (staff: boolean) => new Answer(staff) as never],
      ] as const)('that returns %s', async (_kind, give) => {
        const asked: string[] = [];
        await using running = await closed({
          when: ({ url, headers }: { url: string; headers: Record<string, string> }) => {
            asked.push(url);
            return give(headers['x-staff'] === '1');
          },
        });
        const staff = await request(running.port, '/shop?staff', { headers: { 'x-staff': '1' } });
        expect(staff).toMatchObject({ status: 200, headers: { 'cache-control': 'private, no-store' } });
        expect(await request(running.port, '/shop?visitor')).toMatchObject({
          status: 503,
          headers: { 'cache-control': 'no-store' },
        });
        expect(new Set(asked)).toEqual(new Set(['/shop?staff', '/shop?visitor']));
        const count = asked.length;
        await request(running.port, '/health');
        await serviceOf(running).setMaintenance(false);
        const open = await request(running.port, '/shop');
        expect(open.status).toBe(200);
        expect(open.headers).not.toHaveProperty('cache-control');
        expect(asked).toHaveLength(count);
      });

      it.each([
        [
          'throws',
          () => {
            throw new Error('directory away');
          },
        ],
        ['rejects', () => Promise.reject(new Error('directory away'))],
      ])('that %s bypasses nothing and is logged', async (_what, when) => {
        await using running = await closed({ when });
        expect(await request(running.port, '/shop')).toMatchObject({ status: 503 });
        expect(running.log.join('\n')).toContain('directory away');
      });

      it('that returns something truthy bypasses nothing', async () => {
        await using running = await closed({ when: (() => 'yes') as never });
        expect(await request(running.port, '/shop')).toMatchObject({ status: 503 });
      });

      it('counts from the moment in which it resolves', async () => {
        let answer: (value: boolean) => void = () => undefined;
        let asked = false;
        await using running = await closed({
          when: () => {
            asked = true;
            return new Promise<boolean>((resolve) => (answer = resolve));
          },
        });
        const pending = request(running.port, '/shop');
        await until(() => asked);
        await serviceOf(running).setMaintenance(false);
        answer(false);
        expect(await pending).toMatchObject({ status: 200 });
      });
    });

    describe('by address', () => {
      it.each([
        [['127.0.0.1'], 200],
        [['127.0.0.0/8'], 200],
        [['0.0.0.0/0'], 200],
        [['::ffff:127.0.0.1'], 200],
        [['::ffff:127.0.0.0/104'], 200],
        [['10.0.0.0/8', '127.0.0.1/32'], 200],
        [['127.0.0.2'], 503],
        [['10.0.0.0/8', '2001:db8::/32', '::1'], 503],
        [[], 503],
      ])('%j', async (ips, status) => {
        await using running = await closed({ ips });
        const answer = await request(running.port, '/shop');
        expect(answer.status).toBe(status);
        expect(answer.headers['cache-control']).toBe(status === 200 ? 'private, no-store' : 'no-store');
      });

      const IPS = ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'];

      it.each([
        ['10.0.0.5', 200],
        ['192.0.2.7', 200],
        ['192.0.2.8', 503],
        ['2001:db8::5', 200],
        ['2001:DB8:0:0::5', 200],
        ['2001:db9::5', 503],
        ['::ffff:10.0.0.5', 200],
        ['::ffff:11.0.0.5', 503],
        ['010.0.0.5', 503],
        ['10.0.0.5:1234', 503],
        ['[2001:db8::5]:1234', 503],
        ['10.0.0.5%eth0', 503],
        ['0x0a000005', 503],
        ['10.5', 503],
        ['unknown', 503],
        ['', 503],
      ])('a trusted proxy says %j', async (address, status) => {
        await using running = await closed({ ips: IPS }, {}, { trustProxy: true });
        const headers = { 'x-forwarded-for': address };
        expect((await request(running.port, '/shop', { headers })).status).toBe(status);
        // remembered
        expect((await request(running.port, '/shop', { headers })).status).toBe(status);
      });

      it('a spoofed X-Forwarded-For is worth nothing without trust', async () => {
        await using running = await closed({ ips: IPS });
        for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'client-ip', 'x-client-ip']) {
          const headers = { [name]: name === 'forwarded' ? 'for=10.0.0.5' : '10.0.0.5' };
          expect((await request(running.port, '/shop', { headers })).status).toBe(503);
        }
      });
    });

    describe('by link', () => {
      const query = (token: string) => `maintenance-bypass=${token}`;
      const cookieOf = (answer: { headers: Record<string, string | string[] | undefined> }): string =>
        [answer.headers['set-cookie']].flat()[0]?.split(';', 1)[0] ?? '';

      it('exchanges a token for a cookie and returns to the same page', async () => {
        await using running = await closed({ secret: SECRET });
        const token = serviceOf(running).createBypassToken({ expiresIn: 60_000 });
        const sent = await request(running.port, `/shop?a=%20b+c&${query(token)}&&d=%zz&e`);
        expect(sent).toMatchObject({
          status: 303,
          text: '',
          headers: {
            location: '/shop?a=%20b+c&&d=%zz&e',
            'cache-control': 'no-store',
            'referrer-policy': 'no-referrer',
          },
        });
        const [cookie, ...attributes] = [sent.headers['set-cookie']].flat()[0]?.split('; ') ?? [];
        expect(cookie).toBe(query(token));
        expect(attributes).toContain('Path=/');
        expect(attributes).toContain('HttpOnly');
        expect(attributes).toContain('SameSite=Lax');
        expect(attributes).not.toContain('Secure');
        const expires = attributes.find((attribute) => attribute.startsWith('Expires='))?.slice(8) ?? '';
        expect(Math.abs(Date.parse(expires) - Date.now() - 60_000)).toBeLessThan(10_000);

        const passed = await request(running.port, '/shop', { headers: { cookie: `x=1; ${cookie}` } });
        expect(passed).toMatchObject({ status: 200, headers: { 'cache-control': 'private, no-store' } });
        const bought = await request(running.port, '/shop', {
          method: 'POST',
          json: { a: 1 },
          headers: { cookie: cookie ?? '' },
        });
        expect(bought.status).toBe(201);
        expect(running.app.get(Ledger).entries).toEqual([{ a: 1 }]);
        expect(await request(running.port, '/shop')).toMatchObject({ status: 503 });
      });

      it('works on any page, also while nothing is in maintenance', async () => {
        await using running = await closed({ secret: SECRET });
        const service = serviceOf(running);
        const token = service.createBypassToken();
        for (const on of [true, false]) {
          await service.setMaintenance(on);
          for (const path of ['/shop', '/health', '/nowhere', '/maintenance/ping', '/']) {
            expect(await request(running.port, `${path}?${query(token)}`)).toMatchObject({
              status: 303,
              headers: { location: path },
            });
          }
        }
        const head = await request(running.port, `/shop?${query(token)}`, { method: 'HEAD' });
        expect(head).toMatchObject({ status: 303, headers: { location: '/shop' } });
      });

      it.each([
        ['https', undefined, '__Host-maintenance-bypass', ['Path=/', 'HttpOnly', 'SameSite=Lax', 'Secure']],
        ['http', undefined, 'maintenance-bypass', ['Path=/', 'HttpOnly', 'SameSite=Lax']],
        [
          'https',
          { domain: 'shop.example' },
          'maintenance-bypass',
          ['Path=/', 'Domain=shop.example', 'HttpOnly', 'SameSite=Lax', 'Secure'],
        ],
        // whose proxy takes TLS away and says nothing of it
        [
          'http',
          { secure: true },
          '__Host-maintenance-bypass',
          ['Path=/', 'HttpOnly', 'SameSite=Lax', 'Secure'],
        ],
        ['https', { secure: false }, 'maintenance-bypass', ['Path=/', 'HttpOnly', 'SameSite=Lax']],
      ])('over %s with the cookie options %j sets %s', async (proto, cookie, name, attributes) => {
        await using running = await closed(
          { secret: SECRET, ...(cookie && { cookie }) },
          {},
          { trustProxy: true },
        );
        const token = serviceOf(running).createBypassToken();
        const headers = { 'x-forwarded-proto': proto };
        const sent = await request(running.port, `/shop?${query(token)}`, { headers });
        const [pair, ...set] = [sent.headers['set-cookie']].flat()[0]?.split('; ') ?? [];
        expect(pair).toBe(`${name}=${token}`);
        expect(set.filter((attribute) => !attribute.startsWith('Expires=')).toSorted()).toEqual(
          attributes.toSorted(),
        );
        const passed = await request(running.port, '/shop', { headers: { ...headers, cookie: pair ?? '' } });
        expect(passed.status).toBe(200);
      });

      it('programs send the token as a header, with any method', async () => {
        await using running = await closed({ secret: SECRET });
        const headers = { 'x-maintenance-bypass': serviceOf(running).createBypassToken() };
        const read = await request(running.port, '/shop', { headers });
        expect(read).toMatchObject({ status: 200, headers: { 'cache-control': 'private, no-store' } });
        const bought = await request(running.port, '/shop', { method: 'POST', json: { a: 1 }, headers });
        expect(bought).toMatchObject({ status: 201, headers: { 'cache-control': 'private, no-store' } });
        expect(running.app.get(Ledger).entries).toEqual([{ a: 1 }]);
        const ping = await request(running.port, '/maintenance/ping', { headers });
        expect(ping.json()).toMatchObject({ maintenanceMode: false });
        const wrong = { 'x-maintenance-bypass': `${headers['x-maintenance-bypass']}A` };
        expect((await request(running.port, '/shop', { headers: wrong })).status).toBe(503);
      });

      it('secrets rotate', async () => {
        await using before = await closed({ secret: OLD_SECRET });
        const old = serviceOf(before).createBypassToken();
        await using running = await closed({ secret: [SECRET, OLD_SECRET] });
        const fresh = serviceOf(running).createBypassToken();
        for (const token of [old, fresh]) {
          expect((await request(running.port, `/shop?${query(token)}`)).status).toBe(303);
        }
        expect((await request(before.port, `/shop?${query(fresh)}`)).status).toBe(503);
      });

      it.each([
        ['//evil.example/x', '/evil.example/x'],
        ['/\\evil.example/x', '/evil.example/x'],
        ['/\\/\\evil.example', '/evil.example'],
        ['///evil.example', '/evil.example'],
        ['http://evil.example/x', '/x'],
        ['http://evil.example', '/'],
        ['http://evil.example//evil.example', '/evil.example'],
        ['/a%0d%0aSet-Cookie:x=1', '/a%0d%0aSet-Cookie:x=1'],
      ])('never leads elsewhere: %s', async (target, location) => {
        await using running = await closed({ secret: SECRET });
        const token = serviceOf(running).createBypassToken();
        const text = await raw(
          running.port,
          `GET ${target}?${query(token)} HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n`,
        );
        expect(text).toMatch(/^HTTP\/1\.1 303 /);
        expect(/^location: (.*)\r$/im.exec(text)?.[1]).toBe(location);
        expect(text).not.toMatch(/^set-cookie: x=/im);
      });

      it('with an invalid token is a normal refusal', async () => {
        await using running = await closed({ secret: SECRET });
        const service = serviceOf(running);
        const good = service.createBypassToken();
        const [body = '', signature = ''] = good.split('.');
        const sign = (payload: string, secret: string) =>
          `${payload}.${createHmac('sha256', secret).update(payload).digest('base64url')}`;
        const forged = Buffer.from(JSON.stringify({ exp: Date.now() + 1e9 })).toString('base64url');
        const short = service.createBypassToken({ expiresIn: 1 });
        const made = Date.now();
        await until(() => Date.now() > made + 1);
        const queries = [
          query(short),
          query(''),
          query('x'),
          query('.'),
          query(`${forged}.${signature}`),
          query(sign(forged, 'another secret')),
          query(sign(forged, SECRET)),
          query(body),
          query(good.slice(0, -1)),
          query(`${good}A`),
          query(`${good}.${signature}`),
          query(good.toUpperCase()),
          query('a'.repeat(8_000)),
          query('%00'),
          query('%ff%fe'),
          query('%E0%A4%A'),
          `${query(good)}&${query(good)}`,
          `${query(good)}&${query('x')}`,
          `maintenance-bypass[]=${good}`,
          `maintenance-bypass[0]=${good}`,
          `maintenance-bypass[a]=${good}`,
          `Maintenance-Bypass=${good}`,
          `xmaintenance-bypass=${good}`,
          `x=${query(good)}`,
        ];
        for (const search of queries) {
          const answer = await request(running.port, `/shop?${search}`);
          expect([search, answer.status]).toEqual([search, 503]);
          expect(answer.headers).not.toHaveProperty('set-cookie');
          expect(answer.headers['x-maintenance-mode']).toBe('1');
        }
        // the first of two cookies of one name counts, and these begin with a good one
        const cookies = queries.filter((search) => !search.startsWith(`${query(good)}&`));
        for (const cookie of [...cookies, query('a'.repeat(4_000))]) {
          const { status } = await request(running.port, '/shop', { headers: { cookie } });
          expect([cookie, status]).toEqual([cookie, 503]);
        }
        expect((await request(running.port, '/shop', { method: 'POST', json: {} })).status).toBe(503);
        expect(
          (await request(running.port, `/shop?${query(good)}`, { method: 'POST', json: {} })).status,
        ).toBe(503);
        expect(running.app.get(Ledger).entries).toEqual([]);
      });

      it('with a token for some keys bypasses only those', async () => {
        const keys = [new MaintenanceKey('search', { order: 1 }), new MaintenanceKey('mail', { order: 2 })];
        await using running = await closed({ secret: SECRET }, { keys });
        const service = serviceOf(running);
        await service.setMaintenance(false);
        await service.setMaintenance(true, 'search');
        const token = service.createBypassToken({ keys: ['search'] });
        const cookie = cookieOf(await request(running.port, `/shop?${query(token)}`));
        expect(cookie).toBe(query(token));
        expect((await request(running.port, '/shop', { headers: { cookie } })).status).toBe(200);
        await service.setMaintenance(true, 'mail', { message: 'Mail is away.' });
        const refused = await request(running.port, '/shop', { headers: { cookie } });
        expect(refused.status).toBe(503);
        expect(refused.json()).toMatchObject({ message: 'Mail is away.' });
      });

      it('of another application, or without a secret, bypasses nothing', async () => {
        await using other = await shop(createApp, { bypass: { secret: SECRET }, namespace: 'other' });
        const foreign = serviceOf(other).createBypassToken();
        await using running = await closed({ secret: SECRET });
        expect((await request(running.port, `/shop?${query(foreign)}`)).status).toBe(503);
        await using without = await closed({});
        expect((await request(without.port, `/shop?${query(foreign)}`)).status).toBe(503);
        expect(() => serviceOf(without).createBypassToken()).toThrow(/bypass\.secret/);
      });
    });

    it('responses to bypassed requests are private, whatever the handler sets', async () => {
      await using running = await createApp({
        imports: [maintenance({ coverage, bypass: { when: () => true } })],
        controllers: [AnswersController],
      });
      const { port } = running;
      await serviceOf(running).setMaintenance(true);
      for (const path of ['decorated', 'raw', 'file', 'nowhere']) {
        const answer = await request(port, `/answers/${path}`);
        const covered = path !== 'nowhere' || coverage === 'site';
        expect([path, answer.status]).toEqual([path, path === 'nowhere' ? 404 : 200]);
        expect([path, answer.headers['cache-control']]).toEqual([
          path,
          covered ? 'private, no-store' : undefined,
        ]);
      }
      expect((await request(port, '/answers/raw')).headers['x-own']).toBe('kept');
      expect((await request(port, '/maintenance/ping')).headers['cache-control']).toBe('private, no-store');
      await serviceOf(running).setMaintenance(false);
      expect((await request(port, '/answers/decorated')).headers['cache-control']).toBe('public, max-age=60');
    });

    it('responses to requests that a status class admits are private, and no others', async () => {
      class Visitors extends MaintenanceStatus {
        override maintaining(): boolean {
          const { headers } = this.request as { headers: Record<string, string> };
          return this.value && headers['x-staff'] !== '1';
        }
      }
      await using running = await createApp({
        imports: [
          maintenance({
            coverage,
            keys: [
              new MaintenanceKey('visitors', { statusClass: Visitors }),
              new MaintenanceKey('frozen', { readOnly: true }),
            ],
          }),
        ],
        controllers: [AnswersController],
      });
      const { port } = running;
      const cacheControl = async (headers: Record<string, string>) => {
        const { status, headers: received } = await request(port, '/answers/decorated', { headers });
        return [status, received['cache-control']];
      };
      await serviceOf(running).setMaintenance(true, 'frozen');
      expect(await cacheControl({ 'x-staff': '1' })).toEqual([200, 'public, max-age=60']);
      await serviceOf(running).setMaintenance(true, 'visitors');
      expect(await cacheControl({ 'x-staff': '1' })).toEqual([200, 'private, no-store']);
      expect(await cacheControl({})).toEqual([503, 'no-store']);
    });
  });
});
