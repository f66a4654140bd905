import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { MaintenanceKeyJson } from '../core/keys/maintenance-key-json.js';
import type { MaintenanceState } from '../core/keys/maintenance-state.js';
import type { Headline, PageKey } from './page-data.js';

const RANKS: readonly Headline[] = ['open', 'part', 'readOnly', 'closed'];

/** What the keys in maintenance mean for the whole site. */
export function headlineOf(active: readonly MaintenanceKey[]): Headline {
  const ranks = active.map(({ scope, readOnly }) => (scope === 'marked' ? 1 : readOnly ? 2 : 3));
  return RANKS[Math.max(0, ...ranks)] ?? 'open';
}

export function pageKey(data: MaintenanceKeyJson, state: MaintenanceState, tag: string): PageKey {
  return { ...data, tag, switched: state.switched, held: state.holds.some(({ abandoned }) => !abandoned) };
}
