import { Controller, Get, Module, Param } from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import {
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  RegisterMaintenanceKey,
} from 'nestjs-maintenance';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createExpressApp } from '../support/apps.js';
import { Gates } from '../support/gates.js';
import { request } from '../support/http.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

/** Milliseconds in which a replica has reported several times. */
const MOMENT = 2_500;

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start();
}, 60_000);
afterAll(() => server.stop());

@RegisterMaintenanceKey('loaded')
class LoadedKey extends MaintenanceKey {}

@Module({ providers: [LoadedKey] })
class LoadedModule {}

async function start(namespace: string, keys: MaintenanceKey[] = []) {
  const gates = new Gates();

  @Controller()
  class WaitController {
    @Get('wait/:gate')
    wait(@Param('gate') gate: string): Promise<string> {
      return gates.pass(gate);
    }
  }

  const running = await createExpressApp({
    imports: [
      MaintenanceModule.forRoot({
        redis: server.url,
        namespace,
        keys: [new MaintenanceKey('first'), ...keys],
        socket: false,
        admin: false,
      }),
    ],
    controllers: [WaitController],
  });
  return {
    ...running,
    gates,
    service: running.app.get(MaintenanceService),
    get: (path: string) => request(running.port, path),
  };
}

it('a replica that learns of a key while it is drained reports the calls that it had admitted before', async () => {
  await using holder = await start('drained', [new MaintenanceKey('loaded')]);
  await using serving = await start('drained');
  // from here on the list is trusted
  await holder.service.maintain('first', () => undefined, { drain: 20_000 });

  const slow = serving.get('/wait/slow');
  await until(() => serving.gates.begun.includes('slow'));
  let before: readonly string[] | undefined;
  const work = holder.service.maintain('loaded', () => void (before = [...serving.gates.ended]), {
    drain: 20_000,
  });
  await until(async () =>
    (await holder.service.replicas()).some(({ unknownKeys }) => unknownKeys.includes('loaded')),
  );
  await serving.app.get(LazyModuleLoader).load(() => LoadedModule);
  expect(serving.service.getKeys().map(({ name }) => name)).toContain('loaded');
  expect((await serving.get('/wait/never')).status).toBe(503);
  await delay(MOMENT);
  expect(before).toBeUndefined();
  const { replicas } = await holder.service.quiet('loaded', { timeout: 0 });
  expect(replicas.flatMap(({ running }) => running.map(({ route }) => route))).toEqual(['GET /wait/:gate']);

  serving.gates.open('slow');
  await slow;
  await work;
  expect(before).toEqual(['slow']);
}, 60_000);

it('a key that is on when its module is loaded is so for whoever asks first', async () => {
  await using other = await start('asked', [new MaintenanceKey('loaded')]);
  await using asking = await start('asked');
  await other.service.setMaintenance(true, 'loaded', { acknowledge: 0 });
  await asking.service.refresh();
  await asking.app.get(LazyModuleLoader).load(() => LoadedModule);
  expect(asking.service.isActive('loaded')).toBe(true);
}, 60_000);

it('a key that cannot be registered is logged, and harms no report', async () => {
  @RegisterMaintenanceKey('first')
  class SecondKey extends MaintenanceKey {}

  @Module({ providers: [SecondKey] })
  class TwiceModule {}

  await using other = await start('twice', [new MaintenanceKey('strange')]);
  await using replica = await start('twice');
  await replica.app.get(LazyModuleLoader).load(() => TwiceModule);
  // looks for it, with the report
  await other.service.setMaintenance(true, 'strange', { acknowledge: 0 });
  await until(() => replica.log.some((line) => line.includes('"first" is declared twice')));
  await other.service.setMaintenance(true, 'first', { acknowledge: 5_000 });
  expect((await replica.get('/wait/any')).status).toBe(503);
  await until(() => replica.service.health().up);
}, 60_000);
