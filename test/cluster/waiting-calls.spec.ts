import { Controller, Get, Param } from '@nestjs/common';
import { MaintenanceKey, MaintenanceModule, MaintenanceService } from 'nestjs-maintenance';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { createExpressApp } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

/** Milliseconds in which work would long have begun if it were to. */
const MOMENT = 500;

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
}, 60_000);
afterAll(() => server.stop());
afterEach(() => vi.useRealTimers());

/** One replica: `site` refuses its requests, `other` does not. */
async function start(namespace: string) {
  const gates = new Gates();
  const { begun, ended } = gates;
  const patience = new AbortController();

  @Controller()
  class WaitingController {
    constructor(private readonly service: MaintenanceService) {}

    @Get('busy/:gate')
    busy(@Param('gate') gate: string): Promise<string> {
      return gates.pass(gate);
    }

    /** Waits for the other key, and then goes on. */
    @Get('waits/:gate')
    async waits(@Param('gate') gate: string): Promise<string> {
      begun.push(`${gate} waits`);
      await this.service.waitUntilOpen('other');
      return gates.pass(gate);
    }

    /** The same, until its patience is over. */
    @Get('gives-up/:gate')
    async givesUp(@Param('gate') gate: string): Promise<string> {
      begun.push(`${gate} waits`);
      await this.service.waitUntilOpen('other', { signal: patience.signal }).catch(() => undefined);
      return gates.pass(gate);
    }

    /** The same, and begins work beside it, or afterwards, as soon as the gate is opened. */
    @Get('begins/:when/:gate')
    async begins(@Param('when') when: string, @Param('gate') gate: string): Promise<string> {
      begun.push(`${gate} waits`);
      const work = async (): Promise<string> => {
        await gates.pass(gate);
        return this.service
          .whileOpen('site', () => gates.pass(`${gate} works`))
          .catch((error: Error) => (ended.push(error.name), error.name));
      };
      if (when === 'beside') {
        const [outcome] = await Promise.all([work(), this.service.waitUntilOpen('other')]);
        return outcome;
      }
      await this.service.waitUntilOpen('other');
      return work();
    }
  }

  const running = await createExpressApp({
    imports: [
      MaintenanceModule.forRoot({
        redis: server.url,
        namespace,
        keys: [new MaintenanceKey('site'), new MaintenanceKey('other', { scope: 'marked' })],
        socket: false,
        admin: false,
      }),
    ],
    controllers: [WaitingController],
  });
  const service = running.app.get(MaintenanceService);
  return {
    gates,
    service,
    losePatience: () => patience.abort(),
    get: async (path: string) => (await request(running.port, path)).text,
    reaches: (gate: string) => until(() => begun.includes(gate), { what: gate }),
    isOn: (key: string) => until(() => service.isActive(key), { what: `${key} to be on` }),
    isOff: (key: string) => until(() => !service.isActive(key), { what: `${key} to be off` }),
    [Symbol.asyncDispose]: () => running.close(),
  };
}

type Running = Awaited<ReturnType<typeof start>>;

/** A maintenance of the site that lasts until its gate is opened. */
function maintain({ service, gates }: Running) {
  let before: readonly string[] | undefined;
  const work = service.maintain('site', async () => {
    before = [...gates.ended];
    await gates.pass('maintain');
  });
  return {
    work,
    /** What had ended when it began. */
    before: () => before,
    begins: () => until(() => before, { timeout: 20_000, what: 'the work to begin' }),
  };
}

/** A maintenance of the site while the first of two applications is busy with a call, and the second has one that goes on. */
function maintainBeside(one: Running, two: Running, busy: Promise<string>, goesOn: Promise<string>) {
  const { work, before, begins } = maintain(one);
  return {
    /** @returns what that call responded with, before work began */
    waitedFor: async () => {
      one.gates.open('first');
      await busy;
      await delay(MOMENT);
      expect(before()).toBeUndefined();
      two.gates.open('second');
      const response = await goesOn;
      await begins();
      one.gates.open('maintain');
      await work;
      return response;
    },
  };
}

describe('a call that waits for another key', () => {
  it('is waited for again once it goes on, if work has not begun by then', async () => {
    await using one = await start('goes-on');
    await using two = await start('goes-on');
    await one.service.setMaintenance(true, 'other', { acknowledge: 5_000 });
    const waits = two.get('/waits/second');
    await two.reaches('second waits');
    const busy = one.get('/busy/first');
    await one.reaches('first');

    const second = maintainBeside(one, two, busy, waits);
    await two.isOn('site');
    await one.service.setMaintenance(false, 'other', { acknowledge: 5_000 });
    await two.reaches('second');
    await two.service.refresh();
    expect(await second.waitedFor()).toBe('second');
  }, 60_000);

  it('is reported at once when it goes on, and not with the next heartbeat', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await using one = await start('reports');
    await using two = await start('reports');
    await one.service.setMaintenance(true, 'other', { acknowledge: 5_000 });
    const waits = two.get('/gives-up/second');
    await two.reaches('second waits');
    const busy = one.get('/busy/first');
    await one.reaches('first');

    const second = maintainBeside(one, two, busy, waits);
    const reported = (count: number): Promise<boolean> =>
      until(async () => {
        const { replicas } = await one.service.quiet('site');
        const routes = replicas.flatMap(({ running }) => running.map(({ route }) => route));
        return replicas.length === 2 && replicas.every(({ applied }) => applied) && routes.length === count;
      });
    await reported(1);
    two.losePatience();
    await two.reaches('second');
    await reported(2);
    expect(await second.waitedFor()).toBe('second');
  }, 60_000);

  it('does so under whileOpen(), too', async () => {
    await using one = await start('work-goes-on');
    const { service, gates } = one;
    await service.setMaintenance(true, 'other');
    const waiting = service.whileOpen('site', async () => {
      gates.begun.push('work waits');
      await service.waitUntilOpen('other');
      return gates.pass('work');
    });
    await one.reaches('work waits');
    const busy = one.get('/busy/first');
    await one.reaches('first');

    const { work, before, begins } = maintain(one);
    await one.isOn('site');
    await service.setMaintenance(false, 'other');
    await one.reaches('work');
    gates.open('first');
    await busy;
    await delay(MOMENT);
    expect(before()).toBeUndefined();
    gates.open('work');
    expect(await waiting).toBe('work');
    await begins();
    expect(before()).toContain('work');
    gates.open('maintain');
    await work;
  }, 60_000);

  it.each(['beside', 'after'])(
    'begins no work %s that, since nobody waits for it',
    async (when) => {
      await using one = await start(`covered-${when}`);
      const { service, gates } = one;
      await service.setMaintenance(true, 'other');
      const call = one.get(`/begins/${when}/late`);
      await one.reaches('late waits');

      const { work, begins } = maintain(one);
      await begins();
      if (when === 'after') {
        await service.setMaintenance(false, 'other');
      }
      await one.reaches('late');
      gates.open('late');
      await until(() => gates.begun.includes('late works') || gates.ended.includes('MaintenanceActiveError'));
      expect(gates.begun).not.toContain('late works');
      await service.unsetMaintenance('other');
      expect(await call).toBe('MaintenanceActiveError');
      gates.open('maintain');
      await work;
      // what begins now was refused no more than anything else
      gates.open('late works');
      await service.setMaintenance(true, 'other');
      const again = one.get(`/begins/beside/late`);
      await service.unsetMaintenance('other');
      expect(await again).toBe('late works');
    },
    60_000,
  );
});
