import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import { MaintenanceStatus } from '../core/keys/maintenance-status.js';
import type { ActiveKey } from '../core/state/snapshot.js';
import { messageOf } from '../core/store/store.js';
import type { HandlerPolicy } from './handler-policy.js';

/** Can this method only read. */
export const isSafeMethod = (method: unknown): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS';

/** The one question every transport asks: may this call pass? */
export class Decision {
  constructor(private readonly warn: (message: string) => void) {}

  /** The status of a key for a request, when it says so. A status that throws counts as its value. */
  ask(key: MaintenanceKey, state: ActiveKey['state'], request: unknown): MaintenanceStatus | undefined {
    try {
      const Status = key.getStatusClass();
      const status = new Status(state.value, key, request, state);
      return status.active ? status : undefined;
    } catch (error) {
      this.warn(
        `The status class of maintenance key "${key.name}" threw, the request is refused: ${messageOf(error)}`,
      );
      return new MaintenanceStatus(state.value, key, request, state);
    }
  }

  /** The status of the first of these keys, in order, that says so; of a request whose handler nobody knows. */
  first(active: readonly ActiveKey[], request: unknown): MaintenanceStatus | undefined {
    const safe = isSafeMethod((request as { method?: unknown } | null | undefined)?.method);
    for (const { key, state } of active) {
      const status = allowsRead(key, safe) ? undefined : this.ask(key, state, request);
      if (status) {
        return status;
      }
    }
    return undefined;
  }
}

/** Does a key let pass what can only read. */
export const allowsRead = ({ readOnly }: MaintenanceKey, safe: boolean): boolean => readOnly && safe;

/**
 * Does a key concern a call at all, whatever its status class says.
 * @param safe can the call only read: GET, HEAD, OPTIONS, a GraphQL query
 */
export const affects = (key: MaintenanceKey, target: HandlerPolicy, safe: boolean): boolean =>
  !allowsRead(key, safe) && target.isConcernedBy(key);
