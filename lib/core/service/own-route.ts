import { currentCall } from '../calls/current-call.js';
import { MaintenanceDrainError } from '../errors/drain-error.js';

/**
 * A drain that waited for only one route of this replica, and was started where calls are not followed, may have waited for the
 * very request that started it: the error says so.
 * @param replica id of this replica
 */
export function explainOwnRoute(error: unknown, replica: string): unknown {
  if (error instanceof MaintenanceDrainError && currentCall() === undefined) {
    const [first, ...others] = error.replicas;
    if (others.length === 0 && first?.id === replica && first.routes.length === 1) {
      error.message += `. If the handler of ${first.routes[0]} called maintain(), it waited for its own request: calls are followed where the service is injected into the class of the handler, or everywhere with the option { followCalls: true }`;
    }
  }
  return error;
}
