import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';

/** The order in both backends: by `order`, then by name, with the whole site first. */
export const inOrder = (keys: readonly MaintenanceKeyJson[]): MaintenanceKeyJson[] =>
  keys.toSorted(
    (a, b) =>
      a.order - b.order || Number(b.name === SITE) - Number(a.name === SITE) || (a.name < b.name ? -1 : 1),
  );

const SITE = 'general';
