import { expect, it } from 'vitest';
import { startService } from '../state/service.js';
import { RedisServer } from '../support/redis.js';
import { readState } from '../support/redis-state.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { Replica } from './replicas.js';

const KEY = 'import-export';

it('half-done work keeps the key on when those who were to take it over give up, one of them after it had lost the lock', async () => {
  await using server = await RedisServer.start();
  await using way = await TcpProxy.start(server);
  const holds = async () => (await readState(server.client())).keys.get(KEY)?.holds ?? [];

  await using busy = await startService({ redis: server.url });
  let end!: () => void;
  const call = busy.service.whileOpen(KEY, () => new Promise<void>((resolve) => (end = resolve)));
  const dying = await Replica.start(server.url);
  await dying.hold('dying', KEY, { drain: false });
  const [half] = await holds();
  await dying.child.kill();

  // the first successor waits for the call, and loses the lock
  const cutOff = await startService({ redis: way.url });
  const first = cutOff.service
    .maintain(KEY, () => undefined, { blocking: 60_000, drain: 60_000 })
    .catch((error: unknown) => error);
  await until(async () => (await holds()).length === 2, { timeout: 15_000 });
  const own = (await holds()).find(({ id }) => id !== half!.id);
  way.pause();

  await using patient = await startService({ redis: server.url });
  const control = new AbortController();
  const second = patient.service
    .maintain(KEY, () => undefined, { blocking: 60_000, drain: 60_000, signal: control.signal })
    .catch((error: unknown) => error);
  await until(async () => (await holds()).some(({ fence }) => fence > own!.fence), { timeout: 30_000 });
  // the first one leaves what is its own
  way.resume();
  way.cut();
  expect(await first).toMatchObject({ name: 'MaintenanceLockLostError' });
  await until(() => cutOff.health.at(-1)?.up === true, { timeout: 15_000 });
  await cutOff[Symbol.asyncDispose]();
  control.abort(new Error('enough'));
  expect(await second).toMatchObject({ message: 'enough' });
  expect(await holds()).toHaveLength(1);
  await until(async () => (await patient.service.getKeyData())[KEY]?.abandoned === true, { timeout: 15_000 });
  expect(busy.isOn(KEY)).toBe(true);

  // whoever does the work opens it
  end();
  await call;
  await patient.service.maintain(KEY, () => undefined);
  expect(await holds()).toEqual([]);
}, 120_000);
