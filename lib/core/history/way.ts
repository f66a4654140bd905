import { AsyncLocalStorage } from 'node:async_hooks';

/**
 * By which way a change was made: `'code'` of the application or of a script, the `'admin'` page or API, the command line (`'cli'`); or
 * nobody made it when it happened: a planned `'window'`, or `'expiry'`, when something ended by itself.
 * @publicApi
 */
export type MaintenanceWay = 'code' | 'admin' | 'cli' | 'window' | 'expiry';

const ways = new AsyncLocalStorage<MaintenanceWay>();

/** The way of a change that is made now. */
export const currentWay = (): MaintenanceWay => ways.getStore() ?? 'code';

/** What work changes, and what follows from it, counts as made by that way. */
export const inWay = <T>(way: MaintenanceWay, work: () => T): T => ways.run(way, work);
