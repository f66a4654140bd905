import {
  HOUR,
  MaintenanceConflictError,
  MaintenanceVetoError,
  MINUTE,
  OnMaintenance,
  type MaintenanceChange,
} from 'nestjs-maintenance';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { started, failure } from '../module/started.js';
import { startService, type Running } from '../state/service.js';
import { RedisServer } from '../support/redis.js';

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
  // hears of no push, and so learns of what others change a second later
  await server.client().call('ACL', 'SETUSER', 'polls', 'on', '>pw', 'allkeys', '+@all', 'resetchannels');
});
afterAll(() => server.stop());

describe('a replica that has not yet heard of the last change', () => {
  const KEY = 'import-export';
  let one: Running;
  let other: Running;

  beforeAll(async () => {
    const redis = server.url.replace('redis://', 'redis://polls:pw@');
    one = await startService({ redis });
    other = await startService({ redis });
  });
  afterAll(async () => {
    await one[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });

  const later = (ms: number) => ({ start: new Date(Date.now() + ms), duration: MINUTE });

  it('changes a key under its last revision', async () => {
    for (const message of ['first', 'second', 'third']) {
      const { revision } = await one.service.setMaintenance(true, KEY, { message });
      const change = await other.service.setMaintenance(false, KEY, { ifRevision: revision });
      expect(change).toMatchObject({ from: true, to: false });
    }
    const { revision } = await one.service.setMaintenance(true, KEY);
    await other.service.unsetMaintenance(KEY, { ifRevision: revision });
    expect(other.isOn(KEY)).toBe(false);
  });

  it('changes and cancels a window under its last revision', async () => {
    const { id } = await one.service.scheduleWindow(KEY, later(HOUR));
    await other.service.refresh();
    let { revision } = await one.service.updateWindow(id, { duration: 2 * MINUTE });
    ({ revision } = await other.service.updateWindow(id, { duration: 3 * MINUTE, ifRevision: revision }));
    await one.service.cancelWindow(id, { ifRevision: revision });
    expect(one.service.getWindows()).toEqual([]);
  });

  it('plans a window in place of one that was cancelled', async () => {
    const window = later(HOUR);
    const { id } = await one.service.scheduleWindow(KEY, window);
    await other.service.refresh();
    await one.service.cancelWindow(id);
    const instead = await other.service.scheduleWindow(KEY, window);
    expect(instead).toMatchObject({ key: KEY, start: window.start });
    await other.service.cancelWindow(instead.id);
  });

  it('still refuses what is in conflict', async () => {
    const { revision } = await one.service.setMaintenance(true, KEY);
    await one.service.setMaintenance(false, KEY);
    const change = other.service.setMaintenance(true, KEY, { ifRevision: revision });
    expect(await failure(change)).toBeInstanceOf(MaintenanceConflictError);
    expect(one.isOn(KEY)).toBe(false);
  });
});

describe.each([
  ['memory', () => ({})],
  ['Redis', () => ({ redis: server.url, namespace: 'asked' })],
])('hooks and conditional changes in %s', (_name, options) => {
  const asked: MaintenanceChange[] = [];
  class Hooks {
    @OnMaintenance('changing')
    refuse(change: MaintenanceChange): void {
      asked.push(change);
      if (change.reason === 'no') throw new MaintenanceVetoError('No.');
    }
  }

  it('are not asked about a change that is in conflict', async () => {
    const { app, service } = await started(options(), { providers: [Hooks] });
    try {
      const { revision } = await service.setMaintenance(true);
      asked.length = 0;
      const no = { reason: 'no', ifRevision: revision - 1 };
      for (const change of [
        () => service.setMaintenance(true, undefined, no),
        () => service.setMaintenance(false, undefined, no),
        () => service.unsetMaintenance(undefined, no),
      ]) {
        expect(await failure(change())).toBeInstanceOf(MaintenanceConflictError);
      }
      expect(asked).toEqual([]);
      const veto = service.setMaintenance(false, undefined, { reason: 'no', ifRevision: revision });
      expect(await failure(veto)).toBeInstanceOf(MaintenanceVetoError);
      expect(asked).toHaveLength(1);
      expect(service.isActive()).toBe(true);
    } finally {
      await app.close();
    }
  });
});
