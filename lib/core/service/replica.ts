import type { SeenReplica } from '../store/store.js';

/** A replica of the application, as it last told of itself. @publicApi */
export interface MaintenanceReplica {
  /** Random, new with every start. */
  readonly id: string;
  /** Name of its machine. */
  readonly host: string;
  /** Its process. */
  readonly pid: number;
  /** What it has applied. */
  readonly revision: number;
  /** Requests it was serving. */
  readonly inFlight: number;
  /** When it last told of itself, by the clock of the store. */
  readonly lastSeen: Date;
}

export const toReplica = ({
  id,
  host,
  pid,
  revision,
  inFlight,
  lastSeen,
}: SeenReplica): MaintenanceReplica => ({
  id,
  host,
  pid,
  revision,
  inFlight,
  lastSeen: new Date(lastSeen),
});
