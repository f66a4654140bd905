import { describe, expect, it } from 'vitest';
import { ApplicationCalls } from '../../lib/core/common/application-calls.js';
import { OFF, type MaintenanceState } from '../../lib/core/keys/maintenance-state.js';
import type { Visitor } from '../../lib/decision/visitor.js';
import { Visitors } from '../../lib/decision/visitors.js';
import type { HttpRequest } from '../../lib/request/http-request.js';

const FROM = 1_900_000_000_000;
const OVER = 600_000;
const REOPENING: MaintenanceState = {
  ...OFF,
  phase: 'reopening',
  reopening: { from: new Date(FROM), until: new Date(FROM + OVER) },
};
const CLOSED: MaintenanceState = {
  ...OFF,
  value: true,
  until: new Date(FROM),
  reopenOver: OVER,
  reopens: { from: new Date(FROM), until: new Date(FROM + OVER) },
};

const clock = { now: FROM };
const log: string[] = [];
const create = (visitor?: (request: never) => unknown) =>
  new Visitors(
    new ApplicationCalls(20, (line) => log.push(line)),
    {
      now: () => clock.now,
      isNavigation: ({ headers }) => headers.accept === 'text/html',
      handshake: (socket) => (socket as { request?: HttpRequest } | undefined)?.request,
    },
    visitor as never,
  );
const request = (headers: HttpRequest['headers'] = {}, ip = '192.0.2.1'): HttpRequest => ({
  method: 'GET',
  url: '/',
  headers,
  ip,
});
const visitorOf = (visitors: Visitors, of: HttpRequest) => visitors.find(of, of) as Visitor;
/** Ms from the beginning at which a visitor may come back. */
const momentOf = (visitors: Visitors, of: HttpRequest): number => {
  clock.now = FROM - 1_000;
  return visitorOf(visitors, of).own(CLOSED)!.until!.getTime() - FROM;
};

const CROWD = 10_000;
const crowds: Record<string, () => readonly [Visitors, readonly HttpRequest[]]> = {
  'a cookie that a refused page has set': () => {
    const visitors = create();
    const cookies = Array.from({ length: CROWD }, () => {
      const first = request({ accept: 'text/html' });
      visitorOf(visitors, first);
      return visitors.cookie(first)!.split(';')[0]!;
    });
    return [visitors, cookies.map((cookie) => request({ cookie }))];
  },
  'addresses of a few networks': () => [
    create(),
    Array.from({ length: CROWD }, (_, index) =>
      request({}, `10.${index >> 12}.${(index >> 6) & 63}.${index & 63}`),
    ),
  ],
  'what the application says': () => [
    create(({ headers }: HttpRequest) => headers['x-user']),
    Array.from({ length: CROWD }, (_, index) => request({ 'x-user': String(index + 1) })),
  ],
};

describe.each(Object.entries(crowds))('10,000 visitors known by %s', (_name, crowd) => {
  const [visitors, requests] = crowd();

  it('come back evenly over the time, and stay in once they are back', () => {
    let before = new Set<number>();
    for (let step = 0; step <= 50; step++) {
      clock.now = FROM + (OVER * step) / 50;
      const inside = new Set<number>();
      requests.forEach((one, index) => {
        if (!visitorOf(visitors, one).own(REOPENING)) {
          inside.add(index);
        }
      });
      expect(Math.abs(inside.size / CROWD - step / 50), `step ${step}`).toBeLessThanOrEqual(0.02);
      expect([...before].filter((index) => !inside.has(index))).toEqual([]);
      before = inside;
    }
    expect(before.size).toBe(CROWD);
  });

  it('learn when everybody is back, and keep their moments when a reopening is interrupted', () => {
    const [one] = requests as [HttpRequest];
    const moment = momentOf(visitors, one);
    for (const end of [moment - 1_000, moment + 1_000]) {
      const own = visitorOf(visitors, one).own({ ...CLOSED, until: new Date(FROM + end) });
      expect(own!.until!.getTime() - FROM).toBe(Math.ceil(Math.max(moment, end)));
    }
  });

  it('each learn their moment, before it begins and while it lasts', () => {
    for (const one of requests.slice(0, 500)) {
      const moment = momentOf(visitors, one);
      expect(moment).toBeGreaterThanOrEqual(0);
      expect(moment).toBeLessThanOrEqual(OVER);
      clock.now = FROM + moment - 1;
      const told = visitorOf(visitors, one).own(REOPENING);
      expect(told, String(moment)).toMatchObject({ value: true });
      expect(told!.until!.getTime() - FROM).toBe(moment);
      clock.now = FROM + moment;
      expect(visitorOf(visitors, one).own(REOPENING)).toBeUndefined();
    }
  });

  it('are spread: no second gets more than twice the average', () => {
    const seconds = new Map<number, number>();
    requests.forEach((one) => {
      const second = Math.floor(momentOf(visitors, one) / 1000);
      seconds.set(second, (seconds.get(second) ?? 0) + 1);
    });
    const average = CROWD / (OVER / 1000);
    // one that knows visitors by names that others have made can only spread them as chance does
    const most = visitors.asks || !requests[0]!.headers.cookie ? 2.2 : 1.2;
    expect(Math.max(...seconds.values())).toBeLessThanOrEqual(average * most);
  });
});

describe('the turn of a visitor', () => {
  it('is kept by a cookie that holds nothing else, and is set only with a page', () => {
    const visitors = create();
    const page = request({ accept: 'text/html' });
    const moment = momentOf(visitors, page);
    expect(visitors.cookie(page)).toMatch(/^maintenance-visitor=\d{1,6}; Path=\/; SameSite=Lax$/);
    const cookie = visitors.cookie(page)!.split(';')[0]!;
    expect(momentOf(visitors, request({ cookie: `a=b; ${cookie}` }, '198.51.100.7'))).toBe(moment);
    const secure = { ...request({ accept: 'text/html' }), protocol: 'https' };
    visitorOf(visitors, secure);
    expect(visitors.cookie(secure)).toContain('; Secure');
    const known = request({ accept: 'text/html', cookie });
    const json = request({ accept: 'application/json' });
    for (const one of [known, json]) {
      visitorOf(visitors, one);
      expect(visitors.cookie(one)).toBeUndefined();
    }
  });

  it.each(['', 'x', '-1', '1e3', '0.5', '1000000000', '9'.repeat(5_000)])(
    'depends on the address if the cookie is %s',
    (value) => {
      const visitors = create();
      const cookie = `maintenance-visitor=${value}`;
      expect(momentOf(visitors, request({ cookie }))).toBe(momentOf(visitors, request()));
    },
  );

  it('is what the application returns for the request, asked once', async () => {
    let asked = 0;
    const visitors = create(({ headers }: HttpRequest) => (asked++, Promise.resolve(headers['x-user'])));
    const one = request({ 'x-user': 'ada' });
    clock.now = FROM + OVER / 2;
    const found = await Promise.all([visitors.find(one, one), visitors.find(one, one)]);
    expect(asked).toBe(1);
    const again = request({ 'x-user': 'ada' }, '198.51.100.7');
    expect((await visitors.find(again, again))?.own(REOPENING)).toEqual(found[0]?.own(REOPENING));
    const nobody = request();
    const byAddress = create().find(nobody, nobody) as Visitor;
    expect((await visitors.find(nobody, nobody))?.own(REOPENING)).toEqual(byAddress.own(REOPENING));
  });

  it.each([
    [
      'throws',
      () => {
        throw new Error('no session');
      },
      '"visitor"',
    ],
    ['rejects', () => Promise.reject(new Error('no session')), '"visitor"'],
    ['is late', () => new Promise(() => {}), '"visitor"'],
    ['gives an object', () => ({}), '"visitor" returned an object'],
  ] as const)(
    'depends on the address, whatever the cookie, if the application %s',
    async (_what, visitor, line) => {
      log.length = 0;
      const withCookie = request({ cookie: 'maintenance-visitor=5', accept: 'text/html' });
      const visitors = create(visitor);
      clock.now = FROM - 1_000;
      const found = await visitors.find(withCookie, withCookie);
      expect(found!.own(CLOSED)!.until!.getTime() - FROM).toBe(momentOf(create(), request()));
      expect(log.join()).toContain(line);
      expect(visitors.cookie(withCookie)).toBeUndefined();
    },
  );

  it('uses what is known synchronously, and ignores messages between services', () => {
    const visitors = create(() => new Promise(() => {}));
    const one = request({ cookie: 'maintenance-visitor=500000' });
    clock.now = FROM;
    expect(visitors.findNow(one)!.own(REOPENING)!.until!.getTime()).toBe(FROM + OVER / 2);
    expect(visitors.findNow(undefined)).toBeUndefined();
    expect(visitors.find({ pattern: 'x' }, undefined)).toBeUndefined();
    expect(create().find({ request: one }, undefined)).toBeDefined();
  });
});
