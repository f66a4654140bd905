import { MaintenanceError } from './errors.js';

/** A replica that kept `maintain()` from starting its work, and why. @publicApi */
export interface MaintenanceUndrainedReplica {
  /** As in `service.replicas()`. */
  readonly id: string;
  /** Host name of its machine. */
  readonly host: string;
  /** Its process id. */
  readonly pid: number;
  /** Routes with calls still in flight; empty if the replica did not acknowledge the change. */
  readonly routes: readonly string[];
  /** Milliseconds since its last report, once that is longer than its lease; otherwise 0. */
  readonly silentFor: number;
  /**
   * State of its connection to the store, which stays open while an event loop is blocked or a process is stopped; `'unknown'`
   * if the store cannot tell.
   */
  readonly connection: 'open' | 'closed' | 'unknown';
  /** Calls it was serving at its last report; `null` if unknown. */
  readonly inFlight: number | null;
  /** `false`: it does not know the key, for example because it is an older deployment, and admits what the key refuses. */
  readonly knowsKey: boolean;
}

/**
 * Calls that were admitted before the maintenance were still running when the drain timed out, or may have been. The message says
 * for each replica why it did not count as drained.
 * @publicApi
 */
export class MaintenanceDrainError extends MaintenanceError {
  override name = 'MaintenanceDrainError';
  override readonly code = 'MAINTENANCE_DRAIN';

  constructor(
    /** Name of the key. */
    readonly key: string,
    /** Replicas that did not drain in time. */
    readonly replicas: readonly MaintenanceUndrainedReplica[],
    waited: number,
  ) {
    super(
      `Maintenance of key "${key}" was given up after ${waited} ms; its work did not run: ` +
        (replicas.map((replica) => describe(key, replica)).join('; ') ||
          'the store has just come back and may not know all replicas yet'),
    );
  }

  /** All routes that were still being served, without duplicates. */
  get routes(): readonly string[] {
    return [...new Set(this.replicas.flatMap((replica) => replica.routes))];
  }
}

const CONNECTIONS = {
  open: 'its connection is open',
  closed: 'its connection is closed',
  unknown: 'whether its connection is open is unknown',
};

function describe(key: string, replica: MaintenanceUndrainedReplica): string {
  const { id, host, pid } = replica;
  return `${host} ${reason(key, replica)} (replica ${id}, pid ${pid})`;
}

function reason(
  key: string,
  { routes, silentFor, connection, inFlight, knowsKey }: MaintenanceUndrainedReplica,
): string {
  if (silentFor > 0) {
    const silence = `has been silent for ${Math.max(1, Math.round(silentFor / 1_000))} s`;
    return `${silence}, ${CONNECTIONS[connection]}; ${running(inFlight)}`;
  }
  if (!knowsKey) {
    return `does not know key ${key}`;
  }
  if (inFlight === null) {
    return 'sends reports that this version cannot read';
  }
  return routes.length > 0 ? `still serves ${routes.join(', ')}` : 'did not acknowledge';
}

function running(inFlight: number | null): string {
  if (inFlight === null) {
    return 'what it was running is unknown';
  }
  return `${inFlight === 1 ? '1 request was' : `${inFlight} requests were`} running at its last report`;
}
