import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';

/** The same by both ways: by `order`, those of the same by name, the whole site first. */
export const inOrder = (keys: readonly MaintenanceKeyJson[]): MaintenanceKeyJson[] =>
  keys.toSorted(
    (a, b) =>
      a.order - b.order || Number(b.name === SITE) - Number(a.name === SITE) || (a.name < b.name ? -1 : 1),
  );

const SITE = 'general';
