import { MaintenanceKey } from '../keys/maintenance-key.js';
import { isName } from '../keys/maintenance-key-options.js';
import type { StateManager } from '../state/state-manager.js';
import { keyOf } from './published-key.js';

/** Where keys come from that a process has not declared itself. */
const SOURCE = 'an application that published it';

/**
 * Takes over the keys that applications have published, and those that something is recorded of.
 * @throws MaintenanceStoreError
 */
export async function learnPublishedKeys(manager: StateManager): Promise<void> {
  const { registry, store, document } = manager;
  const entries = (await store.catalogue?.read(manager.deadline())) ?? [];
  for (const entry of entries) {
    const key = keyOf(entry);
    if (key) {
      registry.replace(key, SOURCE);
    }
  }
  for (const name of document?.keys.keys() ?? []) {
    if (!registry.has(name) && isName(name)) {
      registry.add(new MaintenanceKey(name), 'the stored state');
    }
  }
}
