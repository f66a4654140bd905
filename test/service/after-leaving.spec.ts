import { setImmediate as tick } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MaintenanceError, SkipDuringMaintenance } from 'nestjs-maintenance';
import { createMaintenance, type StandaloneMaintenance } from 'nestjs-maintenance/standalone';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';

const KEY = 'general';
const silent = { warn: () => undefined, error: () => undefined };
const open = (server: RedisServer) => createMaintenance({ redis: server.url, logger: silent });

class Mailer {
  sent = 0;

  @SkipDuringMaintenance(KEY)
  send(): void {
    this.sent++;
  }
}

let server: RedisServer;
let other: StandaloneMaintenance;

beforeAll(async () => {
  server = await RedisServer.start();
  other = await open(server);
});
afterAll(async () => {
  await other?.close();
  await server.stop();
});

describe('a process that is closed', () => {
  it('starts nothing once it has left the list, whatever it knows', async () => {
    const service = await open(server);
    await service.whileOpen(KEY, () => undefined);
    await service.close();
    expect(await other.replicas()).toHaveLength(1);
    let ran = false;
    const refused = service.whileOpen(KEY, () => (ran = true));
    await expect(refused).rejects.toThrow('The application has shut down');
    await expect(refused).rejects.toBeInstanceOf(MaintenanceError);
    await expect(service.whileOpen(KEY, () => (ran = true), { otherwise: 'wait' })).rejects.toThrow(
      'shutting down',
    );
    expect(await service.whileOpen(KEY, () => (ran = true), { otherwise: 'skip' })).toBeUndefined();
    expect(ran).toBe(false);
  });

  it('stays on the list while anything is running that began while it was leaving', async () => {
    const service = await open(server);
    await service.whileOpen(KEY, () => undefined);
    const ends: (() => void)[] = [];
    const closed = service.close();
    const state = { closed: false };
    void closed.then(() => (state.closed = true));
    const ran: Promise<unknown>[] = [];
    while (!state.closed) {
      ran.push(
        service.whileOpen(KEY, () => new Promise<void>((end) => ends.push(end))).catch(() => undefined),
      );
      await tick();
    }
    // whatever began is waited for
    expect(await other.replicas()).toHaveLength(ends.length > 0 ? 2 : 1);
    ends.forEach((end) => end());
    await Promise.all(ran);
    await until(async () => (await other.replicas()).length === 1);
  });

  it('still skips methods while others wait for it', async () => {
    const service = await open(server);
    const mailer = new Mailer();
    let end!: () => void;
    const running = service.whileOpen(KEY, () => new Promise<void>((resolve) => (end = resolve)));
    await until(() => end !== undefined);
    await service.close();
    await other.setMaintenance(true, KEY, { acknowledge: 5_000 });
    mailer.send();
    expect(mailer.sent).toBe(0);
    end();
    await running;
    await other.setMaintenance(false, KEY);
  });
});
