import { createCache } from 'cache-manager';
import { Keyv } from 'keyv';
import {
  DAY,
  HOUR,
  MaintenanceConflictError,
  MINUTE,
  UnknownMaintenanceKeyError,
  UnknownMaintenanceWindowError,
  type MaintenanceRootOptions,
  type MaintenanceWindow,
} from 'nestjs-maintenance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomId } from '../../lib/core/document/codec.js';
import { startService, type Running } from '../state/service.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

const KEY = 'import-export';
let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterAll(() => server.stop());

const shared = (): MaintenanceRootOptions => ({
  cache: createCache({ stores: [new Keyv({ store: new Map() })] }),
});
const STORES: [string, () => MaintenanceRootOptions][] = [
  ['memory', () => ({})],
  ['a shared cache', shared],
  ['Redis', () => ({ redis: server.url, namespace: `n${randomId()}` })],
];
const soon = (ms: number): Date => new Date(Date.now() + ms);
const ahead = { start: soon(HOUR), duration: HOUR };
const causes = (app: Running) => app.changes.map(({ cause, from, to }) => [cause, from, to]);

describe.each(STORES)('planned windows in %s', (_name, options) => {
  it('begin and end by themselves, on time', async () => {
    await using app = await startService(options());
    const { service } = app;
    const window = await service.scheduleWindow(KEY, {
      start: soon(2_000),
      duration: 2_000,
      message: 'Moving',
      reason: 'disk',
      actor: 'ada',
    });
    expect(window).toMatchObject({
      key: KEY,
      duration: 2_000,
      announce: HOUR,
      message: 'Moving',
      revision: 1,
    });
    expect([app.isOn(KEY), service.getWindows()]).toEqual([false, [window]]);
    expect((await service.getKeyData())[KEY]).toMatchObject({ value: false, phase: 'announced' });
    await until(() => app.isOn(KEY));
    expect(Date.now() - window.start.getTime()).toBeLessThan(2_000);
    expect((await service.getKeyData())[KEY]).toMatchObject({
      value: true,
      phase: 'closed',
      since: window.start.toISOString(),
      until: window.end.toISOString(),
      endsAt: window.end.toISOString(),
      message: 'Moving',
      reason: 'disk',
      actor: 'ada',
    });
    expect((await request(app.port, '/page')).status).toBe(503);
    await until(() => !app.isOn(KEY));
    expect(Date.now() - window.end.getTime()).toBeLessThan(2_000);
    expect(service.getWindows()).toEqual([]);
    expect(causes(app)).toEqual([
      ['window', false, true],
      ['window', true, false],
    ]);
    expect(app.changes.map(({ at }) => at)).toEqual([window.start, window.end]);
    expect(app.changes.map(({ until }) => until)).toEqual([window.end, null]);
    expect(app.changes[0]).toMatchObject({ message: 'Moving', reason: 'disk', actor: 'ada' });
  });

  it('say when they end, to the second', async () => {
    await using app = await startService(options());
    const { end } = await app.service.scheduleWindow(KEY, {
      start: soon(-1_000),
      duration: 90_500,
      message: 'Moving',
    });
    const left = (): number => (end.getTime() - Date.now()) / 1_000;
    const before = left();
    const answer = await request(app.port, '/page');
    const after = left();
    expect(answer.status).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(after - 1);
    expect(Number(answer.headers['retry-after'])).toBeLessThan(before + 1);
    expect(answer.text).toContain('Moving');
  });

  it('say when the key opens, if another window of it begins at their end or before that of its switch', async () => {
    await using app = await startService(options());
    const { service } = app;
    const first = await service.scheduleWindow(KEY, { start: soon(-1_000), duration: HOUR });
    const second = await service.scheduleWindow(KEY, { start: first.end, duration: HOUR, announce: false });
    const ends = async () => {
      const { until, endsAt } = (await service.getKeyData())[KEY]!;
      return [until, endsAt];
    };
    expect(await ends()).toEqual([second.end.toISOString(), second.end.toISOString()]);
    const refused = await request(app.port, '/page');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(7_000);
    await service.setMaintenance(false, KEY);
    await service.setMaintenance(true, KEY, { until: new Date(second.start.getTime() + MINUTE) });
    expect(await ends()).toEqual([second.end.toISOString(), second.end.toISOString()]);
    await service.cancelWindow(second.id);
    expect((await ends())[0]).toBe(new Date(second.start.getTime() + MINUTE).toISOString());
  });

  it('end for this occurrence with setMaintenance(false), unsetMaintenance() and cancelWindow()', async () => {
    await using app = await startService(options());
    const { service } = app;
    const ways: ((window: MaintenanceWindow) => Promise<unknown>)[] = [
      () => service.setMaintenance(false, KEY),
      () => service.unsetMaintenance(KEY),
      ({ id, start }) => service.cancelWindow(id, { occurrence: start }),
    ];
    // one that is on, and comes again in a day
    const start = new Date(Math.floor(Date.now() / MINUTE) * MINUTE);
    const daily = `${start.getUTCMinutes()} ${start.getUTCHours()} * * *`;
    for (const end of ways) {
      const repeat = { cron: daily, timeZone: 'UTC' };
      const { id } = await service.scheduleWindow(KEY, { start, duration: 20 * HOUR, repeat });
      expect(app.isOn(KEY)).toBe(true);
      const [window] = service.getWindows({ key: KEY });
      await end(window!);
      expect(app.isOn(KEY)).toBe(false);
      expect(service.getWindows()).toMatchObject([{ id, repeat }]);
      expect(service.getWindows()[0]!.start.getTime()).toBe(window!.start.getTime() + DAY);
      await service.cancelWindow(id);
    }
    // one that comes again soon
    const repeat = { cron: '*/3 * * * * *', timeZone: 'UTC' };
    const { id } = await service.scheduleWindow(KEY, { start: soon(0), duration: 2_900, repeat });
    await until(() => app.isOn(KEY));
    await service.setMaintenance(false, KEY);
    await until(() => app.isOn(KEY));
    await service.cancelWindow(id);
    expect([app.isOn(KEY), service.getWindows()]).toEqual([false, []]);
    expect(causes(app)).toEqual([
      ['window', false, true],
      ['set', true, false],
      ['window', false, true],
      ['unset', true, false],
      ['window', false, true],
      ['window', true, false],
      ['window', false, true],
      ['set', true, false],
      ['window', false, true],
      ['window', true, false],
    ]);
  });

  it('do not affect switch and holds, and are not affected by them', async () => {
    await using app = await startService(options());
    const { service } = app;
    await service.setMaintenance(true, KEY, { reason: 'switch' });
    const window = await service.scheduleWindow(KEY, {
      start: soon(2_000),
      duration: 2_000,
      message: 'Moving',
    });
    await until(() => app.changes.length === 3);
    expect((await service.getKeyData())[KEY]).toMatchObject({
      message: 'Moving',
      reason: 'switch',
      until: null,
    });
    await until(() => service.getWindows().length === 0);
    expect(app.isOn(KEY)).toBe(true);
    await until(() => app.changes.length === 4);
    expect(causes(app)).toEqual([
      ['set', false, true],
      ['window', true, true],
      ['window', true, true],
      ['window', true, true],
    ]);
    expect(app.changes[3]!.at).toEqual(window.end);
    await service.scheduleWindow(KEY, { start: soon(0), duration: HOUR });
    const change = await service.setMaintenance(false, KEY);
    expect([change.to, app.isOn(KEY)]).toEqual([false, false]);
    await service.scheduleWindow(KEY, { start: soon(0), duration: HOUR });
    await service.maintain(KEY, async () => {
      expect((await service.setMaintenance(false, KEY)).to).toBe(true);
    });
    expect(app.isOn(KEY)).toBe(false);
  });

  it('are changed with ifRevision, even while they are on, only if they are unchanged', async () => {
    await using app = await startService(options());
    const { service } = app;
    const { id } = await service.scheduleWindow(KEY, { start: soon(0), duration: HOUR, message: 'one' });
    const changed = await service.updateWindow(id, { duration: 2 * HOUR, ifRevision: 1, message: 'two' });
    expect(changed).toMatchObject({ id, revision: 2, duration: 2 * HOUR });
    expect((await service.getKeyData())[KEY]).toMatchObject({
      message: 'two',
      until: changed.end.toISOString(),
    });
    expect(app.changes.at(-1)).toMatchObject({ cause: 'window', from: true, to: true, extended: true });
    await expect(service.updateWindow(id, { ifRevision: 1, message: 'no' })).rejects.toThrow(
      MaintenanceConflictError,
    );
    await expect(service.cancelWindow(id, { ifRevision: 1 })).rejects.toThrow(MaintenanceConflictError);
    await expect(service.cancelWindow(id, { ifRevision: null as never })).rejects.toThrow(
      '"ifRevision" received null; accepted: the revision of the window',
    );
    await service.updateWindow(id, { start: soon(HOUR) });
    expect(app.isOn(KEY)).toBe(false);
    expect(service.getWindows({ from: soon(4 * HOUR) })).toEqual([]);
    expect(service.getWindows({ until: soon(HOUR / 2) })).toEqual([]);
    expect(service.getWindows({ key: 'general' })).toEqual([]);
    await service.cancelWindow(id, { ifRevision: 3 });
    expect(service.getWindows()).toEqual([]);
  });

  it('are not written, nor told to anybody, if a change leaves them as they are', async () => {
    await using app = await startService(options());
    const { service } = app;
    const repeat = { cron: '0 0 * * *', timeZone: 'Europe/Berlin', count: 5 };
    const plan = { ...ahead, repeat, message: { '': 'Moving', de: 'Umzug' }, readOnly: 5, actor: 'ada' };
    const window = await service.scheduleWindow(KEY, plan);
    const history = await service.getHistory();
    const same = { message: plan.message, duration: HOUR, announce: HOUR, readOnly: 5, repeat, actor: 'bob' };
    for (const changes of [{}, { message: undefined }, { ifRevision: 1 }, same]) {
      expect(await service.updateWindow(window.id, changes)).toEqual(window);
    }
    expect(await service.getHistory()).toEqual(history);
    expect(service.getWindows()).toEqual([window]);
    await expect(service.updateWindow(window.id, { ifRevision: 2 })).rejects.toThrow(
      MaintenanceConflictError,
    );
    await expect(service.updateWindow(window.id, { duration: 0 })).rejects.toThrow('"duration" received 0');
    const changed = await service.updateWindow(window.id, { ...same, readOnly: 6 });
    expect(changed).toMatchObject({ revision: 2, actor: 'bob' });
  });

  it('are refused if they overlap or are unknown', async () => {
    await using app = await startService(options());
    const { service } = app;
    await service.scheduleWindow(KEY, ahead);
    await expect(service.scheduleWindow(KEY, ahead)).rejects.toThrow(MaintenanceConflictError);
    await service.scheduleWindow('general', ahead);
    await expect(service.scheduleWindow('nobody', ahead)).rejects.toThrow(UnknownMaintenanceKeyError);
    await expect(service.updateWindow('nobody', {})).rejects.toThrow(UnknownMaintenanceWindowError);
    await expect(service.cancelWindow('nobody')).rejects.toThrow('Unknown maintenance window "nobody"');
    await expect(service.scheduleWindow(KEY, { ...ahead, strat: 1 } as never)).rejects.toThrow('"strat"');
    await expect(service.cancelWindow('x', { when: 1 } as never)).rejects.toThrow('"when"');
    expect(() => service.getWindows({ from: 'today' as never })).toThrow('"from" received "today"');
    expect(service.getWindows()).toHaveLength(2);
    expect(causes(app)).toEqual([]);
  });
});

describe.each(STORES.slice(1))('planned windows in %s, seen by several', (_name, options) => {
  it('are written if somebody else has changed what a change would have left as it is', async () => {
    const at = options();
    await using one = await startService(at);
    await using two = await startService(at);
    const { id } = await one.service.scheduleWindow(KEY, { ...ahead, message: 'one' });
    await two.service.updateWindow(id, { message: 'two' });
    expect(await one.service.updateWindow(id, { message: 'one' })).toMatchObject({
      message: 'one',
      revision: 3,
    });
  });

  it('are the same for all replicas that start while they are on', async () => {
    const at = options();
    await using one = await startService(at);
    const window = await one.service.scheduleWindow(KEY, {
      start: soon(-4_000),
      duration: 8_000,
      message: 'Moving',
    });
    await using two = await startService(at);
    expect(two.isOn(KEY)).toBe(true);
    expect(two.service.getWindows()).toEqual([window]);
    await until(() => !two.isOn(KEY) && !one.isOn(KEY), { timeout: 10_000 });
    expect(Date.now() - window.end.getTime()).toBeLessThan(2_000);
    expect(causes(two)).toEqual([['window', true, false]]);
  });
});
