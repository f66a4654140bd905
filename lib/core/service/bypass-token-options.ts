import type { MaintenanceKeyLike } from '../keys/maintenance-key-like.js';

/** What a bypass token grants. @publicApi */
export interface MaintenanceBypassTokenOptions {
  /** Milliseconds until it expires. Default: a day. */
  expiresIn?: number;
  /** Keys that the bearer may pass. Default: all. */
  keys?: readonly MaintenanceKeyLike[];
}

export const TOKEN_OPTIONS: readonly string[] = [
  'expiresIn',
  'keys',
] satisfies (keyof MaintenanceBypassTokenOptions)[];
