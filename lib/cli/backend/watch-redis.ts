import { once } from 'node:events';
import { learnPublishedKeys } from '../../core/catalogue/published-keys.js';
import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import type { StateManager } from '../../core/state/state-manager.js';
import type { StandaloneMaintenance } from '../../standalone/standalone-maintenance.js';
import type { WatchEvent } from './backend.js';
import { ToldKeys } from './told-keys.js';

/** Milliseconds between two looks for newly published keys. */
const LEARN_INTERVAL = 10_000;
/** Milliseconds between two looks at the phases of keys. */
const LOOK_INTERVAL = 1_000;

/**
 * Tells of changes and of the connection until `signal` aborts.
 * @param describe a key by name; `undefined` while nobody knows whether it is in maintenance
 * @param known what has been told before
 */
export async function watchRedis(
  { service, manager }: { readonly service: StandaloneMaintenance; readonly manager: StateManager },
  describe: (name: string) => MaintenanceKeyJson | undefined,
  known: readonly MaintenanceKeyJson[],
  tell: (event: WatchEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const told = new ToldKeys(known);
  const say = (name: string, always: boolean): void => {
    const key = describe(name);
    if (key && (told.differs(key) || always)) {
      tell({ type: 'change', key });
    }
  };
  // phases come without a change
  const look = (): void => known.forEach(({ name }) => say(name, false));
  const heard = service.changes.subscribe(({ key }) => say(key, true));
  const health = service.healthChanges.subscribe(({ up, error }) => tell({ type: 'connection', up, error }));
  look();
  const looking = setInterval(look, LOOK_INTERVAL);
  const learning = setInterval(() => void learnPublishedKeys(manager).catch(() => undefined), LEARN_INTERVAL);
  if (!signal.aborted) {
    await once(signal, 'abort');
  }
  clearInterval(looking);
  clearInterval(learning);
  heard.unsubscribe();
  health.unsubscribe();
}
