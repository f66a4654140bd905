import type { MaintenanceEvent } from '../hooks/maintenance-event.js';

/** What an entry of the history is about, by the names of hooks. @publicApi */
export type MaintenanceHistoryEvent = Exclude<MaintenanceEvent, 'changing' | 'announced'>;
