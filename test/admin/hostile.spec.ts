import { MaintenanceKey, MaintenanceService } from 'nestjs-maintenance';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { adapters, type RunningApp } from '../support/apps.js';
import type { RequestInit } from '../support/http.js';
import { adminModule, ALL, as } from './operators.js';

const HOSTILE = `</script><script>alert(1)</script><img src=x onerror=alert(2)>" onload='x' javascript:alert(3) $' $& \u2028`;
const PATH = '/maintenance/keys/general';

interface Problem {
  statusCode: number;
  message: string;
  errors: { field: string; message: string }[];
}

describe.each(adapters)('admin API on %s under attack', (name, createApp) => {
  let running: RunningApp;
  let service: MaintenanceService;

  beforeAll(async () => {
    const hostile = new MaintenanceKey('hostile', { label: HOSTILE, helpText: HOSTILE });
    running = await createApp({ imports: [adminModule({ keys: [hostile] })] });
    service = running.app.get(MaintenanceService);
  });
  beforeEach(() => service.unsetMaintenance());
  afterAll(() => running.close());

  const write = (init: RequestInit) => as(ALL, running.port, PATH, { method: 'PUT', ...init });
  const isOn = () => service.isInMaintenance(undefined, 'general').value;

  describe('from another site', () => {
    const own = () => running.url;
    const json = { mode: true };

    it.each<[string, (url: string) => Record<string, string>]>([
      ['a foreign origin', () => ({ origin: 'https://evil.example' })],
      ['the null origin', () => ({ origin: 'null' })],
      ['an empty origin', () => ({ origin: '' })],
      ['another port', () => ({ origin: 'http://127.0.0.1:1' })],
      ['a host name that starts like ours', (url) => ({ origin: `${url}.evil.example` })],
      ['our host name as the user', (url) => ({ origin: `${url}@evil.example` })],
      ['two origins', (url) => ({ origin: `${url}, https://evil.example` })],
      ['an origin with a path', (url) => ({ origin: `${url}/x` })],
      ['another scheme', (url) => ({ origin: url.replace('http:', 'file:') })],
      ['cross-site', (url) => ({ 'sec-fetch-site': 'cross-site', origin: url })],
      ['same-site', (url) => ({ 'sec-fetch-site': 'same-site', origin: url })],
      ['cookies and no origin', () => ({ cookie: 'session=1' })],
      ['cookies, no origin, by hand', () => ({ cookie: 'session=1', 'sec-fetch-site': 'none' })],
    ])('refuses %s', async (_case, headers) => {
      for (const init of [{ method: 'PUT', json }, { method: 'DELETE' }] as const) {
        await service.setMaintenance(init.method === 'DELETE');
        const answer = await as(ALL, running.port, PATH, { ...init, headers: headers(own()) });
        expect(answer.status).toBe(403);
        expect(answer.json<Problem>().message).toMatch(/^A change must come from this site itself: /);
        expect(isOn()).toBe(init.method === 'DELETE');
      }
    });

    it.each<[string, (url: string) => Record<string, string>]>([
      ['its own origin', (url) => ({ origin: url })],
      ['its own origin with cookies', (url) => ({ origin: url, cookie: 'session=1' })],
      ['its own origin, upper case', (url) => ({ origin: url.toUpperCase() })],
      [
        'its own host name behind a proxy that terminates TLS',
        (url) => ({ origin: url.replace('http:', 'https:') }),
      ],
      [
        'what the browser calls same-origin, even if a proxy rewrites Host',
        () => ({ 'sec-fetch-site': 'same-origin', origin: 'https://shop.example', cookie: 'session=1' }),
      ],
      [
        'what the browser calls same-origin',
        () => ({ 'sec-fetch-site': 'same-origin', cookie: 'session=1' }),
      ],
      ['a program without cookies', () => ({ authorization: 'Bearer x' })],
    ])('accepts %s', async (_case, headers) => {
      expect((await write({ json, headers: headers(own()) })).status).toBe(200);
      expect(isOn()).toBe(true);
    });

    it.each([
      'text/plain',
      'text/plain; application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      'text/json',
    ])('rejects %s', async (type) => {
      const answer = await write({ body: '{"mode":true}', headers: { 'content-type': type, origin: own() } });
      expect(answer.status).toBe(415);
      expect(answer.json<Problem>().message).toBeTruthy();
      expect(isOn()).toBe(false);
    });

    it('rejects a body without a content type', async () => {
      expect((await write({ body: '{"mode":true}', headers: {} })).status).toBe(415);
    });

    it.each(['GET', 'HEAD', 'POST', 'PATCH', 'OPTIONS'] as const)('changes nothing by %s', async (method) => {
      const form = {
        body: method === 'GET' || method === 'HEAD' ? undefined : 'mode=true&_method=PUT',
        headers: {
          ...(method !== 'GET' &&
            method !== 'HEAD' && { 'content-type': 'application/x-www-form-urlencoded' }),
          'x-http-method-override': 'PUT',
        },
      } as RequestInit;
      await as(ALL, running.port, `${PATH}?mode=true&_method=PUT`, { method, ...form });
      expect(isOn()).toBe(false);
    });
  });

  describe('with a wrong body', () => {
    const soon = new Date(Date.now() + 60_000).toISOString();

    it('requires all fields in a PUT, and at least one in a PATCH', async () => {
      for (const [method, field] of [
        ['PUT', 'mode'],
        ['PATCH', 'body'],
      ] as const) {
        const answer = await as(ALL, running.port, PATH, { method, json: {} });
        expect(answer.status).toBe(400);
        expect(answer.json<Problem>().errors).toMatchObject([{ field }]);
      }
    });

    it.each<[string, object]>([
      ['mode', { mode: 'true' }],
      ['mode', { mode: 1 }],
      ['mode', { mode: null }],
      ['mode', { mode: [true] }],
      ['timeout', { mode: true, timeout: '1000' }],
      ['timeout', { mode: true, timeout: -1 }],
      ['timeout', { mode: true, timeout: 1.5 }],
      ['drain', { mode: true, drain: -1 }],
      ['drain', { mode: true, drain: '5s' }],
      ['drain', { mode: true, drain: null }],
      ['drain', { mode: true, drain: 1e9 }],
      ['timeout', { mode: true, timeout: 1e308 }],
      ['timeout', { mode: true, timeout: Number.MAX_SAFE_INTEGER }],
      ['until', { mode: true, until: 5 }],
      ['until', { mode: true, until: '' }],
      ['until', { mode: true, until: 'tomorrow' }],
      ['until', { mode: true, until: '2099-01-01' }],
      ['until', { mode: true, until: '2099-01-01T00:00:00' }],
      ['until', { mode: true, until: '2099-02-30T00:00:00Z' }],
      ['until', { mode: true, until: '2099-01-01T25:00:00Z' }],
      ['until', { mode: true, until: '1999-01-01T00:00:00Z' }],
      ['until', { mode: true, timeout: 1000, until: soon }],
      ['message', { mode: true, message: 5 }],
      ['message', { mode: true, message: ['x'] }],
      ['message', { mode: true, message: 'x'.repeat(10_001) }],
      ['reason', { mode: true, reason: {} }],
      ['reason', { mode: true, reason: 'x'.repeat(10_001) }],
      ['actor', { mode: true, actor: 'somebody else' }],
      ['callHooks', { mode: true, callHooks: false }],
      ['ifRevision', { mode: true, ifRevision: 1 }],
      ['constructor', { mode: true, constructor: 1 }],
      ['toString', { mode: true, toString: 1 }],
      ['body', [{ mode: true }]],
    ])('names %s in %j', async (field, json) => {
      for (const method of ['PUT', 'PATCH'] as const) {
        const answer = await as(ALL, running.port, PATH, { method, json });
        expect(answer.status).toBe(400);
        const { statusCode, message, errors } = answer.json<Problem>();
        expect(statusCode).toBe(400);
        expect(errors.map((error) => error.field)).toContain(field);
        expect(message).toContain(errors[0]!.message);
        expect(isOn()).toBe(false);
      }
    });

    it.each([
      'null',
      '5',
      '"x"',
      '',
      '{',
      '{"mode":true',
      '{"mode":true}x',
      '{"mode":true,"__proto__":{"x":1}}',
    ])('refuses %j', async (body) => {
      const answer = await write({ body, headers: { 'content-type': 'application/json' } });
      expect(answer.status).toBe(400);
      expect(isOn()).toBe(false);
      expect(({} as { x?: number }).x).toBeUndefined();
    });

    it('names all errors at once', async () => {
      const answer = await write({ json: { mode: 'on', timeout: -1, colour: 'red' } });
      expect(
        answer
          .json<Problem>()
          .errors.map(({ field }) => field)
          .sort(),
      ).toEqual(['colour', 'mode', 'timeout']);
    });

    it('accepts the longest and oddest valid values', async () => {
      const message = '🙏\u0000"\\\u2028'.padEnd(10_000, 'x');
      const answer = await write({
        json: { mode: true, until: '2099-12-31T23:59:59.999999+14:00', message, reason: null },
        headers: { 'content-type': 'Application/JSON; charset=utf-8' },
      });
      expect(answer.status).toBe(200);
      expect(answer.json<{ message: string; until: string }>()).toMatchObject({
        message,
        until: '2099-12-31T09:59:59.999Z',
      });
    });

    it('survives 10 MB, deep nesting and many fields', async () => {
      const headers = { 'content-type': 'application/json' };
      const big = await write({ body: `{"mode":true,"message":"${'x'.repeat(10_000_000)}"}`, headers });
      expect(big.status).toBe(413);
      const deep = `{"mode":true,"message":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
      expect((await write({ body: deep, headers })).status).toBe(400);
      const many = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`f${at}`, at]));
      const answer = await write({ json: many });
      expect(answer.status).toBe(400);
      expect(answer.text.length).toBeLessThan(10_000);
      expect((await write({ json: { mode: true } })).status).toBe(200);
    });

    it('refuses a DELETE with a body that is not JSON', async () => {
      const init = { method: 'DELETE', body: 'x=1', headers: { 'content-type': 'text/plain' } } as const;
      expect((await as(ALL, running.port, PATH, init)).status).toBe(415);
    });
  });

  describe('with markup', () => {
    const page = (headers: Record<string, string> = {}) =>
      as(ALL, running.port, '/maintenance/admin', { headers: { accept: 'text/html', ...headers } });

    it('never leaves the embedded data', async () => {
      const answer = await as(ALL, running.port, '/maintenance/keys/hostile', {
        method: 'PUT',
        json: { mode: true, message: HOSTILE, reason: HOSTILE },
        headers: { 'x-user': HOSTILE.replace('\u2028', '') },
      });
      expect(answer.json()).toMatchObject({ message: HOSTILE, reason: HOSTILE, label: HOSTILE });
      expect(answer.headers['content-type']).toBe('application/json; charset=utf-8');
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      const { text } = await page();
      expect(text.match(/<script/g)).toHaveLength(2);
      expect(text.match(/<\/script/g)).toHaveLength(2);
      expect(text).not.toContain('<img');
      const data = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(text)![1]!;
      expect(data).not.toMatch(/[<>&\u2028\u2029]/);
      const { keys } = (JSON.parse(data) as { state: { keys: Record<string, string>[] } }).state;
      expect(keys.find((key) => key['name'] === 'hostile')).toMatchObject({
        label: HOSTILE,
        helpText: HOSTILE,
        message: HOSTILE,
        reason: HOSTILE,
      });
      await service.unsetMaintenance('hostile');
    });

    it('forbids framing, foreign code and foreign requests', async () => {
      // only the live page loads the script of this site
      const answers = [
        [await page(), " 'self'"],
        [await page({ 'x-may': 'see_info' }), ''],
      ] as const;
      for (const [answer, own] of answers) {
        const csp = answer.headers['content-security-policy'] as string;
        expect(csp.replaceAll(/'sha256-[^']+'/g, 'HASH')).toMatch(
          new RegExp(`^default-src 'none'; style-src HASH; script-src HASH${own}; connect-src 'self'; `),
        );
        expect(csp).toContain("; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
        expect(csp).not.toMatch(/unsafe|\*|https?:/);
        expect(answer.headers).toMatchObject({
          'x-frame-options': 'DENY',
          'referrer-policy': 'same-origin',
          'x-content-type-options': 'nosniff',
          'cache-control': 'no-store',
          'content-type': 'text/html; charset=utf-8',
        });
      }
    });

    it('gives browsers and programs the reason', async () => {
      const browser = await page({ 'x-may': '' });
      expect(browser.status).toBe(403);
      expect(browser.text).toContain('This needs the permission &quot;see_menu_item&quot;.');
      const program = await page({ 'x-may': '', accept: '*/*' });
      expect(program.json<Problem>().message).toBe('This needs the permission "see_menu_item".');
    });
  });

  it(`is not impressed on ${name}`, async () => {
    expect((await as(ALL, running.port, '/maintenance/keys')).status).toBe(200);
    expect(running.log.filter((line) => /TypeError|RangeError/.test(line))).toEqual([]);
  });
});
