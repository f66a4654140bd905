/**
 * How a change was made: by `'code'` of the application or of a script, on the `'admin'` page or API, on the command line
 * (`'cli'`); or by itself: a planned `'window'`, or `'expiry'`, when something ended.
 * @publicApi
 */
export type MaintenanceWay = 'code' | 'admin' | 'cli' | 'window' | 'expiry';
