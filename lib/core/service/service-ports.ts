import type { Call } from '../calls/call.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
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

/** Says whose work is waited for already; the room of what is in flight does. */
export interface CoverageSource {
  /** Would whoever drains the key wait for that call, or one that it was begun in, if it were still to be let pass. */
  covers(call: Call, key: MaintenanceKey): boolean | Promise<boolean>;
}

/** What happens to work while this replica is out of contact with the store; decision/ implements it. */
export interface StaleSource {
  /** Nothing begins, since nothing certain is known. */
  readonly blocks: boolean;
  /** One bounded look at the store. */
  catchUp(): Promise<void>;
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
