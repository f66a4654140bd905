/**
 * The names of an application's keys, for autocompletion and checks. Once you declare them, everything that takes a key accepts
 * only these names and `'general'`; without a declaration it accepts any string.
 *
 * @example
 * ```ts
 * declare module 'nestjs-maintenance' {
 *   interface MaintenanceKeyNames {
 *     billing: true;
 *     'import-export': true;
 *   }
 * }
 * ```
 * @publicApi
 */
// An interface, since only those can be added to; exported from the main entry by `export *`, since only then can they.
export interface MaintenanceKeyNames {}

/** Name of a key: one of {@link MaintenanceKeyNames} if they are declared, else a string. @publicApi */
export type MaintenanceKeyName = keyof MaintenanceKeyNames extends never
  ? string
  : (keyof MaintenanceKeyNames & string) | 'general';
