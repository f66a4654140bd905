import type { MaintenanceKey, MaintenanceKeyJson } from '../core/keys/maintenance-key.js';
import type { MaintenanceState } from '../core/keys/maintenance-state.js';

/** How much of the site is affected: what the page says first. */
export type Headline = 'open' | 'part' | 'readOnly' | 'closed';

/** A key as the admin page shows it. */
export interface PageKey extends MaintenanceKeyJson {
  /** Entity tag, for `If-Match`. */
  readonly tag: string;
  /** Is the operator's switch on. */
  readonly switched: boolean;
  /** Does a running `maintain()` hold it. */
  readonly held: boolean;
}

/** All that changes on the admin page. */
export interface PageState {
  /** The server's clock. */
  readonly now: string;
  readonly mayToggle: boolean;
  readonly headline: Headline;
  /** All keys that are in maintenance, also those that are not offered. */
  readonly active: readonly Pick<MaintenanceKeyJson, 'label' | 'since' | 'until'>[];
  /** Is the store in reach. */
  readonly storeUp: boolean;
  readonly keys: readonly PageKey[];
}

const RANKS: readonly Headline[] = ['open', 'part', 'readOnly', 'closed'];

/** What the keys in maintenance mean for the whole site. */
export function headlineOf(active: readonly MaintenanceKey[]): Headline {
  const ranks = active.map(({ scope, readOnly }) => (scope === 'marked' ? 1 : readOnly ? 2 : 3));
  return RANKS[Math.max(0, ...ranks)] ?? 'open';
}

export function pageKey(data: MaintenanceKeyJson, state: MaintenanceState, tag: string): PageKey {
  return { ...data, tag, switched: state.switched, held: state.holds.some(({ abandoned }) => !abandoned) };
}
