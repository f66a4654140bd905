import { Injectable } from '@nestjs/common';
import {
  DAY,
  HOUR,
  MINUTE,
  MaintenanceService,
  OnMaintenance,
  type MaintenanceHistoryEntry,
  type MaintenanceWindow,
} from 'nestjs-maintenance';
import { describe, expect, it, vi } from 'vitest';
import { adapters, type RunningApp } from '../support/apps.js';
import { until } from '../support/until.js';
import { adminModule, ALL, as } from './operators.js';

const TEXTS = { '': 'Tonight', de: 'Heute Nacht' };
const soon = (ms: number): Date => new Date(Date.now() + ms);
const serviceOf = ({ app }: RunningApp) => app.get(MaintenanceService);

interface Shown {
  readonly history: readonly { id: string; event: string; undo: object | null }[];
}

/** What the admin page shows, the newest first. */
const shown = async ({ port }: RunningApp) =>
  (await as(ALL, port, '/maintenance/admin/state')).json<Shown>().history;

const undo = (app: RunningApp, id: string, may = ALL, headers = {}) =>
  as(may, app.port, `/maintenance/admin/undo/${encodeURIComponent(id)}`, {
    method: 'POST',
    headers: { 'x-user': 'Ada', ...headers },
  });

async function undoLast(app: RunningApp, what: string): Promise<void> {
  const [last] = await shown(app);
  expect(last?.undo).toEqual({ window: what });
  const answer = await undo(app, last!.id);
  expect(answer.status, answer.text).toBe(200);
}

/** What a window is, but for who has touched it last. */
const planOf = ({ revision: _r, actor: _a, ...plan }: MaintenanceWindow) => plan;

describe.each(adapters)('undoing a change of a window on %s', (_name, createApp) => {
  it('restores it, and can be undone as well', async () => {
    const sink = vi.fn<(entry: MaintenanceHistoryEntry) => void>();
    await using app = await createApp({ imports: [adminModule({ history: { sink } })] });
    const service = serviceOf(app);
    const planned = await service.scheduleWindow('checkout', {
      start: soon(HOUR),
      duration: HOUR,
      repeat: { cron: '0 3 * * *', timeZone: 'Asia/Kathmandu', count: 4 },
      announcement: TEXTS,
      message: 'Back at four',
      reason: 'disk',
    });
    const now = () => service.getWindows().map(planOf);
    const whole = [planOf(planned)];

    await service.updateWindow(planned.id, { duration: 2 * HOUR, message: null, repeat: null });
    expect(now()).not.toEqual(whole);
    await undoLast(app, 'restore');
    expect(now()).toEqual(whole);
    expect(service.getWindows()).toMatchObject([{ id: planned.id, revision: 3, actor: 'Ada' }]);

    await service.cancelWindow(planned.id, { occurrence: planned.start });
    expect(now()[0]!.start > planned.start).toBe(true);
    await undoLast(app, 'restore');
    expect(now()).toEqual(whole);

    await service.cancelWindow(planned.id);
    expect(now()).toEqual([]);
    await undoLast(app, 'restore');
    expect(now()).toEqual(whole);
    // four, and not four more
    const starts = service.getWindows({ from: new Date(planned.start.getTime() + 5 * 24 * HOUR) });
    expect(starts).toEqual([]);

    await undoLast(app, 'cancel');
    expect(now()).toEqual([]);
    const entries = await service.getHistory();
    for (const entry of [...entries, ...sink.mock.calls.map(([told]) => told)]) {
      expect(entry).not.toHaveProperty('windowBefore');
      expect(entry).not.toHaveProperty('windowAfter');
    }
    expect(entries[0]).toMatchObject({ event: 'cancelled', way: 'admin', actor: 'Ada' });
  });

  it('cancels a new window, and restarts one that was ended early', async () => {
    await using app = await createApp({ imports: [adminModule()] });
    const service = serviceOf(app);
    await service.scheduleWindow('checkout', { start: soon(HOUR), duration: HOUR });
    await undoLast(app, 'cancel');
    expect(service.getWindows()).toEqual([]);
    const { id } = await service.scheduleWindow('checkout', { start: soon(-HOUR), duration: 2 * HOUR });
    expect(service.isActive('checkout')).toBe(true);
    await service.cancelWindow(id);
    expect(service.isActive('checkout')).toBe(false);
    await undoLast(app, 'restore');
    expect(service.isActive('checkout')).toBe(true);
  });

  it('restores one whose only occurrence was cancelled', async () => {
    await using app = await createApp({ imports: [adminModule()] });
    const service = serviceOf(app);
    const planned = await service.scheduleWindow('checkout', { start: soon(HOUR), duration: HOUR });
    await service.cancelWindow(planned.id, { occurrence: planned.start });
    expect(service.getWindows()).toEqual([]);
    await undoLast(app, 'restore');
    expect(service.getWindows().map(planOf)).toEqual([planOf(planned)]);
  });

  it('is done once, however many ask for it at once', async () => {
    await using app = await createApp({ imports: [adminModule()] });
    const service = serviceOf(app);
    const { id } = await service.scheduleWindow('checkout', { start: soon(HOUR), duration: HOUR });
    await service.cancelWindow(id);
    const [last] = await shown(app);
    const answers = await Promise.all([1, 2, 3].map(() => undo(app, last!.id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    expect(service.getWindows()).toHaveLength(1);
  });

  it.each([
    ['turned off', (service: MaintenanceService) => service.setMaintenance(false, 'checkout')],
    ['unset', (service: MaintenanceService) => service.unsetMaintenance('checkout')],
  ])('restarts one that was %s, with the switch that belonged to it', async (_how, end) => {
    const hooked: string[] = [];
    @Injectable()
    class Hooks {
      @OnMaintenance('entering')
      entering(): void {
        hooked.push('entering');
      }
      @OnMaintenance('exiting')
      exiting(): void {
        hooked.push('exiting');
      }
    }
    await using app = await createApp({ imports: [adminModule()], providers: [Hooks] });
    const service = serviceOf(app);
    const data = async () => (await service.getKeyData())['checkout'];
    const start = new Date(Math.floor(Date.now() / MINUTE) * MINUTE);
    const planned = await service.scheduleWindow('checkout', {
      start,
      duration: 2 * HOUR,
      repeat: { cron: `${start.getUTCMinutes()} ${start.getUTCHours()} * * *`, timeZone: 'UTC' },
      message: 'Moving',
      reopenOver: HOUR,
    });
    await until(() => hooked.length === 1);
    const alone = await data();
    await end(service);
    expect(service.isActive('checkout')).toBe(false);
    await undoLast(app, 'restore');
    expect(await data()).toEqual({ ...alone, actor: 'Ada' });
    expect(service.getWindows().map(planOf)).toEqual([planOf(planned)]);
    expect(hooked).toEqual(['entering', 'exiting', 'entering']);

    await service.setMaintenance(true, 'checkout', { message: TEXTS, reason: 'disk', timeout: DAY });
    const both = await data();
    await end(service);
    expect(service.isActive('checkout')).toBe(false);
    await undoLast(app, 'restore');
    expect(await data()).toEqual(both);
    // what was undone can be undone
    await undoLast(app, 'restore');
    expect((await data())?.value).toBe(true);
  });

  it('is refused after a later change, and to those who may not change the key', async () => {
    await using app = await createApp({ imports: [adminModule()] });
    const service = serviceOf(app);
    await service.scheduleWindow('checkout', { start: soon(HOUR), duration: HOUR });
    const [first] = await shown(app);
    for (const may of ['', 'see_menu_item,see_info']) {
      expect((await undo(app, first!.id, may)).status).toBe(403);
    }
    const foreign = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
    expect((await undo(app, first!.id, ALL, foreign)).status).toBe(403);
    expect((await undo(app, 'nothing')).status).toBe(404);
    await service.setMaintenance(true, 'checkout');
    expect((await undo(app, first!.id)).status).toBe(409);
    const [last] = await shown(app);
    // a switch is taken back by a change of its key
    expect((await undo(app, last!.id)).status).toBe(409);
    expect(service.getWindows()).toHaveLength(1);
  });
});

it.each(adapters)(
  'undoing a change of a switch beside a job restores its own end on %s',
  async (_name, createApp) => {
    await using app = await createApp({ imports: [adminModule()] });
    const service = serviceOf(app);
    const end = soon(HOUR);
    await service.setMaintenance(true, 'checkout', { until: end, reason: 'disk' });
    const job = await service.maintain('checkout', { drain: false, message: 'Moving', timeout: 0 });
    await service.setMaintenance(true, 'checkout', { until: soon(2 * HOUR), message: 'Later' });
    const [last] = await shown(app);
    const body = JSON.stringify(last!.undo);
    const headers = { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };
    const answer = await as(ALL, app.port, '/maintenance/keys/checkout', { method: 'PATCH', headers, body });
    expect(answer.status, answer.text).toBe(200);
    await job.leave();
    expect((await service.getKeyData())['checkout']).toMatchObject({
      value: true,
      until: end.toISOString(),
      message: null,
      reason: 'disk',
    });
  },
);
