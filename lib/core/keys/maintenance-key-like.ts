import type { MaintenanceKey } from './maintenance-key.js';
import type { MaintenanceKeyName } from './maintenance-key-names.js';

/** A key or its name. @publicApi */
export type MaintenanceKeyLike = MaintenanceKeyName | MaintenanceKey;

/** Short for {@link MaintenanceKeyLike}. @publicApi */
export type KeyLike = MaintenanceKeyLike;
