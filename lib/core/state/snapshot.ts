import type { KeyRegistry } from '../keys/key-registry.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import { OFF, type MaintenanceOccurrence, type MaintenanceState } from '../keys/maintenance-state.js';
import type { StateDocument } from '../document/record.js';
import type { DescribedRecords } from './described-records.js';

/** A key that is in maintenance, with everything that a decision needs. */
export interface ActiveKey {
  readonly key: MaintenanceKey;
  readonly state: MaintenanceState;
}

/** A planned window that visitors may see. */
export interface UpcomingWindow {
  readonly key: MaintenanceKey;
  readonly occurrence: MaintenanceOccurrence;
}

/** What this process knows at one moment, prepared for the request path. It never changes; a new one replaces it. */
export class Snapshot {
  /** Keys in maintenance, in the order they are asked. */
  readonly active: readonly ActiveKey[];
  /** The same and keys whose visitors are coming back; the same list as {@link active} if there are none. */
  readonly refusing: readonly ActiveKey[];
  /** Future windows that are already announced to visitors, in order. */
  readonly upcoming: readonly UpcomingWindow[];
  /** Epoch ms by the store's clock at which its meaning changes by itself; `Infinity`: never. */
  readonly nextBoundary: number;
  readonly revision: number;
  private readonly states: ReadonlyMap<string, MaintenanceState>;

  constructor(
    document: StateDocument | null,
    registry: KeyRegistry,
    now: number,
    described: DescribedRecords,
  ) {
    const active: ActiveKey[] = [];
    const refusing: ActiveKey[] = [];
    const states = new Map<string, MaintenanceState>();
    const upcoming: UpcomingWindow[] = [];
    let boundary = Infinity;
    const live = document?.live ?? new Map<string, never>();
    described.keep(live);
    for (const [name, record] of live) {
      const key = registry.find(name);
      if (!key) {
        continue;
      }
      const { state, boundary: next } = described.of(name, record, now);
      states.set(name, state);
      boundary = Math.min(boundary, next);
      if (state.value) {
        active.push({ key, state });
      }
      if (state.value || state.reopening) {
        refusing.push({ key, state });
      }
      state.upcoming?.forEach((occurrence) => upcoming.push({ key, occurrence }));
    }
    const byRank = (a: ActiveKey, b: ActiveKey): number =>
      registry.rank(a.key.name) - registry.rank(b.key.name);
    this.active = active.sort(byRank);
    this.refusing = refusing.length > active.length ? refusing.sort(byRank) : active;
    this.upcoming = upcoming.sort(
      (a, b) =>
        a.occurrence.start.getTime() - b.occurrence.start.getTime() ||
        registry.rank(a.key.name) - registry.rank(b.key.name),
    );
    this.nextBoundary = boundary;
    this.revision = document?.revision ?? 0;
    this.states = states;
  }

  /** What is known of a key. */
  of(key: MaintenanceKey): MaintenanceState {
    return this.states.get(key.name) ?? OFF;
  }
}
