import type { KeyRegistry } from '../keys/key-registry.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import { OFF, type MaintenanceState } from '../keys/maintenance-state.js';
import { describeRecord, nextEnd, type HoldRecord, type StateDocument } from '../document/record.js';

/** A key that is in maintenance, with all that a decision needs. */
export interface ActiveKey {
  readonly key: MaintenanceKey;
  readonly state: MaintenanceState;
}

/** What this process knows at one moment, made ready for the request path. Never changes; a new one takes its place. */
export class Snapshot {
  /** Keys in maintenance, in the order they are asked. */
  readonly active: readonly ActiveKey[];
  /** Epoch ms by the store's clock at which the next part of it ends by itself. */
  readonly nextEnd: number;
  readonly revision: number;
  private readonly states: ReadonlyMap<string, MaintenanceState>;

  constructor(
    document: StateDocument | null,
    registry: KeyRegistry,
    now: number,
    isLive: (hold: HoldRecord) => boolean,
  ) {
    const active: ActiveKey[] = [];
    const states = new Map<string, MaintenanceState>();
    let end = Infinity;
    for (const key of registry.all()) {
      const record = document?.keys.get(key.name);
      const state = describeRecord(record, now, isLive);
      states.set(key.name, state);
      if (record && state.value) {
        active.push({ key, state });
        end = Math.min(end, nextEnd(record, now));
      }
    }
    this.active = active;
    this.nextEnd = end;
    this.revision = document?.revision ?? 0;
    this.states = states;
  }

  /** What is known of a key. */
  of(key: MaintenanceKey): MaintenanceState {
    return this.states.get(key.name) ?? OFF;
  }
}
