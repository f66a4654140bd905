import type { MaintenanceKeyJson } from '../core/keys/maintenance-key-json.js';

/** What every client is told on connecting and on every change. @publicApi */
export interface MaintenanceStatusMessage {
  /** Is the site closed for an ordinary visitor. */
  maintenanceMode: boolean;
  /** Which public keys are in maintenance, by name. */
  modes: Record<string, boolean>;
  /** What visitors shall read; `null` while the site is open. */
  message: string | null;
  /** Whole seconds after which it is worth to look again; `null` while the site is open. */
  retryAfter: number | null;
  /** The known end, ISO 8601. */
  until: string | null;
  /** Number of the last write that visitors may know of; only grows within one history of the store. */
  revision: number;
  /**
   * Milliseconds over which pages should load anew when all of them must; grows with the number of the server's clients. Absent as
   * long as only the ping endpoint was asked.
   */
  spread?: number;
  /** Key data by name; only with the permission `see_info`. */
  maintenance?: Record<string, MaintenanceKeyJson>;
}

/** What a `ping` is answered with. @publicApi */
export interface MaintenancePong extends MaintenanceStatusMessage {
  /** Is the key in maintenance that was asked for; absent for a key that is not known, or not to be known. */
  currentMode?: boolean;
}

/** What a malformed `ping` is answered with. @publicApi */
export interface MaintenancePingError {
  error: string;
  maintenanceMode: boolean;
}
