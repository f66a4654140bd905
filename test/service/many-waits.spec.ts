import { getEventListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { MaintenanceKey } from 'nestjs-maintenance';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { failure, started } from '../module/started.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const warnings: string[] = [];
const collect = ({ name, message }: Error): void => void warnings.push(`${name}: ${message}`);

beforeEach(() => void process.on('warning', collect));
afterEach(() => {
  process.off('warning', collect);
  warnings.length = 0;
});

async function site() {
  const { service, app } = await started({ keys: [new MaintenanceKey('mail')] });
  return { service, [Symbol.asyncDispose]: () => app.close() };
}

it('many waits share one signal: no warning, nothing stays on it, and it ends them all', async () => {
  await using at = await site();
  const { service } = at;
  const { signal } = new AbortController();
  const waits = (ends: AbortSignal): Promise<unknown>[] =>
    Array.from({ length: 20 }, () => [
      service.waitUntilOpen('mail', { signal: ends }),
      service.whileOpen('mail', () => undefined, { otherwise: 'wait', signal: ends }),
      service.maintain('mail', () => undefined, { blocking: true, signal: ends }),
    ]).flat();
  const held = await service.maintain('mail');
  const waiting = waits(signal);
  await delay(20);
  await held.leave();
  await Promise.all(waiting);
  expect(getEventListeners(signal, 'abort')).toEqual([]);

  await service.setMaintenance(true, 'mail');
  const again = await service.maintain('mail');
  const stop = new AbortController();
  const ended = waits(stop.signal).map(failure);
  await delay(20);
  stop.abort(new RangeError('enough'));
  expect(new Set((await Promise.all(ended)).map(String))).toEqual(new Set(['RangeError: enough']));
  await again.leave();
  await delay(0);
  expect(warnings).toEqual([]);
});

it('signals of a maintenance and of a call may have any number of listeners', async () => {
  await using at = await site();
  const listen = (signal: AbortSignal): void => {
    for (let count = 0; count < 20; count++) {
      signal.addEventListener('abort', () => undefined);
    }
  };
  await at.service.maintain('mail', ({ signal }) => {
    listen(signal);
    listen(at.service.getCallSignal());
  });
  await at.service.whileOpen('mail', () =>
    at.service.whileOpen('general', () => listen(at.service.getCallSignal())),
  );
  await delay(0);
  expect(warnings).toEqual([]);
});

it('many calls wait for Redis to be back: no warning', async () => {
  const server = await RedisServer.start();
  const proxy = await TcpProxy.start(server);
  try {
    await using at = await started({ redis: proxy.url, keys: [new MaintenanceKey('mail')] });
    proxy.pause();
    proxy.cut();
    await delay(20);
    const works = Array.from({ length: 20 }, () =>
      at.service.maintain('mail', () => undefined, { lock: false }),
    );
    await delay(20);
    proxy.resume();
    await Promise.allSettled(works);
    expect(warnings).toEqual([]);
  } finally {
    await proxy.stop();
    await server.stop();
  }
});
