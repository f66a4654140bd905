import type { MaintenanceKey } from '../keys/maintenance-key.js';
import { MaintenanceStatus } from '../keys/maintenance-status.js';
import type { ActiveKey } from '../state/snapshot.js';
import { messageOf } from '../state/store.js';
import type { Target } from './target.js';

/** What may pass or not: a request, a message, a resolver call. */
export interface Call {
  /** As the framework hands it out; what status classes see. */
  readonly request: unknown;
  /** What its handler's decorators say; `undefined` where no handler is known. */
  readonly target: Target | undefined;
  /** Can it only read: GET, HEAD, OPTIONS, a GraphQL query. */
  readonly safe: boolean;
}

/** Can this method only read. */
export const isSafeMethod = (method: unknown): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS';

/** The one question every transport asks: may this call pass? */
export class Decision {
  constructor(private readonly warn: (message: string) => void) {}

  /** What one key that is in maintenance says of the call; `undefined` lets it pass. */
  refusedBy({ key, state }: ActiveKey, call: Call): MaintenanceStatus | undefined {
    return affects(key, call) ? this.ask(key, state, call.request) : undefined;
  }

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
}

/** Does a key concern this call at all, whatever its status class says. */
export function affects(key: MaintenanceKey, { target, safe }: Call): boolean {
  if (key.readOnly && safe) {
    return false;
  }
  return target ? target.isConcernedBy(key) : key.scope === 'site';
}
