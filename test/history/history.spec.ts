import {
  DAY,
  HOUR,
  MINUTE,
  OnMaintenance,
  MaintenanceService,
  type MaintenanceHistoryEntry,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { Injectable } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adminModule, ALL, as } from '../admin/operators.js';
import { COMMAND_TIMEOUT, startService } from '../state/service.js';
import { adapters, createFastifyApp } from '../support/apps.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

const KEY = 'import-export';
const briefly = ({ event, way, cause, from, to, actor, reason }: MaintenanceHistoryEntry) => ({
  event,
  way,
  cause,
  from,
  to,
  actor,
  reason,
});
/** Entries as another version, or a hand, may have written them. */
const UNREADABLE = {
  'no end that is a date': { until: 'soon' },
  'an end that no date can be': { endsAt: 8.7e15 },
  'no state before': { previous: undefined },
  'a list for the state before': { previous: [] },
  'texts that are none': { message: 7 },
  'no event': { event: undefined },
  'a number for an event': { event: 5 },
  'a window that never begins': { window: { start: 'never', end: 'never' } },
};
let server: RedisServer;
let count = 0;

beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

describe.each<[string, () => MaintenanceRootOptions]>([
  ['in memory', () => ({})],
  ['in Redis', () => ({ redis: server.url, namespace: `n${count}` })],
])('the history %s', (_name, store) => {
  const start = (options: MaintenanceRootOptions = {}) => {
    count++;
    return startService({ ...store(), ...options });
  };

  it('records each change once: who made it, why and how, and the state before', async () => {
    await using app = await start();
    const { service } = app;
    expect(await service.getHistory()).toEqual([]);
    const end = new Date(Date.now() + HOUR);
    const on = await service.setMaintenance(true, KEY, {
      until: end,
      message: 'A',
      reason: 'disk',
      actor: 'ada',
    });
    await service.setMaintenance(true, KEY, { message: { '': 'B', de: 'C' }, actor: 'bob' });
    await service.maintain(KEY, () => undefined, { reason: 'job', drain: false });
    await service.setMaintenance(false, KEY, { actor: 'cid' });
    // nothing to write, nothing to note
    await service.setMaintenance(false, KEY);
    await service.setMaintenance(true, 'general', { reason: 'other' });
    await service.unsetMaintenance('general');
    const history = await service.getHistory({ key: KEY });
    expect(history.map(briefly).toReversed()).toEqual([
      { event: 'entering', way: 'code', cause: 'set', from: false, to: true, actor: 'ada', reason: 'disk' },
      { event: 'changed', way: 'code', cause: 'set', from: true, to: true, actor: 'bob', reason: 'disk' },
      { event: 'changed', way: 'code', cause: 'maintain', from: true, to: true, actor: null, reason: 'job' },
      { event: 'changed', way: 'code', cause: 'release', from: true, to: true, actor: null, reason: 'job' },
      { event: 'exiting', way: 'code', cause: 'set', from: true, to: false, actor: 'cid', reason: null },
    ]);
    expect(history.at(-1)).toMatchObject({
      key: KEY,
      message: 'A',
      until: end,
      endsAt: end,
      at: on.at,
      revision: on.revision,
      switched: true,
      previous: { message: null, reason: null, until: null, endsAt: null, switched: false },
    });
    expect(history.at(-2)).toMatchObject({
      message: 'B',
      messages: { '': 'B', de: 'C' },
      previous: { message: 'A', reason: 'disk', until: end, endsAt: end, switched: true },
    });
    expect(new Set(history.map(({ id }) => id)).size).toBe(5);
    const all = await service.getHistory();
    expect(all).toHaveLength(7);
    expect(all.slice(0, 2).map(({ cause }) => cause)).toEqual(['unset', 'set']);
    expect(await service.getHistory({ limit: 3 })).toEqual(all.slice(0, 3));
    expect(await service.getHistory({ since: new Date(Date.now() + 1_000) })).toEqual([]);
    expect(await service.getHistory({ since: on.at })).toHaveLength(7);
  });

  it('records what happened by itself, even after a later change', async () => {
    await using app = await start();
    const { service } = app;
    await service.setMaintenance(true, KEY, { timeout: 200, reason: 'short' });
    await until(() => !app.isOn(KEY));
    const expired = { event: 'exiting', way: 'expiry', cause: 'expiry', reason: 'short' };
    const [entry] = await service.getHistory();
    expect(entry).toMatchObject(expired);
    await service.setMaintenance(true, KEY, { reason: 'again' });
    const history = await service.getHistory();
    expect(history.map(({ way }) => way)).toEqual(['code', 'expiry', 'code']);
    expect(history[1]).toMatchObject({ ...expired, id: entry?.id, at: entry?.at });
  });

  it('records windows: planned, begun, ended, cancelled', async () => {
    await using app = await start();
    const { service } = app;
    const other = await service.scheduleWindow('general', {
      start: new Date(Date.now() + HOUR),
      duration: HOUR,
      repeat: { cron: '0 2 * * *', timeZone: 'UTC' },
    });
    await service.cancelWindow(other.id, { reason: 'not needed', actor: 'bob' });
    const from = Date.now() + 2_000;
    await service.scheduleWindow(KEY, { start: new Date(from), duration: 1_500, actor: 'ada' });
    await until(() => app.changes.some(({ key, to }) => key === KEY && !to), { timeout: 10_000 });
    const history = await service.getHistory();
    expect(history.map(({ event, way, key, actor }) => [event, way, key, actor]).toReversed()).toEqual([
      ['scheduled', 'code', 'general', null],
      ['cancelled', 'code', 'general', 'bob'],
      ['scheduled', 'code', KEY, 'ada'],
      ['entering', 'window', KEY, 'ada'],
      ['exiting', 'window', KEY, 'ada'],
    ]);
    expect(history[3]).toMatchObject({ reason: 'not needed', window: { id: other.id } });
    expect(history[0]?.at).toEqual(new Date(from + 1_500));
  });

  it('records planned windows before and after a change', async () => {
    const told: MaintenanceHistoryEntry[] = [];
    await using app = await start({ history: { sink: (entry) => told.push(entry) } });
    const { service } = app;
    const at = Math.ceil(Date.now() / DAY) * DAY + DAY;
    const texts = { '': 'Tonight', de: 'Heute Nacht' };
    const planned = await service.scheduleWindow(KEY, {
      start: new Date(at),
      duration: HOUR,
      repeat: { cron: '0 0 * * *', timeZone: 'UTC' },
      announcement: texts,
      message: texts,
      actor: 'ada',
    });
    const changed = await service.updateWindow(planned.id, { readOnly: MINUTE, message: null, actor: 'bob' });
    await service.cancelWindow(planned.id, { occurrence: planned.start });
    const [later] = service.getWindows();
    await service.cancelWindow(planned.id);
    const now = await service.scheduleWindow(KEY, { start: new Date(Date.now() - HOUR), duration: 2 * HOUR });
    await service.setMaintenance(false, KEY);
    await service.setMaintenance(true, KEY);
    const history = await service.getHistory();
    const values = history.map(({ event, planned: after, previous: { planned: before } }) => [
      event,
      before,
      after,
    ]);
    expect(values.toReversed()).toEqual([
      ['scheduled', null, planned],
      ['scheduled', planned, changed],
      ['cancelled', changed, later],
      ['cancelled', later, null],
      ['scheduled', null, now],
      ['exiting', now, null],
      ['entering', undefined, undefined],
    ]);
    expect(later).toMatchObject({ cancelled: [planned.start], announcements: texts });
    expect(later!.start.getTime()).toBe(at + DAY);
    expect(history[1]).toMatchObject({ cause: 'set', window: { id: now.id, start: now.start } });
    expect(told.toReversed()).toEqual(history);
    for (const entry of history) {
      expect(Object.keys(entry)).not.toEqual(expect.arrayContaining(['windowBefore']));
    }
  });

  it('is sent to the sink, each entry once; an error of the sink is logged and stops nothing', async () => {
    const told: MaintenanceHistoryEntry[] = [];
    await using app = await start({
      history: {
        sink: (entry) => {
          told.push(entry);
          throw new Error('disk full');
        },
      },
    });
    const { service } = app;
    await service.setMaintenance(true, KEY, { timeout: 200 });
    await until(() => told.length === 2);
    await service.setMaintenance(true, KEY);
    await service.setMaintenance(false, KEY);
    expect(told.map(({ event, way }) => [event, way])).toEqual([
      ['entering', 'code'],
      ['exiting', 'expiry'],
      ['entering', 'code'],
      ['exiting', 'code'],
    ]);
    expect(told.toReversed()).toEqual(await service.getHistory());
    expect(app.logged('The option "history.sink" failed; the entry is still in the history: disk full')).toBe(
      1,
    );
  });

  it('is as long as the option says', async () => {
    await using app = await start({ history: { keep: 2 } });
    for (const reason of ['a', 'b', 'c']) {
      await app.service.setMaintenance(true, KEY, { reason });
    }
    expect((await app.service.getHistory()).map(({ reason }) => reason)).toEqual(['c', 'b']);
    await using none = await start({ history: { keep: 0 } });
    await none.service.setMaintenance(true, KEY);
    expect(await none.service.getHistory()).toEqual([]);
  });

  it('refuses invalid queries', async () => {
    await using app = await start();
    await expect(app.service.getHistory({ key: 'biling' })).rejects.toThrow('biling');
    await expect(app.service.getHistory({ since: 'today' as never })).rejects.toThrow(
      '"since" received "today"; accepted: a Date',
    );
    await expect(app.service.getHistory({ limit: 0 })).rejects.toThrow('"limit" received 0');
    await expect(app.service.getHistory({ limits: 1 } as never)).rejects.toThrow('Unknown option "limits"');
  });
});

it('is the same for all processes on Redis, and outlives them', async () => {
  const namespace = 'shared';
  const redis = { redis: server.url, namespace };
  await using other = await startService(redis);
  {
    await using one = await startService(redis);
    await one.service.setMaintenance(true, KEY, { reason: 'one' });
  }
  await other.service.setMaintenance(false, KEY, { reason: 'other' });
  expect((await other.service.getHistory()).map(({ reason }) => reason)).toEqual(['other', 'one']);
});

it('loses and repeats nothing when many write at once', async () => {
  const redis = { redis: server.url, namespace: 'crowd', commandTimeout: 5 * COMMAND_TIMEOUT };
  await using one = await startService(redis);
  await using two = await startService(redis);
  const changes = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      (i % 2 ? one : two).service.setMaintenance(true, i % 4 < 2 ? KEY : 'general', { reason: `r${i}` }),
    ),
  );
  const history = await one.service.getHistory({ limit: 1_000 });
  const name = ({ key, revision, reason }: { key: string; revision: number; reason: string | null }) =>
    `${key} ${revision} ${reason}`;
  expect(history.map(name).sort()).toEqual(changes.map(name).sort());
});

describe('the ways of changes', () => {
  it('are the admin API and the command line, and code for changes by hooks', async () => {
    @Injectable()
    class Hooks {
      constructor(private readonly service: MaintenanceService) {}
      @OnMaintenance('entering', 'checkout')
      async also(): Promise<void> {
        await this.service.setMaintenance(true, KEY);
      }
    }
    await using app = await createFastifyApp({ imports: [adminModule()], providers: [Hooks] });
    const put = (headers = {}) =>
      as(ALL, app.port, '/maintenance/keys/checkout', {
        method: 'PUT',
        json: { mode: true },
        headers: { 'x-user': 'ada', ...headers },
      });
    await put();
    await put({ 'x-maintenance-client': 'cli' });
    const history = await app.app.get(MaintenanceService).getHistory();
    expect(history.map(({ key, way, actor }) => [key, way, actor])).toEqual([
      ['checkout', 'cli', 'ada'],
      [KEY, 'code', null],
      ['checkout', 'admin', 'ada'],
    ]);
  });
});

describe.each(adapters)('the history by the admin API on %s', (_name, createApp) => {
  it('needs see_info, and is filtered by key, time and number', async () => {
    await using app = await createApp({ imports: [adminModule()] });
    const service = app.app.get(MaintenanceService);
    await service.setMaintenance(true, 'checkout', { reason: 'a' });
    await service.setMaintenance(true, KEY, { reason: 'b' });
    const get = (query: string, may = 'see_info') => as(may, app.port, `/maintenance/history${query}`);
    expect((await get('', 'toggle_maintenance_mode,see_menu_item')).status).toBe(403);
    const all = await get('');
    expect(all.status).toBe(200);
    expect(all.headers['cache-control']).toContain('no-store');
    expect(all.json()).toMatchObject([
      { key: KEY, reason: 'b', way: 'code', event: 'entering', at: expect.stringMatching(/Z$/) },
      { key: 'checkout', reason: 'a' },
    ]);
    expect((await get('?key=checkout')).json()).toMatchObject([{ key: 'checkout' }]);
    expect((await get('?limit=1')).json()).toHaveLength(1);
    expect((await get('?since=2031-01-01T00:00:00Z')).json()).toEqual([]);
    expect((await get('?key=nope')).status).toBe(404);
    for (const query of ['?limit=0', '?limit=x', '?limit=1000000', '?limit=1&limit=2', '?since=today']) {
      expect((await get(query)).status, query).toBe(400);
    }
  });

  it.each(Object.entries(UNREADABLE))(
    'and the page show the rest beside one with %s',
    async (_what, spoil) => {
      const namespace = `odd${++count}`;
      await using app = await createApp({ imports: [adminModule({ redis: server.url, namespace })] });
      await app.app.get(MaintenanceService).setMaintenance(true, KEY, { timeout: HOUR, reason: 'readable' });
      const stream = `${namespace}:{${namespace}}:history`;
      const redis = server.client();
      const [[, fields = []] = []] = await redis.xrange(stream, '-', '+');
      const at = fields.indexOf('entry') + 1;
      const entry = JSON.parse(fields[at] ?? '') as Record<string, unknown>;
      const odd = JSON.stringify({ ...entry, id: 'odd', reason: 'odd', ...spoil });
      await redis.xadd(stream, '*', ...fields.with(at, odd));
      const answers = await Promise.all(
        ['admin/state', 'history'].map((path) => as(ALL, app.port, `/maintenance/${path}`)),
      );
      expect(answers.map(({ status }) => status)).toEqual([200, 200]);
      const [state, history] = answers.map((answer) => answer.json());
      expect((state as { history: unknown }).history).toMatchObject([{ reason: 'readable' }]);
      expect(history).toMatchObject([{ reason: 'readable' }]);
    },
  );
});
