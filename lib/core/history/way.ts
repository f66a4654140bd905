import { AsyncLocalStorage } from 'node:async_hooks';
import type { MaintenanceWay } from './maintenance-way.js';

const ways = new AsyncLocalStorage<MaintenanceWay | undefined>();

/** Of what this process does by itself. */
let usual: MaintenanceWay = 'code';

/** The way of a change that is made now. */
export const currentWay = (): MaintenanceWay => ways.getStore() ?? usual;

/** Whatever this process changes counts as made by that way. Unlike {@link inWay} it costs nothing to follow. */
export function setUsualWay(way: MaintenanceWay): void {
  usual = way;
}

/** What work changes, and what follows from it, counts as made by that way. */
export const inWay = <T>(way: MaintenanceWay, work: () => T): T => ways.run(way, work);

/** Runs something that follows from no particular change. */
export function inUsualWay(run: () => void): void {
  if (ways.getStore() === undefined) {
    run();
  } else {
    ways.run(undefined, run);
  }
}
