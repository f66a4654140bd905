import { Injectable } from '@nestjs/common';
import {
  MaintenanceKey,
  OnMaintenance,
  type MaintenanceChange,
  type MaintenanceHistoryEntry,
} from 'nestjs-maintenance';
import { expect, it } from 'vitest';
import { started } from '../module/started.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

const soon = (ms: number): Date => new Date(Date.now() + ms);

/**
 * Two replicas, one of which can be cut off, and what the hooks and the sinks of both were told.
 * @param hears whether the other one has any
 * @param keep how many entries of the history are kept
 */
async function pair({ hears = true, keep = 1_000 } = {}) {
  const server = await RedisServer.start();
  const proxy = await TcpProxy.start(server);
  const exits: MaintenanceChange[] = [];
  const entries: MaintenanceHistoryEntry[] = [];
  @Injectable()
  class Hooks {
    @OnMaintenance('exiting')
    exiting(change: MaintenanceChange): void {
      exits.push(change);
    }
  }
  const open = (redis: string, all: boolean) =>
    started(
      {
        redis,
        keys: [new MaintenanceKey('billing'), new MaintenanceKey('other')],
        history: { keep, ...(all && { sink: (entry: MaintenanceHistoryEntry) => void entries.push(entry) }) },
      },
      { providers: all ? [Hooks] : [] },
    );
  const [far, near] = await Promise.all([open(proxy.url, true), open(server.url, hears)]);
  /** Plans a window, and cuts one replica off once it is on. */
  const cutOff = async () => {
    const window = await near.service.scheduleWindow('billing', { start: soon(300), duration: 1_500 });
    await until(() => far.service.isActive('billing') && near.service.isActive('billing'));
    proxy.pause();
    return window;
  };
  /** Waits until the one that is cut off takes the window for over, and connects it again. */
  const connect = async () => {
    await until(() => !far.service.isActive('billing'));
    await until(() => !far.service.health().up);
    proxy.resume();
    await until(() => far.service.health().up);
  };
  return {
    near: near.service,
    exits: () => exits.filter(({ key }) => key === 'billing').map(({ at }) => at),
    ends: () =>
      entries
        .filter(({ key, event }) => key === 'billing' && event === 'exiting')
        .map(({ at, way }) => [way, at]),
    /** Until it has tried again what it could not do while it was cut off, and has done what came after that. */
    async goesOn() {
      const { end } = await near.service.scheduleWindow('other', { start: soon(6_500), duration: 500 });
      await until(() => exits.some(({ at }) => at.getTime() === end.getTime()), { timeout: 15_000 });
    },
    cutOff,
    connect,
    async [Symbol.asyncDispose]() {
      await Promise.all([far.app.close(), near.app.close()]);
      await proxy.stop();
      await server.stop();
    },
  };
}

it.concurrent(
  'a replica that was cut off while a window was made longer reports its end when it has come',
  async () => {
    await using at = await pair();
    const { id } = await at.cutOff();
    const { end } = await at.near.updateWindow(id, { duration: 9_000 });
    await at.connect();
    await until(() => at.exits().length > 0, { timeout: 20_000 });
    expect(at.exits()).toEqual([end]);
    await until(() => at.ends().length > 0);
    expect(at.ends()).toEqual([['window', end]]);
  },
);

it.concurrent('a replica that was cut off while a window was ended early reports no other end', async () => {
  await using at = await pair();
  await at.cutOff();
  const { at: ended } = await at.near.setMaintenance(false, 'billing');
  expect(at.exits()).toEqual([ended]);
  await at.connect();
  await at.goesOn();
  expect(at.exits()).toEqual([ended]);
  expect(at.ends()).toEqual([['code', ended]]);
});

it.concurrent('a replica that was cut off while its key was kept on reports no exit', async () => {
  await using at = await pair();
  await at.cutOff();
  await at.near.setMaintenance(true, 'billing');
  await at.connect();
  await at.goesOn();
  expect(at.exits()).toEqual([]);
  const { at: ended } = await at.near.setMaintenance(false, 'billing');
  expect(at.exits()).toEqual([ended]);
  expect(at.ends()).toEqual([['code', ended]]);
});

it.concurrent.each([1_000, 0])(
  'a replica that was cut off reports an end that has come, although the key was changed since: %i entries are kept',
  async (keep) => {
    await using at = await pair({ hears: false, keep });
    const { end } = await at.cutOff();
    await until(() => !at.near.isActive('billing'));
    await at.near.setMaintenance(true, 'billing');
    await at.connect();
    await at.goesOn();
    expect(at.exits()).toEqual([end]);
    expect(at.ends()).toEqual([['window', end]]);
  },
);
