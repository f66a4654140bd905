import type { MaintenanceKeyLike } from '../keys/maintenance-key-like.js';

/** What a bypass token grants. @publicApi */
export interface MaintenanceBypassTokenOptions {
  /** Milliseconds it is good for. Default: a day. */
  expiresIn?: number;
  /** Only these keys; default: all. */
  keys?: readonly MaintenanceKeyLike[];
}
