import { Controller, Get, Param } from '@nestjs/common';
import { MaintenanceService, type MaintenanceQuiet, type MaintenanceReplica } from 'nestjs-maintenance';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { adapters, createExpressApp, type RunningApp } from '../support/apps.js';
import { Child } from '../support/child.js';
import { Gates } from '../support/gates.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { adminModule, ALL, as } from './operators.js';

let gates = new Gates();

@Controller('wait')
class WaitController {
  @Get(':gate')
  wait(@Param('gate') gate: string): Promise<string> {
    return gates.pass(gate);
  }
}

interface Drained {
  value: boolean;
  quiet?: boolean;
  running?: { route: string; since: string; host?: string; pid?: number }[];
  replicas?: unknown[];
}

beforeEach(() => (gates = new Gates()));

describe.each(adapters)('the quiet endpoint on %s', (_name, createApp) => {
  let running: RunningApp;
  let waiting: Promise<unknown>;

  beforeEach(async () => {
    running = await createApp({ imports: [adminModule()], controllers: [WaitController] });
    waiting = request(running.port, '/wait/a');
    await until(() => gates.begun.includes('a'));
  });
  afterEach(async () => {
    gates.open('a');
    await waiting;
    await running.close();
  });

  const change = async (method: 'PUT' | 'PATCH', json: object, may = ALL) =>
    (await as(may, running.port, '/maintenance/keys/general', { method, json })).json<Drained>();
  const quiet = async () =>
    (await as(ALL, running.port, '/maintenance/keys/general/quiet')).json<MaintenanceQuiet>();
  const isOn = () => running.app.get(MaintenanceService).isActive();

  it('reports what is still running, and since when it is quiet', async () => {
    expect(await quiet()).toMatchObject({ quiet: false, since: null });
    await change('PUT', { mode: true });
    const before = await quiet();
    expect(before).toMatchObject({ quiet: false, since: null });
    expect(before.replicas).toMatchObject([
      {
        pid: process.pid,
        applied: true,
        silent: false,
        running: [{ route: expect.stringContaining('/wait/:gate') }],
      },
    ]);
    gates.open('a');
    await waiting;
    const after = await until(async () => {
      const now = await quiet();
      return now.quiet ? now : undefined;
    });
    expect(Date.parse(String(after.since))).toBeLessThanOrEqual(Date.now());
    expect(after.replicas).toMatchObject([{ running: [] }]);
  });

  it('answers a change with "drain" as soon as it is quiet, with the key in maintenance', async () => {
    const answer = change('PUT', { mode: true, drain: 20_000, message: 'Back soon' });
    await until(isOn);
    gates.open('a');
    expect(await answer).toMatchObject({ value: true, message: 'Back soon', quiet: true, running: [] });
  });

  it('answers with what is still running when the time is up, and leaves the switch on', async () => {
    const late = await change('PUT', { mode: true, drain: 50 });
    expect(late).toMatchObject({
      value: true,
      quiet: false,
      running: [{ route: expect.stringContaining('/wait/:gate') as string, pid: process.pid }],
    });
    expect(late.replicas).toHaveLength(1);
    expect(isOn()).toBe(true);
    // only the route for those who may not see where it runs
    const stranger = await change('PATCH', { drain: 0, message: 'x' }, 'toggle_maintenance_mode');
    expect(stranger.quiet).toBe(false);
    expect(Object.keys(stranger.running![0]!).sort()).toEqual(['route', 'since']);
    expect(stranger.replicas).toBeUndefined();
  });

  it('waits without changing anything if only "drain" is given', async () => {
    const off = await as(ALL, running.port, '/maintenance/keys/general', {
      method: 'PATCH',
      json: { drain: 0 },
    });
    expect(off.status).toBe(409);
    expect(off.json()).toMatchObject({ message: expect.stringContaining('is not in maintenance') as string });
    await change('PUT', { mode: true });
    const changes: unknown[] = [];
    running.app.get(MaintenanceService).changes.subscribe((event) => changes.push(event));
    const answer = change('PATCH', { drain: 20_000 });
    gates.open('a');
    expect(await answer).toMatchObject({ value: true, quiet: true });
    expect(changes).toEqual([]);
  });

  it('does not wait if there is nothing to wait for', async () => {
    await change('PUT', { mode: true });
    const off = await change('PUT', { mode: false, drain: 20_000 });
    expect(off).toMatchObject({ value: false });
    expect(off.quiet).toBeUndefined();
  });

  it('answers only for existing keys, and only callers who may see them', async () => {
    expect((await as(ALL, running.port, '/maintenance/keys/nope/quiet')).status).toBe(404);
    for (const path of ['keys/general/quiet', 'replicas']) {
      expect((await as('toggle_maintenance_mode', running.port, `/maintenance/${path}`)).status).toBe(403);
    }
  });
});

describe('replicas, with Redis', () => {
  it('are listed, and a silent one is forgotten on request', async () => {
    const redis = await RedisServer.start();
    try {
      const module = adminModule({ redis: redis.url, lease: 3_000, presumedDead: 600_000 });
      await using running = await createExpressApp({ imports: [module] });
      await using other = await Child.start<{ id: string }>('replica', {
        env: { REDIS_URL: redis.url },
        timeout: 60_000,
      });
      const { id } = other.facts;
      const replicas = async () =>
        (await as(ALL, running.port, '/maintenance/replicas')).json<MaintenanceReplica[]>();
      const forget = (name: string, headers: Record<string, string> = {}, may = ALL) =>
        as(may, running.port, `/maintenance/replicas/${name}`, { method: 'DELETE', headers });
      expect((await replicas()).map((replica) => replica.id).sort()).toContain(id);
      expect((await replicas()).find((replica) => replica.id === id)).toMatchObject({
        pid: other.pid,
        silent: false,
        inFlight: 0,
        host: expect.any(String) as string,
      });

      expect((await forget(id, {}, 'see_info')).status).toBe(403);
      expect((await forget(id, { origin: 'https://evil.example' })).status).toBe(403);
      const alive = await forget(id);
      expect(alive.status).toBe(409);
      expect(alive.json()).toMatchObject({ message: expect.stringContaining('is not silent') as string });
      const nobody = await forget('nobody');
      expect(nobody.status).toBe(404);
      expect(nobody.json()).toMatchObject({ message: 'There is no replica "nobody".' });

      other.signal('SIGSTOP');
      await until(async () => (await replicas()).some((replica) => replica.id === id && replica.silent), {
        timeout: 15_000,
      });
      const gone = await forget(id);
      expect(gone.status).toBe(200);
      expect(gone.json()).toEqual({ id, forgotten: true });
      expect((await replicas()).some((replica) => replica.id === id)).toBe(false);
      other.signal('SIGCONT');
    } finally {
      await redis.stop();
    }
  });
});
