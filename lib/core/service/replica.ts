import type { SeenReplica } from '../store/presence.js';

/** A replica of the application, as it last told of itself. @publicApi */
export interface MaintenanceReplica {
  /** Random, new with every start. */
  readonly id: string;
  /** Name of its machine. */
  readonly host: string;
  /** Its process. */
  readonly pid: number;
  /** The state it has applied; 0 where that is unknown. */
  readonly revision: number;
  /** Has it applied what this replica knows. */
  readonly applied: boolean;
  /** Requests it was serving; 0 where that is unknown. */
  readonly inFlight: number;
  /** When it last told of itself, by the clock of the store. */
  readonly lastSeen: Date;
  /**
   * Has it told nothing for longer than its lease: its event loop is blocked, it is stopped, cut off from the store, or dead.
   * Drains wait for it all the same while its connection may be open, see `forgetReplica()`.
   */
  readonly silent: boolean;
  /** What is known of its connection to the store; `'unknown'` where the store cannot say. */
  readonly connection: 'open' | 'closed' | 'unknown';
  /** It has no handlers, as a script has none: drains wait only for what it runs under `whileOpen()`. */
  readonly observer: boolean;
  /** Keys in maintenance that it does not know, as an older deployment may not: what they refuse it lets pass. */
  readonly unknownKeys: readonly string[];
}

/** @param write what this replica has applied */
export function toReplica(
  { id, host, pid, lastSeen, silentFor, connection, told }: SeenReplica,
  write: string,
): MaintenanceReplica {
  return {
    id,
    host,
    pid,
    revision: told?.revision ?? 0,
    applied: told?.write === write,
    inFlight: told?.inFlight ?? 0,
    lastSeen: new Date(lastSeen),
    silent: silentFor > 0,
    connection,
    observer: told?.observer ?? false,
    unknownKeys: told?.unknownKeys ?? [],
  };
}
