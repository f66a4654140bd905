import { setTimeout as delay } from 'node:timers/promises';
import {
  MaintenanceKey,
  MaintenanceStatus,
  type MaintenanceRootOptions,
  type MaintenanceTemplateContext,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { serviceOf, shop } from '../apps/shop.js';
import { TestClient } from '../realtime/clients.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';
import { until } from '../support/until.js';

const CALL_TIMEOUT = 300;
const html = { headers: { accept: 'text/html' } };
function fail(): never {
  throw new Error('on purpose');
}

/** What functions do when that which they ask is itself in maintenance. */
const troubles: [what: string, call: () => never | Promise<never>, logged: string][] = [
  ['hangs', () => new Promise<never>(() => undefined), 'did not answer within 300 ms'],
  ['rejects', () => Promise.reject(new Error('on purpose')), 'threw: on purpose'],
  ['throws', fail, 'threw: on purpose'],
];

/** A key with some of its methods overridden. */
class Own extends MaintenanceKey {
  constructor(overridden: object) {
    super('own', { order: -1 });
    Object.assign(this, overridden);
  }
}

describe.each(adapters)('functions of the application on %s', (_name, createApp) => {
  describe.each(troubles)('one that %s', (_what, trouble, logged) => {
    const closed = async (options: MaintenanceRootOptions, key = 'general') => {
      const running = await shop(createApp, { callTimeout: CALL_TIMEOUT, ...options });
      await serviceOf(running).setMaintenance(true, key, { message: 'Moving.' });
      return running;
    };
    /** The line that says so, once, however often it happened. */
    const expectLine = (log: readonly string[], ...parts: string[]) => {
      const lines = log.filter((line) => parts.every((part) => line.includes(part)));
      expect(lines, log.join('\n')).toHaveLength(1);
      expect(lines[0]).toContain(logged);
    };

    it('permissions: denied', async () => {
      await using running = await closed({ permissions: trouble });
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => request(running.port, '/maintenance/ping')),
      );
      for (const answer of answers) {
        expect(answer.status).toBe(503);
        expect(answer.json()).not.toHaveProperty('maintenance');
      }
      expectLine(running.log, '"permissions"', 'see_info is denied');
    });

    it('bypass.when: not admitted', async () => {
      await using running = await closed({ bypass: { when: trouble } });
      const answers = await Promise.all(Array.from({ length: 5 }, () => request(running.port, '/shop')));
      expect(answers.map(({ status }) => status)).toEqual([503, 503, 503, 503, 503]);
      expectLine(running.log, '"bypass.when"', 'does not pass');
    });

    it('template: the built-in page', async () => {
      await using running = await closed({ template: trouble });
      const page = await request(running.port, '/shop', html);
      expect(page).toMatchObject({ status: 503, headers: { 'content-type': 'text/html; charset=utf-8' } });
      expect(page.text).toContain('Moving.');
      expectLine(running.log, 'maintenance page of key "general"', 'built-in page');
    });

    it.each(['render', 'getTemplate', 'getContext'])('a key’s %s: the built-in page', async (method) => {
      const template = ({ message }: MaintenanceTemplateContext) => `own ${message}`;
      const key = new Own({
        [method]: trouble,
        ...(method === 'getContext' && { getTemplate: () => template as never }),
      });
      await using running = await closed({ keys: [key] }, 'own');
      const page = await request(running.port, '/shop', html);
      expect(page).toMatchObject({ status: 503, headers: { 'content-type': 'text/html; charset=utf-8' } });
      expect(page.text).toContain('Moving.');
      expectLine(running.log, 'maintenance page of key "own"', 'built-in page');
    });
  });

  it('permissions that take long are asked for a hundred pings at once, and for the others afterwards', async () => {
    let asked = 0;
    let decide: (allowed: boolean) => void = () => undefined;
    const answer = new Promise<boolean>((resolve) => (decide = resolve));
    const permissions = () => (asked++, answer);
    await using running = await shop(createApp, { callTimeout: 30_000, permissions });
    await serviceOf(running).setMaintenance(true);
    const pings = Array.from({ length: 150 }, () => request(running.port, '/maintenance/ping'));
    await until(() => asked >= 100);
    await delay(300);
    expect(asked).toBe(100);
    decide(true);
    for (const { status, text } of await Promise.all(pings)) {
      expect({ status, sees: text.includes('"maintenance":') }).toEqual({ status: 503, sees: true });
    }
    expect(asked).toBe(150);
  });

  it.each([
    ['a text', () => 'yes', 'a string'],
    ['a number', async () => 1, 'a number'],
    ['a record', () => ({ name: 'secret' }), 'an object (Object)'],
    ['nothing', () => undefined, undefined],
    ['no', () => '', undefined],
  ])('permissions and bypass.when that return %s, not true: denied', async (_what, answer, described) => {
    const options = { permissions: answer as never, bypass: { when: answer as never }, socket: true };
    await using running = await shop(createApp, options);
    await serviceOf(running).setMaintenance(true);
    for (let i = 0; i < 3; i++) {
      expect((await request(running.port, '/shop')).status).toBe(503);
      expect((await request(running.port, '/maintenance/ping')).json()).not.toHaveProperty('maintenance');
      using client = await TestClient.connect(running.url);
      expect(await client.ask({})).not.toHaveProperty('maintenance');
    }
    const lines = running.log.filter((line) => /^(warn|error)/.test(line)).toSorted();
    // what was returned may be secret
    const expected = [
      `error [Maintenance] "bypass.when" returned ${described}, not true or false; the request does not pass.`,
      `error [Maintenance] "permissions" returned ${described}, not true or false; see_info is denied.`,
    ];
    expect(lines).toEqual(described ? expected : []);
  });

  it.each([
    ['a text', 'text', '"text"'],
    ['a number', 5, '5'],
    ['an array', ['X-A'], 'an array of 1'],
    ['nothing', undefined, undefined],
  ])('refusalHeaders that return %s: none', async (_what, headers, described) => {
    await using running = await shop(createApp, { refusalHeaders: (() => headers) as never });
    const plain = await request(running.port, '/shop/terms');
    await serviceOf(running).setMaintenance(true);
    const refused = await request(running.port, '/shop');
    expect(refused.status).toBe(503);
    const own = ['retry-after', 'cache-control', 'x-maintenance-mode', 'vary'];
    const names = new Set([...Object.keys(plain.headers), ...own, 'content-type']);
    expect(Object.keys(refused.headers).filter((name) => !names.has(name))).toEqual([]);
    expect(running.log.filter((line) => line.includes('"refusalHeaders"'))).toEqual(
      described
        ? [`error [Maintenance] "refusalHeaders" returned ${described}; the refusal is sent without them.`]
        : [],
    );
  });

  describe('a synchronous one that throws or returns a promise', () => {
    type Broken = [what: string, call: () => unknown, logged: RegExp];
    const broken: Broken[] = [
      ['throws', fail, /threw: on purpose/],
      ['promises', async () => fail(), /returned a promise but must be synchronous/],
    ];

    it.each<Broken>([...broken, ['returns an empty text', () => '', /returned ""; the text stays/]])(
      'translate %s: English',
      async (_what, translate, logged) => {
        await using running = await shop(createApp, { translate: translate as never });
        await serviceOf(running).setMaintenance(true);
        const answer = await request(running.port, '/shop', { headers: { 'accept-language': 'de' } });
        expect(answer.json<{ message: string }>().message).toMatch(/^We are carrying out maintenance/);
        expect(running.log.filter((line) => line.includes('"translate"'))).toEqual([
          expect.stringMatching(logged) as string,
        ]);
      },
    );

    it.each(broken)('responseType %s: JSON', async (_what, responseType, logged) => {
      await using running = await shop(createApp, { responseType: responseType as never });
      await serviceOf(running).setMaintenance(true);
      expect((await request(running.port, '/shop', html)).json()).toMatchObject({ statusCode: 503 });
      expect(running.log.join('\n')).toMatch(logged);
    });

    it.each<Broken>([
      ...broken,
      ['returns a number', () => 1, /returned 1; the request is refused/],
      ['returns nothing', () => undefined, /returned undefined; the request is refused/],
    ])('a status class %s: refused', async (_what, maintaining, logged) => {
      class Broken extends MaintenanceStatus {
        override maintaining(): boolean {
          return maintaining() as boolean;
        }
      }
      const key = new MaintenanceKey('broken', { statusClass: Broken });
      await using running = await shop(createApp, { keys: [key] });
      await serviceOf(running).setMaintenance(true, key);
      expect((await request(running.port, '/shop')).status).toBe(503);
      expect(running.log.join('\n')).toMatch(logged);
    });

    it.each<Broken>([
      ['throws', fail, /threw: on purpose; the request is refused/],
      ['promises', async () => fail(), /getStatusClass\(\) returned an object \(Promise\), not a class/],
    ])('getStatusClass %s: refused, and the process lives', async (_what, getStatusClass, logged) => {
      const unhandled: unknown[] = [];
      const note = (reason: unknown) => void unhandled.push(reason);
      process.on('unhandledRejection', note);
      try {
        await using running = await shop(createApp, { keys: [new Own({ getStatusClass })] });
        await serviceOf(running).setMaintenance(true, 'own');
        expect((await request(running.port, '/shop')).status).toBe(503);
        expect((await request(running.port, '/maintenance/ping')).status).toBe(503);
        expect(running.log.join('\n')).toMatch(logged);
        await new Promise(setImmediate);
        expect(unhandled).toEqual([]);
      } finally {
        process.off('unhandledRejection', note);
      }
    });
  });
});
