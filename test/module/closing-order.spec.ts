import { Injectable } from '@nestjs/common';
import { MaintenanceLockLostError } from 'nestjs-maintenance';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { failure, started } from './started.js';

/** Notes when its hooks are called, as one closes a database pool in one of them. */
@Injectable()
class Pool {
  readonly seen: string[] = [];
  private early!: () => void;
  readonly calledEarly = new Promise<void>((resolve) => (this.early = resolve));

  onModuleDestroy(): void {
    this.seen.push('onModuleDestroy');
  }

  beforeApplicationShutdown(): void {
    this.seen.push('beforeApplicationShutdown');
    this.early();
  }

  onApplicationShutdown(): void {
    this.seen.push('onApplicationShutdown');
  }
}

it('calls only onApplicationShutdown() once the work of maintain() has ended', async () => {
  const at = await started({}, { providers: [Pool] });
  const pool = at.app.get(Pool);
  let begun!: () => void;
  const running = new Promise<void>((resolve) => (begun = resolve));
  const work = failure(
    at.service.maintain('general', async () => {
      begun();
      await pool.calledEarly;
      await nextTurn();
      pool.seen.push('work has ended');
    }),
  );
  await running;
  await at.app.close();
  expect(await work).toBeInstanceOf(MaintenanceLockLostError);
  expect(pool.seen).toEqual([
    'onModuleDestroy',
    'beforeApplicationShutdown',
    'work has ended',
    'onApplicationShutdown',
  ]);
});
