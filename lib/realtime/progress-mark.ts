import type { MaintenanceProgress } from '../core/progress/maintenance-progress.js';
import { percentOf } from '../core/progress/percent.js';

/** What clients are told anew when it is another: not each fraction, nor the time that is left. */
export const markOf = ({ value, step, steps, overrun }: MaintenanceProgress): string =>
  JSON.stringify([percentOf(value), step, steps, overrun]);
