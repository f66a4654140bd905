/**
 * When a hook is called: see `@OnMaintenance()`.
 * @publicApi
 */
export type MaintenanceEvent =
  | 'changing'
  | 'entering'
  | 'exiting'
  | 'changed'
  | 'abandoned'
  | 'overrun'
  | 'scheduled'
  | 'announced'
  | 'cancelled';

export const MAINTENANCE_EVENTS: readonly unknown[] = [
  'changing',
  'entering',
  'exiting',
  'changed',
  'abandoned',
  'overrun',
  'scheduled',
  'announced',
  'cancelled',
] satisfies MaintenanceEvent[];
