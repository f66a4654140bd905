/** What happens to work while one of its keys is on: it rejects, waits, or is skipped. @publicApi */
export type MaintenanceOtherwise = 'throw' | 'wait' | 'skip';

export const OTHERWISE: readonly MaintenanceOtherwise[] = ['throw', 'wait', 'skip'];
