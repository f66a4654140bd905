import { AsyncLocalStorage } from 'node:async_hooks';
import type { MaintenanceWay } from './maintenance-way.js';

const ways = new AsyncLocalStorage<MaintenanceWay>();

/** The way of a change that is made now. */
export const currentWay = (): MaintenanceWay => ways.getStore() ?? 'code';

/** What work changes, and what follows from it, counts as made by that way. */
export const inWay = <T>(way: MaintenanceWay, work: () => T): T => ways.run(way, work);
