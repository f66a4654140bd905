/**
 * The names of an application's keys, for autocompletion and checks. Once you declare them, everything that takes a key accepts
 * only these names and `'general'`; without a declaration it accepts any string.
 *
 * @example
 * ```ts
 * declare module 'nestjs-maintenance' {
 *   interface MaintenanceKeyNames {
 *     billing: true;
 *   }
 * }
 * ```
 * @publicApi
 */
// An interface, since only those can be added to; exported from the main entry by `export *`, since only then can they.
export interface MaintenanceKeyNames {}

/** Name of a key: any string, or one of {@link MaintenanceKeyNames} where they are declared. @publicApi */
export type MaintenanceKeyName = keyof MaintenanceKeyNames extends never
  ? string
  : (keyof MaintenanceKeyNames & string) | 'general';
