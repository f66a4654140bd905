import type { MaintenanceKey } from './maintenance-key.js';
import type { MaintenanceState } from './maintenance-state.js';

/** Where a key finds out what is known of it; set when the key is registered. */
export interface KeyStateReader {
  current(key: MaintenanceKey): MaintenanceState;
  fresh(key: MaintenanceKey): Promise<MaintenanceState>;
}

/** By key, since several applications of one process may register it; it speaks for the one that did so last. */
const readers = new WeakMap<MaintenanceKey, KeyStateReader[]>();

/** The one that speaks for a key. */
export const readerOf = (key: MaintenanceKey): KeyStateReader | undefined => readers.get(key)?.at(-1);

/** Ties a key to the state of an application that registered it. */
export function bindKey(key: MaintenanceKey, reader: KeyStateReader): void {
  readers.set(key, [...(readers.get(key) ?? []), reader]);
}

/** Unties it from an application that ends. */
export function unbindKey(key: MaintenanceKey, reader: KeyStateReader): void {
  readers.set(
    key,
    (readers.get(key) ?? []).filter((other) => other !== reader),
  );
}
