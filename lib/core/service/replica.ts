import { isAtLeast, type Version } from '../document/version.js';
import type { SeenReplica } from '../store/presence.js';

/** A replica of the application, as of its last report. @publicApi */
export interface MaintenanceReplica {
  /** Random, new with every start. */
  readonly id: string;
  /** Host name of its machine. */
  readonly host: string;
  /** Its process id. */
  readonly pid: number;
  /** Revision of the state it has applied; 0 if unknown. */
  readonly revision: number;
  /** Whether it has applied everything that this replica knows. */
  readonly applied: boolean;
  /** Number of calls it was serving; 0 if unknown. */
  readonly inFlight: number;
  /** When it last reported, by the clock of the store. */
  readonly lastSeen: Date;
  /**
   * Whether it has not reported for longer than its lease: its event loop is blocked, or it is stopped, cut off from the store or
   * dead. Drains still wait for it as long as its connection may be open; see `forgetReplica()`.
   */
  readonly silent: boolean;
  /** State of its connection to the store; `'unknown'` if the store cannot tell. */
  readonly connection: 'open' | 'closed' | 'unknown';
  /** Whether it has no handlers, like a script: drains wait only for what it runs under `whileOpen()`. */
  readonly observer: boolean;
  /** Keys in maintenance that it does not know, for example because it is an older deployment: it admits what they refuse. */
  readonly unknownKeys: readonly string[];
  /** The version of this library that it runs; `null` if unknown. */
  readonly version: string | null;
  /**
   * Milliseconds by which the clock of its machine is ahead of the store's clock, which decides when maintenance ends; negative:
   * behind. 0 if it is off by a second at most, or unknown.
   */
  readonly clockSkew: number;
}

/** @param version what this replica is at */
export function toReplica(
  { id, host, pid, lastSeen, silentFor, connection, told }: SeenReplica,
  version: Version,
): MaintenanceReplica {
  return {
    id,
    host,
    pid,
    revision: told?.revision ?? 0,
    applied: told !== undefined && isAtLeast(told.at, version),
    inFlight: told?.inFlight ?? 0,
    lastSeen: new Date(lastSeen),
    silent: silentFor > 0,
    connection,
    observer: told?.observer ?? false,
    unknownKeys: told?.unknownKeys ?? [],
    version: told?.version ?? null,
    clockSkew: told?.clockSkew ?? 0,
  };
}
