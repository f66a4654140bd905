import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { COMMAND_TIMEOUT, startService } from './service.js';

/** Something that keeps this process from doing anything else. */
function block(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

it('an answer of Redis counts that came in time, though the event loop was blocked when it did', async () => {
  await using server = await RedisServer.start();
  await using app = await startService({ redis: server.url });
  for (const mode of [true, false]) {
    await server.client().call('CLIENT', 'PAUSE', '150', 'WRITE');
    const change = app.service.setMaintenance(mode);
    await delay(50);
    // as in a handler: timers come before answers then
    await turn();
    block(COMMAND_TIMEOUT + 100);
    await expect(change).resolves.toMatchObject({ to: mode });
  }
  expect(app.service.health().up).toBe(true);
  expect(app.logged('Lost contact')).toBe(0);
});
