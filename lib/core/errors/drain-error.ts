import { MaintenanceError } from './errors.js';

/** A replica that kept `maintain()` from starting its work, and why. @publicApi */
export interface MaintenanceUndrainedReplica {
  /** As in `service.replicas()`. */
  readonly id: string;
  /** Name of its machine. */
  readonly host: string;
  /** Its process. */
  readonly pid: number;
  /** Routes with calls still in flight; empty when the replica never acknowledged. */
  readonly routes: readonly string[];
  /** Milliseconds since it last told of itself, once that is longer than its lease; else 0. */
  readonly silentFor: number;
  /**
   * What is known of its connection to the store, which outlives a blocked event loop and a stopped process; `'unknown'`
   * where the store cannot say.
   */
  readonly connection: 'open' | 'closed' | 'unknown';
  /** Calls it was serving when it last told of itself; `null` where that is unknown. */
  readonly inFlight: number | null;
  /** `false`: it does not know the key, as an older deployment does not, and lets pass what the key refuses. */
  readonly knowsKey: boolean;
}

/**
 * Calls admitted before the maintenance were still running when the time to drain was over, or might have been. The message
 * says of every replica why it was waited for.
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
      `Maintenance of key "${key}" was given up after ${waited} ms, its work did not run: ` +
        (replicas.map((replica) => describe(key, replica)).join('; ') ||
          'the store has only just come back, and may not know all replicas again'),
    );
  }

  /** All routes that were still being served, without repetition. */
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
    return 'tells of itself in a way that this version does not understand';
  }
  return routes.length > 0 ? `still serves ${routes.join(', ')}` : 'did not acknowledge';
}

function running(inFlight: number | null): string {
  if (inFlight === null) {
    return 'what it was running is unknown';
  }
  return inFlight === 1 ? '1 request was running' : `${inFlight} requests were running`;
}
