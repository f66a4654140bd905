// The part of a replica that is about planned windows.
import { Injectable } from '@nestjs/common';
import { setTimeout as delay } from 'node:timers/promises';
import { OnMaintenance, type MaintenanceChange, type MaintenanceService } from '../../lib/index.js';
import type { Journal, Result, Wish } from './history.js';

/** Milliseconds that a hook takes: what is done to a process may come in between. */
const HOOK = 200;

/** Notes which hooks are called for windows. */
export function createWindowHooks(journal: Journal) {
  const note = async (event: string, { window }: MaintenanceChange): Promise<void> => {
    if (!window) return;
    journal.note({ e: 'hook', event, window: window.id, start: window.start.getTime() });
    await delay(HOOK);
  };

  @Injectable()
  class WindowHooks {
    @OnMaintenance('announced', 'plan')
    announced(change: MaintenanceChange): Promise<void> {
      return note('announced', change);
    }
    @OnMaintenance('entering', 'plan')
    entering(change: MaintenanceChange): Promise<void> {
      return note('entering', change);
    }
    @OnMaintenance('exiting', 'plan')
    exiting(change: MaintenanceChange): Promise<void> {
      return note('exiting', change);
    }
    @OnMaintenance('overrun', 'plan')
    overrun(change: MaintenanceChange): Promise<void> {
      return note('overrun', change);
    }
  }
  return WindowHooks;
}

export async function plan(
  service: MaintenanceService,
  op: string,
  { key, window }: Wish,
): Promise<Pick<Result, 'id'>> {
  const { start, ...times } = window!;
  const { id } = await service.scheduleWindow(key, { ...times, start: new Date(start), message: op });
  return { id };
}

/** @param id of the window */
export async function cancel(
  service: MaintenanceService,
  op: string,
  id: string,
): Promise<Pick<Result, 'id'>> {
  await service.cancelWindow(id, { reason: op });
  return { id };
}
