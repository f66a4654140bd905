import { Injectable } from '@nestjs/common';
import {
  HOUR,
  MaintenanceKey,
  MaintenanceVetoError,
  OnMaintenance,
  type MaintenanceChange,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { randomId } from '../../lib/core/document/codec.js';
import { started } from '../module/started.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

const KEY = 'key';
const soon = (ms: number): Date => new Date(Date.now() + ms);
let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
});
afterEach(() => {
  vi.useRealTimers();
});
afterAll(() => server.stop());

@Injectable()
class Hooks {
  readonly heard: [string, MaintenanceChange][] = [];
  act: (event: string) => unknown = () => undefined;

  @OnMaintenance('changing')
  changing(change: MaintenanceChange): unknown {
    return this.hear('changing', change);
  }
  @OnMaintenance('scheduled')
  scheduled(change: MaintenanceChange): unknown {
    return this.hear('scheduled', change);
  }
  @OnMaintenance('announced')
  announced(change: MaintenanceChange): unknown {
    return this.hear('announced', change);
  }
  @OnMaintenance('entering')
  entering(change: MaintenanceChange): unknown {
    return this.hear('entering', change);
  }
  @OnMaintenance('exiting')
  exiting(change: MaintenanceChange): unknown {
    return this.hear('exiting', change);
  }
  @OnMaintenance('overrun')
  overrun(change: MaintenanceChange): unknown {
    return this.hear('overrun', change);
  }
  @OnMaintenance('cancelled')
  cancelled(change: MaintenanceChange): unknown {
    return this.hear('cancelled', change);
  }
  @OnMaintenance('changed')
  changed(change: MaintenanceChange): unknown {
    return this.hear('changed', change);
  }

  private hear(event: string, change: MaintenanceChange): unknown {
    this.heard.push([event, change]);
    return this.act(event);
  }
}

async function site(options: MaintenanceRootOptions = {}) {
  const { app, service, log } = await started(
    { keys: [new MaintenanceKey(KEY)], ...options },
    { providers: [Hooks] },
  );
  const hooks = app.get(Hooks);
  const events = (): string[] => hooks.heard.map(([event]) => event);
  return { app, service, log, hooks, events, [Symbol.asyncDispose]: () => app.close() };
}

it('hooks are called for a window from its planning to its end', async () => {
  vi.useFakeTimers();
  await using at = await site();
  const window = await at.service.scheduleWindow(KEY, {
    start: soon(600),
    duration: 400,
    announce: 300,
    announcement: 'Soon',
    message: 'Now',
    reason: 'why',
    actor: 'ada',
  });
  await vi.advanceTimersByTimeAsync(1_000);
  expect(at.events()).toEqual([
    'changing',
    'scheduled',
    'announced',
    'changed',
    'entering',
    'changed',
    'exiting',
  ]);
  const [changing, scheduled, announced, begun, entering, over, exiting] = at.hooks.heard.map(
    ([, change]) => change,
  );
  const { id, start, end } = window;
  const about = { key: KEY, cause: 'window', window: { id, start, end, message: 'Soon' } };
  const words = { message: 'Now', reason: 'why', actor: 'ada' };
  expect(changing).toMatchObject({
    ...about,
    ...words,
    from: false,
    to: true,
    at: start,
    until: end,
    endsAt: end,
  });
  expect(scheduled).toMatchObject({ ...about, ...words, from: false, to: false });
  expect(announced).toMatchObject({ ...about, from: false, to: false });
  expect(announced!.at).toEqual(new Date(start.getTime() - 300));
  expect(begun).toMatchObject({
    ...words,
    key: KEY,
    cause: 'window',
    from: false,
    to: true,
    at: start,
    until: end,
  });
  expect(entering).toMatchObject({ ...about, ...words, from: false, to: true, at: start, until: end });
  expect(over).toMatchObject({ ...words, key: KEY, cause: 'window', from: true, to: false, at: end });
  expect(exiting).toMatchObject({ ...about, ...words, from: true, to: false, at: end });
});

it('a changing hook refuses a window that is planned or changed, and nothing is written', async () => {
  await using at = await site();
  const options = { start: soon(HOUR), duration: HOUR };
  const { id } = await at.service.scheduleWindow(KEY, options);
  at.hooks.act = (event) => {
    if (event === 'changing') throw new MaintenanceVetoError('not on Fridays');
  };
  await expect(at.service.scheduleWindow(KEY, { ...options, start: soon(3 * HOUR) })).rejects.toThrow(
    'not on Fridays',
  );
  await expect(at.service.updateWindow(id, { duration: 2 * HOUR })).rejects.toThrow('not on Fridays');
  expect(at.service.getWindows()).toMatchObject([{ id, revision: 1, duration: HOUR }]);
  // what is wrong is wrong before anybody is asked
  const asked = at.hooks.heard.length;
  await expect(at.service.scheduleWindow(KEY, options)).rejects.toThrow('overlaps');
  expect(at.hooks.heard).toHaveLength(asked);
});

it('a change that leaves a window as it is asks and calls no hook', async () => {
  await using at = await site();
  const { id } = await at.service.scheduleWindow(KEY, {
    start: soon(HOUR),
    duration: HOUR,
    announce: false,
    message: 'Now',
  });
  const before = at.events();
  await at.service.updateWindow(id, { message: 'Now', actor: 'bob' });
  await at.service.updateWindow(id, {});
  expect(at.events()).toEqual(before);
  await at.service.updateWindow(id, { message: 'Later' });
  expect(at.events()).toEqual([...before, 'changing', 'scheduled']);
});

it('the process that ends a window early calls its hooks of the end, once', async () => {
  vi.useFakeTimers();
  await using at = await site();
  const { id } = await at.service.scheduleWindow(KEY, {
    start: soon(1_000),
    duration: HOUR,
    announce: false,
  });
  await vi.advanceTimersByTimeAsync(1_000);
  await at.service.cancelWindow(id, { reason: 'done', actor: 'ada' });
  expect(at.events()).toEqual([
    'changing',
    'scheduled',
    'changed',
    'entering',
    'changing',
    'changed',
    'exiting',
    'cancelled',
  ]);
  expect(at.hooks.heard.at(-1)![1]).toMatchObject({
    cause: 'window',
    from: true,
    to: false,
    reason: 'done',
    actor: 'ada',
    window: { id },
  });
  await at.service.scheduleWindow(KEY, { start: soon(0), duration: HOUR, announce: false });
  await vi.advanceTimersByTimeAsync(0);
  expect(at.events().filter((event) => event === 'entering')).toHaveLength(2);
  await at.service.setMaintenance(false, KEY);
  expect(at.events().filter((event) => event === 'exiting')).toHaveLength(2);
});

it('a window that is postponed while it is on ends and begins again for hooks', async () => {
  vi.useFakeTimers();
  await using at = await site();
  const { id } = await at.service.scheduleWindow(KEY, { start: soon(0), duration: HOUR, announce: false });
  await vi.advanceTimersByTimeAsync(100);
  await at.service.updateWindow(id, { start: soon(400), duration: 300 });
  await vi.advanceTimersByTimeAsync(700);
  const turns = at.events().filter((event) => event === 'entering' || event === 'exiting');
  expect(turns).toEqual(['entering', 'exiting', 'entering', 'exiting']);
});

it('when something else that keeps the key on ends during a window, the window does not begin again', async () => {
  vi.useFakeTimers();
  await using at = await site();
  const planned = { start: soon(500), duration: 1_000, announce: false } as const;
  const { start, end } = await at.service.scheduleWindow(KEY, planned);
  await at.service.setMaintenance(true, KEY, { until: new Date(start.getTime() + 500) });
  await vi.advanceTimersByTimeAsync(1_500);
  expect(at.events().at(-1)).toBe('exiting');
  expect(at.hooks.heard.at(-1)![1].at).toEqual(end);
  expect(at.events().filter((event) => event === 'entering')).toHaveLength(1);
});

it('a window does not enter a key that is on already, and a key that stays on past its end overruns', async () => {
  vi.useFakeTimers();
  await using at = await site();
  await at.service.setMaintenance(true, KEY);
  const { end } = await at.service.scheduleWindow(KEY, { start: soon(100), duration: 300, announce: false });
  await vi.advanceTimersByTimeAsync(400);
  expect(at.events().filter((event) => event !== 'changed')).toEqual([
    'changing',
    'entering',
    'changing',
    'scheduled',
    'overrun',
  ]);
  expect(at.hooks.heard.find(([event]) => event === 'overrun')![1]).toMatchObject({
    from: true,
    to: true,
    until: null,
    at: end,
  });
});

it('one of many replicas calls its hooks, one that has any', async () => {
  const options = { redis: server.url, namespace: `n${randomId()}` };
  await using one = await site(options);
  await using two = await site(options);
  await using three = await site(options);
  // no hooks: it must not take what others wait for
  await using deaf = await started({ keys: [new MaintenanceKey(KEY)], ...options });
  const sites = [one, two, three];
  const all = (event: string): number =>
    sites.flatMap((at) => at.events()).filter((other) => other === event).length;
  await deaf.service.scheduleWindow(KEY, { start: soon(4_000), duration: 2_000, announce: 2_000 });
  await until(() => all('exiting') > 0, { timeout: 15_000 });
  await using late = await site(options);
  await until(() => all('changed') === 6);
  const counts = ['scheduled', 'announced', 'entering', 'exiting', 'changed'].map((event) => [
    event,
    all(event),
  ]);
  expect(Object.fromEntries(counts)).toEqual({
    scheduled: 0,
    announced: 1,
    entering: 1,
    exiting: 1,
    changed: 6,
  });
  expect(late.events()).toEqual([]);
});

it('a process that starts during a window calls the hooks that no process was there to call', async () => {
  const options = { redis: server.url, namespace: `n${randomId()}` };
  await using planner = await started({ keys: [new MaintenanceKey(KEY)], ...options });
  // on by every clock: that of a process is behind by what the first answer took
  await planner.service.scheduleWindow(KEY, { start: soon(-10_000), duration: HOUR });
  await using at = await site(options);
  await until(() => at.events().includes('entering'));
  expect(at.events()).toEqual(['entering']);
});
