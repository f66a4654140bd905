import { getStatusClass } from '../core/keys/get-status-class.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { MaintenanceState } from '../core/keys/maintenance-state.js';
import { allowsRead } from '../decision/decision.js';

/** Whether an ordinary visitor is refused a page. A status class that cannot decide without a request counts as its value. */
export function closesSite(key: MaintenanceKey, state: MaintenanceState): boolean {
  if (key.scope !== 'site' || allowsRead(key, state, true)) {
    return false;
  }
  try {
    const Status = getStatusClass(key);
    const active: unknown = new Status(state.value, key, undefined, state).active;
    if (typeof active === 'boolean') {
      return active;
    }
    // for example a promise: the refused request logs it; here it must not stay unhandled
    Promise.resolve(active).catch(() => {});
  } catch {
    // as if it had no class
  }
  return state.value;
}

/** The same, if the key were on. */
export const wouldCloseSite = (key: MaintenanceKey, state: MaintenanceState): boolean =>
  closesSite(key, { ...state, value: true });
