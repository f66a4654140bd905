import ICAL from 'ical.js';
import { HOUR, MaintenanceKey, MaintenanceService, type MaintenanceWindow } from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { renderCalendar } from '../../lib/http/calendar.js';
import { adminModule, ALL, as } from '../admin/operators.js';
import { adapters } from '../support/apps.js';
import { request } from '../support/http.js';

const WRITE = 'toggle_maintenance_mode';
const iso = (ms: number): string => new Date(Date.now() + ms).toISOString();
/** A window as JSON has it. */
type Sent = Omit<MaintenanceWindow, 'start' | 'end'> & { start: string; end: string };

describe.each(adapters)('planned windows in the admin API on %s', (_name, createApp) => {
  const start = () =>
    createApp({
      imports: [
        adminModule({
          keys: [
            new MaintenanceKey('billing'),
            new (class extends MaintenanceKey {
              override isEditable = () => false;
            })('locked'),
            new MaintenanceKey('hidden', { public: false }),
          ],
        }),
      ],
    });

  it('are planned, listed, changed and cancelled', async () => {
    await using app = await start();
    const { port } = app;
    const service = app.app.get(MaintenanceService);
    const json = {
      key: 'billing',
      start: { at: '2031-03-30T02:30', timeZone: 'Europe/Berlin' },
      duration: HOUR,
      repeat: { cron: '30 2 * * SUN', until: '2032-01-01T00:00:00Z' },
      announce: 2 * HOUR,
      announcement: 'Soon',
      message: 'Now',
      reason: 'disk',
    };
    const made = await as(ALL, port, '/maintenance/windows', {
      method: 'POST',
      json,
      headers: { 'x-user': 'ada' },
    });
    expect(made.status).toBe(201);
    const window = made.json<Sent>();
    expect(window).toMatchObject({
      key: 'billing',
      start: '2031-03-30T01:30:00.000Z',
      duration: HOUR,
      announce: 2 * HOUR,
      announcement: 'Soon',
      message: 'Now',
      reason: 'disk',
      actor: 'ada',
      revision: 1,
      repeat: { cron: '30 2 * * SUN', timeZone: 'Europe/Berlin', until: '2032-01-01T00:00:00.000Z' },
    });
    const path = `/maintenance/windows/${window.id}`;
    const listed = async (query = '') =>
      (await as('see_info', port, `/maintenance/windows${query}`)).json<Sent[]>().map(({ id }) => id);
    expect(await listed()).toEqual([window.id]);
    expect(await listed('?key=general')).toEqual([]);
    expect(await listed('?until=2031-01-01T00:00:00Z')).toEqual([]);
    expect(await listed('?from=2031-05-01T00:00:00%2B02:00')).toEqual([window.id]);
    // as people write it
    expect(await listed('?from=2031-05-01T00:00:00+02:00')).toEqual([window.id]);
    const patch = (body: object, may = ALL) => as(may, port, path, { method: 'PATCH', json: body });
    expect((await patch({ duration: 2 * HOUR, ifRevision: 1 })).json()).toMatchObject({
      duration: 2 * HOUR,
      revision: 2,
    });
    expect((await patch({ duration: HOUR, ifRevision: 1 })).status).toBe(409);
    for (const nothing of [{}, { ifRevision: 2 }, { end: null, duration: null }]) {
      const refused = await patch(nothing);
      expect(refused.status).toBe(400);
      expect(refused.text).toContain('The body changes nothing; accepted: one or more of \\"start\\"');
    }
    expect((await patch({ message: null }, WRITE)).json()).not.toHaveProperty('reason');
    const cancel = (body?: object) =>
      as(ALL, port, path, body ? { method: 'DELETE', json: body } : { method: 'DELETE' });
    const left = await cancel({ occurrence: '2031-03-30T01:30:00Z' });
    expect(left.json()).toMatchObject({ id: window.id, start: '2031-04-06T00:30:00.000Z' });
    expect((await cancel({ occurrence: '2031-03-30T01:30:00Z' })).status).toBe(400);
    expect((await cancel()).json()).toEqual({ id: window.id, cancelled: true });
    expect((await cancel()).status).toBe(404);
    expect(service.getWindows()).toEqual([]);
  });

  it('require permissions and a valid body', async () => {
    await using app = await start();
    const { port } = app;
    const post = (json: unknown, may = WRITE) =>
      as(may, port, '/maintenance/windows', { method: 'POST', json });
    const window = { key: 'billing', start: iso(HOUR), duration: HOUR };
    expect((await as(WRITE, port, '/maintenance/windows')).status).toBe(403);
    expect((await post(window, 'see_info')).status).toBe(403);
    const { id } = (await post(window)).json<Sent>();
    for (const method of ['PATCH', 'DELETE']) {
      const denied = await as('see_info', port, `/maintenance/windows/${id}`, { method, json: {} });
      expect([method, denied.status]).toEqual([method, 403]);
      const unknown = await as(ALL, port, '/maintenance/windows/nobody', { method, json: {} });
      expect([method, unknown.status]).toEqual([method, 404]);
    }
    expect((await post({ ...window, key: 'locked' }, ALL)).status).toBe(403);
    expect((await post({ ...window, key: 'nobody' }, ALL)).status).toBe(404);
    expect((await post(window)).status).toBe(409);
    const wrong: [unknown, string][] = [
      [[], 'body'],
      [{ ...window, key: 7 }, 'key'],
      [{ ...window, start: undefined }, 'start'],
      [{ ...window, start: '2031-03-04T15:06' }, 'start'],
      [{ ...window, start: '2031-02-30T15:06:00Z' }, 'start'],
      [{ ...window, duration: undefined, end: '2031-04-31T15:06:00+02:00' }, 'end'],
      [{ ...window, start: { at: '2031-02-30T15:06', timeZone: 'UTC' } }, 'start.at'],
      [{ ...window, start: { at: '2031-02-03T15:06', timeZone: 'Mars' } }, 'start.timeZone'],
      [{ ...window, end: 'tomorrow' }, 'end'],
      [{ ...window, duration: '1h' }, 'duration'],
      [{ ...window, duration: undefined }, 'end'],
      [{ ...window, repeat: 'weekly' }, 'repeat'],
      [{ ...window, repeat: { cron: 'x', timeZone: 'UTC' } }, 'repeat.cron'],
      [{ ...window, repeat: { cron: '0 0 * * *', timeZone: 'UTC', until: 'x' } }, 'repeat.until'],
      [
        { ...window, repeat: { cron: '0 0 * * *', timeZone: 'UTC', until: '2031-02-29T00:00Z' } },
        'repeat.until',
      ],
      [{ ...window, announce: true }, 'announce'],
      [{ ...window, message: 7 }, 'message'],
      [{ ...window, readOnly: 0.5 }, 'readOnly'],
      [{ ...window, reopenOver: 86_400_001 }, 'reopenOver'],
      [{ ...window, duratoin: 1 }, 'duratoin'],
    ];
    for (const [json, field] of wrong) {
      const answer = await post(json);
      const { errors } = answer.json<{ errors: { field: string }[] }>();
      expect([field, answer.status, errors.map((error) => error.field)]).toEqual([field, 400, [field]]);
    }
    const said = async (json: object) =>
      (await post({ ...window, ...json })).json<{ errors: { message: string }[] }>().errors[0]?.message;
    expect(await said({ reason: 7 })).toBe('"reason" must be text.');
    expect(await said({ reopenOver: 'a day' })).toBe('"reopenOver" must be whole milliseconds.');
    expect(await said({ reopenOver: -1 })).toBe('"reopenOver" must not be negative.');
    for (const query of [
      'windows?from=today',
      'windows?until=2031-02-30T00:00Z',
      'history?since=2031-02-30T00:00Z',
    ]) {
      expect([query, (await as('see_info', port, `/maintenance/${query}`)).status]).toEqual([query, 400]);
    }
    const occurrence = await as(WRITE, port, `/maintenance/windows/${id}`, {
      method: 'DELETE',
      json: { occurrence: '2031-02-30T00:00:00Z' },
    });
    expect([occurrence.status, occurrence.text]).toEqual([400, expect.stringContaining('"occurrence"')]);
    const foreign = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const forged = await as(ALL, port, `/maintenance/windows/${id}`, { method: 'DELETE', headers: foreign });
    expect(forged.status).toBe(403);
  });

  it('of a key that the caller may neither change nor see look as if there were none', async () => {
    await using app = await start();
    const { port } = app;
    const service = app.app.get(MaintenanceService);
    const { id } = await service.scheduleWindow('locked', { start: new Date(iso(HOUR)), duration: HOUR });
    const [entry] = await service.getHistory({ key: 'locked' });
    const ask = (may: string, method: string, path: string) =>
      as(may, port, `/maintenance/${path}`, { method, ...(method !== 'POST' && { json: { duration: 1 } }) });
    const routes = [
      ['PATCH', 'windows', id],
      ['POST', 'admin/undo', entry!.id],
    ] as const;
    for (const [method, path, real] of routes) {
      expect([path, (await ask(ALL, method, `${path}/${real}`)).status]).toEqual([path, 403]);
      const hidden = await ask(WRITE, method, `${path}/${encodeURIComponent(real)}`);
      const unknown = await ask(WRITE, method, `${path}/nothing`);
      expect([path, hidden.status, hidden.text.replaceAll(real, 'nothing')]).toEqual([
        path,
        404,
        unknown.text,
      ]);
    }
  });

  it('are in the public calendar once they are announced', async () => {
    await using app = await start();
    const service = app.app.get(MaintenanceService);
    const text = 'Invoices; rest,\nthen \\ come back — 請求書は今夜お休みします。'.repeat(3);
    const window = await service.scheduleWindow('billing', {
      start: new Date('2031-03-30T01:30:00Z'),
      duration: HOUR,
      announcement: text,
    });
    await service.scheduleWindow('hidden', { start: new Date(Date.now() + 60_000), duration: HOUR });
    await service.scheduleWindow('general', {
      start: new Date(Date.now() + 60_000),
      duration: HOUR,
      announce: false,
    });
    const read = async () => {
      const answer = await request(app.port, '/maintenance/calendar.ics');
      expect([answer.status, answer.headers['content-type']]).toEqual([200, 'text/calendar; charset=utf-8']);
      const calendar = new ICAL.Component(ICAL.parse(answer.text) as unknown[]);
      return calendar.getAllSubcomponents('vevent').map((event) => new ICAL.Event(event));
    };
    expect(await read()).toEqual([]);
    const begins = new Date(Math.floor(Date.now() / 1000) * 1000 + 600_000);
    await service.updateWindow(window.id, { start: begins });
    const [event, ...others] = await read();
    expect(others).toEqual([]);
    expect(event!.summary).toBe(text);
    expect([event!.startDate.toJSDate(), event!.endDate.toJSDate()]).toEqual([
      begins,
      new Date(begins.getTime() + HOUR),
    ]);
    expect([event!.uid, event!.sequence]).toEqual([`${window.id}.${begins.getTime()}@nestjs-maintenance`, 1]);

    // of one that repeats: the one that is on, and the next, as visitors hear of it
    await service.cancelWindow(window.id);
    const repeated = await service.scheduleWindow('billing', {
      start: new Date(Math.floor(Date.now() / 60_000) * 60_000),
      duration: 60_000,
      repeat: { cron: '* * * * *', timeZone: 'UTC' },
      announce: HOUR,
    });
    const ping = await request(app.port, '/maintenance/ping');
    const [next] = ping.json<{ upcoming: { start: string }[] }>().upcoming;
    const starts = (await read()).map(({ startDate }) => startDate.toJSDate().toISOString());
    expect(starts).toEqual([repeated.start.toISOString(), next!.start]);
  });
});

it('an event of a calendar ends after its start, however short it is', () => {
  const start = new Date('2031-01-01T00:00:00.100Z');
  const event = { uid: 'x', sequence: 0, start, end: new Date(start.getTime() + 200), summary: 'short' };
  const text = renderCalendar('Maintenance', [event], start);
  expect(text).toContain('DTSTART:20310101T000000Z\r\nDTEND:20310101T000001Z');
});

it('lines of a calendar are 75 octets at most, and end in CRLF', () => {
  const at = new Date('2031-01-01T00:00:00Z');
  const summary = 'ü😀'.repeat(200);
  const text = renderCalendar('Maintenance', [{ uid: 'x', sequence: 0, start: at, end: at, summary }], at);
  const lines = text.split('\r\n');
  expect(lines.at(-1)).toBe('');
  expect(Math.max(...lines.map((line) => Buffer.byteLength(line)))).toBeLessThanOrEqual(75);
  expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/);
  const event = new ICAL.Component(ICAL.parse(text) as unknown[]).getFirstSubcomponent('vevent')!;
  expect(new ICAL.Event(event).summary).toBe(summary);
});
