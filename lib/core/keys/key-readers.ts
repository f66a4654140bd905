import type { MaintenanceKey } from './maintenance-key.js';
import type { MaintenanceState } from './maintenance-state.js';

/** Where a key finds its state; set when the key is registered. */
export interface KeyStateReader {
  current(key: MaintenanceKey): MaintenanceState;
  fresh(key: MaintenanceKey): Promise<MaintenanceState>;
}

/** By key. Several applications of one process may register it; it answers for the last one. */
const readers = new WeakMap<MaintenanceKey, KeyStateReader[]>();

/** The reader of a key. */
export const readerOf = (key: MaintenanceKey): KeyStateReader | undefined => readers.get(key)?.at(-1);

/** Connects a key to the state of an application that registered it. */
export function bindKey(key: MaintenanceKey, reader: KeyStateReader): void {
  readers.set(key, [...(readers.get(key) ?? []), reader]);
}

/** Disconnects it from an application that ends. */
export function unbindKey(key: MaintenanceKey, reader: KeyStateReader): void {
  readers.set(
    key,
    (readers.get(key) ?? []).filter((other) => other !== reader),
  );
}
