import type {
  MaintenanceKeyJson,
  MaintenanceReopeningJson,
  MaintenanceUpcoming,
} from '../core/keys/maintenance-key-json.js';
import type { MaintenanceVisibleProgress } from '../core/progress/maintenance-progress.js';

/** What every client gets on connection and with every change. @publicApi */
export interface MaintenanceStatusMessage {
  /** Whether the site is closed for an ordinary visitor. */
  maintenanceMode: boolean;
  /** Which public keys are in maintenance, by name; as last pushed while the ping endpoint is polled, which does not say. */
  modes: Record<string, boolean>;
  /** The message for visitors; `null` while the site is open. */
  message: string | null;
  /** Whole seconds after which to try again; `null` while the site is open. */
  retryAfter: number | null;
  /** The known end, ISO 8601. */
  until: string | null;
  /** The maintenance is over, and visitors come back gradually, each at their own moment; absent otherwise. */
  reopening?: MaintenanceReopeningJson;
  /** Progress of the work that closes the site, if it is public. */
  progress?: MaintenanceVisibleProgress;
  /** Planned windows of public keys that have been announced and have not started, in order; absent if there are none. */
  upcoming?: MaintenanceUpcoming[];
  /** Number of the last write that visitors may know of; it only grows as long as the store loses no data. */
  revision: number;
  /**
   * Milliseconds over which pages spread their reloads; grows with the number of the server's clients. Absent as
   * long as only the ping endpoint was asked.
   */
  spread?: number;
  /** Key data by name; only with the permission `see_info`. */
  maintenance?: Record<string, MaintenanceKeyJson>;
}

/** Answer to a `ping`. @publicApi */
export interface MaintenancePong extends MaintenanceStatusMessage {
  /** Whether the given key is in maintenance; absent if the key is unknown or not public, and if the ping endpoint responded. */
  currentMode?: boolean;
}

/** Answer to a malformed `ping`. @publicApi */
export interface MaintenancePingError {
  error: string;
  maintenanceMode: boolean;
}
