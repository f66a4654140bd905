import { Controller, Get, Param } from '@nestjs/common';
import {
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { adapters, type CreateApp } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/** Milliseconds over which visitors come back: all must have been asked about by then, and a spec waits until all are back. */
const reopening = (count: number): number => 2_500 + 25 * count;
/** Milliseconds in which a handler would have begun if it were to. */
const MOMENT = 200;
/** Calls whose visitor is found one step of the microtask queue after another. */
const CALLS = 60;

/** An application that says who a visitor is when the spec wants it to. */
async function start(createApp: CreateApp, options: MaintenanceRootOptions = {}) {
  const gates = new Gates();
  const asked: (() => void)[] = [];

  @Controller()
  class WaitController {
    @Get('wait/:gate')
    wait(@Param('gate') gate: string): Promise<string> {
      return gates.pass(gate);
    }
  }

  const running = await createApp({
    imports: [
      MaintenanceModule.forRoot({
        keys: [new MaintenanceKey('opens'), new MaintenanceKey('closes')],
        visitor: () => new Promise<string>((resolve) => asked.push(() => resolve('somebody'))),
        callTimeout: 30_000,
        socket: false,
        admin: false,
        ...options,
      }),
    ],
    controllers: [WaitController],
  });
  const service = running.app.get(MaintenanceService);
  return {
    gates,
    service,
    /** Requests that wait to be told who sends them, after a time in which all are back. */
    async send(count: number) {
      await service.setMaintenance(true, 'opens');
      await service.setMaintenance(false, 'opens', { reopenOver: reopening(count) });
      const reopened = performance.now();
      let answered = 0;
      const answers = Array.from({ length: count }, (_, i) =>
        request(running.port, `/wait/${i}`).finally(() => answered++),
      );
      await until(() => asked.length === count);
      await delay(Math.max(0, reopening(count) - (performance.now() - reopened)) + 5);
      return { answers: Promise.all(answers), answered: () => answered, tell: asked.splice(0) };
    },
    [Symbol.asyncDispose]: () => running.close(),
  };
}

describe.each(adapters)('a call whose visitor the application finds later, on %s', (_name, createApp) => {
  it('is decided by the keys that are on by then', async () => {
    await using at = await start(createApp);
    const { answers, tell } = await at.send(1);
    await at.service.maintain('closes', async () => {
      tell.forEach((one) => one());
      await delay(MOMENT);
      expect(at.gates.begun).toEqual([]);
      expect((await answers).map(({ status }) => status)).toEqual([503]);
    });
  });

  it('is counted in the same step in which it is admitted', async () => {
    await using at = await start(createApp);
    const { answers, answered, tell } = await at.send(CALLS);
    const told = (async () => {
      for (const one of tell) {
        one();
        await undefined;
      }
    })();
    const left = at.service.maintain('closes', () => at.gates.begun.length, { drain: 20_000 });
    await told;
    // each has been refused, or waits at its gate
    await until(() => at.gates.begun.length + answered() === CALLS);
    const { length } = at.gates.begun;
    for (let i = 0; i < CALLS; i++) {
      at.gates.open(String(i));
    }
    // had it not waited, it would have seen none of them
    expect(await left).toBe(length);
    const admitted = (await answers).filter(({ status }) => status === 200);
    expect(admitted).toHaveLength(length);
    expect(length).toBeGreaterThan(0);
    expect(length).toBeLessThan(CALLS);
  });

  it('does not begin in a replica that has left meanwhile', async () => {
    const server = await RedisServer.start();
    try {
      const at = await start(createApp, { redis: server.url });
      const { answers, tell } = await at.send(1);
      const lost = answers.catch(() => undefined);
      await at[Symbol.asyncDispose]();
      tell.forEach((one) => one());
      await lost;
      await delay(MOMENT);
      expect(at.gates.begun).toEqual([]);
    } finally {
      await server.stop();
    }
  }, 60_000);

  it('is not decided by what a replica knew that has lost contact meanwhile', async () => {
    const server = await RedisServer.start();
    const proxy = await TcpProxy.start(server);
    try {
      await using at = await start(createApp, {
        redis: proxy.url,
        lease: 1_000,
        onStale: 'block',
        commandTimeout: 1_000,
      });
      const { answers, tell } = await at.send(1);
      proxy.pause();
      await until(() => at.service.health().lease === 0, { timeout: 10_000 });
      tell.forEach((one) => one());
      await delay(MOMENT);
      expect(at.gates.begun).toEqual([]);
      expect((await answers).map(({ status }) => status)).toEqual([503]);
      proxy.resume();
    } finally {
      await proxy.stop();
      await server.stop();
    }
  }, 60_000);
});
