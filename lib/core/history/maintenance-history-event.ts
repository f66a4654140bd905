import type { MaintenanceEvent } from '../hooks/maintenance-event.js';

/** What an entry of the history is about; as hooks call it. @publicApi */
export type MaintenanceHistoryEvent = Exclude<MaintenanceEvent, 'changing' | 'announced'>;
