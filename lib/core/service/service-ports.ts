import type { MaintenanceKeyLike } from '../keys/maintenance-key-like.js';
import type { MaintenanceStatus } from '../keys/maintenance-status.js';
import type { ActiveKey } from '../state/snapshot.js';
import type { MaintenanceBypassTokenOptions } from './bypass-token-options.js';
import type { MaintenanceMenuItem } from './menu-item.js';
import type { MaintenanceSubject } from './subject.js';

/** Asks keys about a request; the room of decisions does. */
export interface StatusSource {
  /** The answer of the first of these keys, in order, that says `true`. */
  first(active: readonly ActiveKey[], request: unknown): MaintenanceStatus | undefined;
}

/** Makes bypass tokens; the room of access does. */
export interface TokenSource {
  /** @param getKey resolves a key or throws */
  create(
    options: MaintenanceBypassTokenOptions | undefined,
    getKey: (key: MaintenanceKeyLike) => { readonly name: string },
  ): string;
}

/** Says what stands in the host's own menu; the admin room does. */
export interface MenuSource {
  getItem(subject: MaintenanceSubject): Promise<MaintenanceMenuItem | null>;
}
