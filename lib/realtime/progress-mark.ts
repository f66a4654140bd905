import type { MaintenanceProgress } from '../core/progress/maintenance-progress.js';
import { percentOf } from '../core/progress/percent.js';

/** Clients are notified when this changes: not for each fraction, nor for the time left. */
export const markOf = ({ value, step, steps, overrun }: MaintenanceProgress): string =>
  JSON.stringify([percentOf(value), step, steps, overrun]);
