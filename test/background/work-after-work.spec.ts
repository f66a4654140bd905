import { setImmediate as turn } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { MaintenanceDrainError, MaintenanceKey, SkipDuringMaintenance } from 'nestjs-maintenance';
import { expect, it } from 'vitest';
import { callChain } from '../../lib/core/calls/call.js';
import { currentCall } from '../../lib/core/calls/current-call.js';
import { started } from '../module/started.js';
import { Gates } from '../support/gates.js';
import { until } from '../support/until.js';

let depths: number[] = [];
let gates = new Gates();

const noteDepth = (): void => void depths.push([...callChain(currentCall())].length);

/** Has its next run come by itself, as jobs do that are to follow one another. */
@Injectable()
class Ticks {
  left = 0;

  @SkipDuringMaintenance('mail')
  tick(): void {
    noteDepth();
    if (this.left-- > 0) {
      setImmediate(() => this.tick());
    }
  }

  /** The same, beginning the next before it is over itself. */
  @SkipDuringMaintenance('mail')
  async overlap(): Promise<void> {
    noteDepth();
    if (this.left-- > 0) {
      setImmediate(() => void this.overlap());
    }
    await turn();
    await turn();
  }
}

const start = () => started({ keys: [new MaintenanceKey('mail')] }, { providers: [Ticks] });

it.each(['tick', 'overlap'] as const)(
  'is no longer remembered by work that it has begun: %s',
  async (how) => {
    await using at = await start();
    depths = [];
    const ticks = at.app.get(Ticks);
    ticks.left = 50;
    void ticks[how]();
    await until(() => depths.length === 51);
    expect(Math.max(...depths)).toBeLessThan(5);
  },
);

it('that a drain has given up waiting for revokes nothing that begins after it', async () => {
  await using at = await start();
  const { service } = at;
  gates = new Gates();
  let outer: AbortSignal | undefined;
  let later: Promise<unknown[]> | undefined;
  let inside: Promise<boolean> | undefined;
  const work = service.whileOpen('mail', async () => {
    outer = service.getCallSignal();
    inside = service.whileOpen('mail', async () => {
      await gates.pass('inside');
      return service.mayContinue();
    });
    later = gates
      .pass('later')
      .then(() => service.whileOpen('mail', () => [service.mayContinue(), service.getCallSignal().aborted]));
    await gates.pass('work');
  });
  await until(() => gates.begun.length === 3);
  await expect(service.maintain('mail', () => 'never', { drain: 60 })).rejects.toBeInstanceOf(
    MaintenanceDrainError,
  );
  gates.open('work');
  await work;
  expect(outer?.aborted).toBe(true);
  gates.open('later');
  expect(await later).toEqual([true, false]);
  // what was a part of it remains one
  gates.open('inside');
  expect(await inside).toBe(false);
});
