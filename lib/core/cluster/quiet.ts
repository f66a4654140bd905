import { isAtLeast, type Version } from '../document/version.js';
import type { RunningReport, SeenReplica } from '../store/presence.js';
import { isConcerned } from './undrained.js';

/** A call in flight, for operators. @publicApi */
export interface MaintenanceRunningCall {
  /** Its route, or the name of its handler or work. */
  readonly route: string;
  /** When it began, by the clock of the store; at most a second too early. */
  readonly since: Date;
}

/** What one replica is still running that a key refuses. @publicApi */
export interface MaintenanceQuietReplica {
  /** As in `service.replicas()`. */
  readonly id: string;
  /** Host name of its machine. */
  readonly host: string;
  /** Its process id. */
  readonly pid: number;
  /** Whether it has applied the key's last change. If it has and the key is on, it admits nothing that the key refuses. */
  readonly applied: boolean;
  /** Whether it has not reported for longer than its lease; then this is its last report. */
  readonly silent: boolean;
  /** Calls that were admitted before and are still running; the longest first, at most 20. */
  readonly running: readonly MaintenanceRunningCall[];
}

/** Whether anything still runs that a key refuses. @publicApi */
export interface MaintenanceQuiet {
  /** Whether the key is on, every replica has applied that, and none is running anything that the key refuses. */
  readonly quiet: boolean;
  /** Since when it has been quiet; `null` while it is not. */
  readonly since: Date | null;
  /** All replicas that the key can affect. */
  readonly replicas: readonly MaintenanceQuietReplica[];
}

interface KnownState {
  readonly version: Version;
  readonly change: string | undefined;
}

/** What one replica reports about a key, and since when it has been quiet. */
interface Finding {
  readonly replica: MaintenanceQuietReplica;
  readonly quietSince: number | null;
}

/**
 * Combines what replicas report about a key.
 * @param state what is known here: what was applied, and the name of the key's last change while it is on
 * @param complete are all replicas known
 */
export function describeQuiet(
  seen: readonly SeenReplica[],
  key: string,
  state: KnownState,
  complete: boolean,
): MaintenanceQuiet {
  const { change } = state;
  const findings = seen
    .filter((replica) => isConcerned(replica, key))
    .map((replica) => find(replica, key, state));
  const waited = findings.filter(({ quietSince }) => quietSince === null);
  const quiet = change !== undefined && complete && waited.length === 0;
  const since = Math.max(...findings.map(({ quietSince }) => quietSince ?? 0));
  return {
    quiet,
    since: quiet && findings.length > 0 ? new Date(since) : null,
    replicas: findings.map(({ replica }) => replica),
  };
}

function find(
  { id, host, pid, silentFor, told }: SeenReplica,
  key: string,
  { version, change }: KnownState,
): Finding {
  const report = told && Object.hasOwn(told.running, key) ? told.running[key] : undefined;
  const applied =
    told?.unknownKeys.includes(key) === false &&
    (change === undefined ? isAtLeast(told.at, version) : report?.change === change);
  const running = (report?.calls ?? []).map(([route, begun]) => ({ route, since: new Date(begun) }));
  return {
    replica: { id, host, pid, applied, silent: silentFor > 0, running },
    quietSince: quietSince(told?.observer === true, applied, report),
  };
}

/** An observer with nothing in progress has nothing to apply. */
const quietSince = (observer: boolean, applied: boolean, report: RunningReport | undefined): number | null =>
  applied && report ? report.quietSince : observer ? 0 : null;
