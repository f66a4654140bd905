/**
 * By which way a change was made: `'code'` of the application or of a script, the `'admin'` page or API, the command line (`'cli'`); or
 * nobody made it when it happened: a planned `'window'`, or `'expiry'`, when something ended by itself.
 * @publicApi
 */
export type MaintenanceWay = 'code' | 'admin' | 'cli' | 'window' | 'expiry';
