import { Injectable } from '@nestjs/common';
import { MaintenanceKey, OnMaintenance, type MaintenanceChange } from 'nestjs-maintenance';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { started } from '../module/started.js';
import { Gates } from '../support/gates.js';
import { until } from '../support/until.js';

/** Milliseconds in which work would long have begun if it were to. */
const MOMENT = 200;

type Listener = (change: MaintenanceChange) => Promise<void>;

@Injectable()
class Hooks {
  act: Listener | undefined;

  @OnMaintenance('changed', 'mail')
  changed(change: MaintenanceChange): Promise<void> | undefined {
    return this.act?.(change);
  }
}

async function site() {
  const keys = [new MaintenanceKey('mail'), new MaintenanceKey('import')];
  const { service, app } = await started({ keys }, { providers: [Hooks] });
  const listen: Record<string, (listener: Listener) => void> = {
    'a hook': (listener) => void (app.get(Hooks).act = listener),
    'a subscriber': (listener) =>
      void service.changes.subscribe((change) => {
        if (change.key === 'mail') {
          void listener(change);
        }
      }),
  };
  return { service, listen, gates: new Gates(), [Symbol.asyncDispose]: () => app.close() };
}

describe.each(['a hook', 'a subscriber'])('%s of a change', (kind) => {
  it('waits for itself, and not for the call that made the change', async () => {
    await using at = await site();
    const { service, gates } = at;
    at.listen[kind]?.(async ({ to }) => {
      if (to) {
        gates.begun.push('waits');
        await service.waitUntilOpen('mail');
        gates.ended.push('waits');
      }
    });
    const call = service.whileOpen('import', async () => {
      await service.setMaintenance(true, 'mail');
      await gates.pass('call');
    });
    await until(() => ['call', 'waits'].every((name) => gates.begun.includes(name)));
    const work = service.maintain('import', () => void gates.ended.push('work'));
    await delay(MOMENT);
    expect(gates.ended).toEqual([]);
    gates.open('call');
    await Promise.all([call, work]);
    expect(gates.ended).toEqual(['call', 'work']);
    await service.setMaintenance(false, 'mail');
    await until(() => gates.ended.includes('waits'));
  });

  it.each(['a timer', 'a question'])(
    'that came by itself, as %s noticed, holds no key of a call',
    async (how) => {
      await using at = await site();
      const { service, gates } = at;
      let outcome: string | undefined;
      at.listen[kind]?.(async ({ to }) => {
        if (!to) {
          gates.begun.push('listener');
          outcome = await service
            .maintain('import', () => 'done', { blocking: true })
            .catch((error: unknown) => String(error));
        }
      });
      const timeout = 60;
      if (how === 'a question') {
        await service.setMaintenance(true, 'mail', { timeout });
      }
      await service.maintain('import', async () => {
        if (how === 'a timer') {
          await service.setMaintenance(true, 'mail', { timeout });
        } else {
          const over = performance.now() + 2 * timeout;
          while (performance.now() < over);
          service.isActive('mail');
        }
        await until(() => gates.begun.includes('listener'));
      });
      await until(() => outcome);
      expect(outcome).toBe('done');
    },
  );
});
