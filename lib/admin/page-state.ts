import type { MaintenanceKeyJson } from '../core/keys/maintenance-key-json.js';
import type { MaintenanceState } from '../core/keys/maintenance-state.js';
import type { ActiveKey } from '../core/state/snapshot.js';
import type { MaintenanceWindow } from '../core/windows/maintenance-window.js';
import { allowsRead } from '../decision/decision.js';
import type { Headline, PageKey, PageWindow } from './page-data.js';

const RANKS: readonly Headline[] = ['open', 'part', 'readOnly', 'closed'];

/** So many keys are named in the headline, however many are in maintenance. */
const NAMED = 6;

/** The keys that the headline names, and how many there are besides. */
export function firstOf<Key>(active: readonly Key[]): {
  readonly named: readonly Key[];
  readonly more: number;
} {
  // "1 more" would take as much room as its name
  const named = active.length <= NAMED + 1 ? active : active.slice(0, NAMED);
  return { named, more: active.length - named.length };
}

/** What the keys in maintenance mean for the whole site. */
export function headlineOf(active: readonly ActiveKey[]): Headline {
  const ranks = active.map(({ key, state }) =>
    key.scope === 'marked' ? 1 : allowsRead(key, state, true) ? 2 : 3,
  );
  return RANKS[Math.max(0, ...ranks)] ?? 'open';
}

export function pageKey(data: MaintenanceKeyJson, state: MaintenanceState, tag: string): PageKey {
  return { ...data, tag, switched: state.switched, held: state.holds.some(({ abandoned }) => !abandoned) };
}

/** @param now epoch ms by the store's clock */
export function pageWindow(window: MaintenanceWindow, label: string, now: number): PageWindow {
  const { id, key, revision, start, end, repeat, readOnly, reopenOver, reason } = window;
  const after = (instant: Date, ms: number): string | null =>
    ms > 0 ? new Date(instant.getTime() + ms).toISOString() : null;
  return {
    id,
    key,
    label,
    revision,
    start: start.toISOString(),
    end: end.toISOString(),
    on: start.getTime() <= now,
    repeat: repeat && { cron: repeat.cron, timeZone: repeat.timeZone },
    readOnlyUntil: after(start, readOnly),
    reopensUntil: after(end, reopenOver),
    reason,
  };
}
