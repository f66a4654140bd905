import type { MaintenanceUndrainedReplica } from '../errors/drain-error.js';
import type { SeenReplica } from '../store/store.js';
import type { AcknowledgedWrites } from './acknowledged-writes.js';

/** Whether a key can affect a replica; not if the replica declares the key as foreign. */
export const isConcerned = ({ told }: SeenReplica, key: string): boolean =>
  !told || told.foreignKeys === true || !told.foreignKeys.includes(key);

/** Whether it has applied a change of the key, and knows what that means. */
export const hasApplied = ({ told }: SeenReplica, key: string, applied: AcknowledgedWrites): boolean =>
  told !== undefined && applied.includes(told) && !told.unknownKeys.includes(key);

/**
 * Why work has to wait for a replica; `undefined` if it need not. A replica that has acknowledged the hold and serves nothing
 * that it refuses is not waited for, even if it has fallen silent since. An unreadable report proves nothing.
 */
export function findUndrained(
  replica: SeenReplica,
  key: string,
  hold: string,
  applied: AcknowledgedWrites,
): MaintenanceUndrainedReplica | undefined {
  const { id, host, pid, silentFor, connection, told } = replica;
  const routes = told?.draining[hold] ?? [];
  const drained = told?.observer || hasApplied(replica, key, applied);
  if (!isConcerned(replica, key) || (drained && routes.length === 0)) {
    return undefined;
  }
  const inFlight = told?.inFlight ?? null;
  const knowsKey = !told?.unknownKeys.includes(key);
  return { id, host, pid, routes, silentFor, connection, inFlight, knowsKey };
}
