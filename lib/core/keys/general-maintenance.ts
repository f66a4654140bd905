import { DAY } from './durations.js';
import { MaintenanceKey } from './maintenance-key.js';
import type { MaintenanceKeyOptions } from './maintenance-key-options.js';

const NAME = 'general';
const OPTIONS: MaintenanceKeyOptions = {
  label: 'General maintenance',
  helpText: 'Takes the whole site out of service.',
  timeout: DAY,
};

/** The key that always exists: `'general'`, for the whole site. Its safety net is one {@link DAY}. @publicApi */
export const GENERAL_MAINTENANCE = new MaintenanceKey(NAME, OPTIONS);

/** The key of that name with an application's options; {@link GENERAL_MAINTENANCE} itself, if it has none. */
export function createGeneralKey(options: MaintenanceKeyOptions): MaintenanceKey {
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return given.length === 0
    ? GENERAL_MAINTENANCE
    : new MaintenanceKey(NAME, { ...OPTIONS, ...Object.fromEntries(given) });
}
