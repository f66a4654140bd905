import type { Call } from '../calls/call.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import type { MaintenanceKeyLike } from '../keys/maintenance-key-like.js';
import type { MaintenanceStatus } from '../keys/maintenance-status.js';
import type { ActiveKey } from '../state/snapshot.js';
import type { MaintenanceBypassTokenOptions } from './bypass-token-options.js';
import type { MaintenanceMenuItem } from './menu-item.js';
import type { MaintenanceSubject } from './subject.js';

/** Asks keys about a request; implemented by decision/. */
export interface StatusSource {
  /** The answer of the first of these keys, in order, that says `true`. */
  first(active: readonly ActiveKey[], request: unknown): MaintenanceStatus | undefined;
}

/** Says whose work is waited for already; implemented by in-flight/. */
export interface CoverageSource {
  /**
   * Whether a drain of the key would wait for that call, or one that it was started in, if it were admitted only now.
   * @param since monotonic moment since which the key is drained here: nobody waits for calls that have been waiting since
   * @param on the same, since which it is on: nor for what has begun since and comes from no request
   */
  covers(call: Call, key: MaintenanceKey, since: number, on: number): boolean | Promise<boolean>;
}

/** Knows who waits for calls of this replica; implemented by cluster/. */
export interface DrainSource {
  /** Monotonic moment since when the first hold of a key, except these, has waited for calls here; `Infinity`: none does. */
  drainingSince(key: string, except: readonly string[]): number;
  /** Monotonic moment since when a key has been on here; `Infinity` if it is off. */
  onSince(key: string): number;
}

/** What happens to work while this replica is out of contact with the store; decision/ implements it. */
export interface StaleSource {
  /** Nothing begins, since nothing certain is known. */
  readonly blocks: boolean;
  /** One bounded look at the store. */
  catchUp(): Promise<void>;
}

/** Creates bypass tokens; implemented by access/. */
export interface TokenSource {
  /** @param getKey resolves a key or throws */
  create(
    options: MaintenanceBypassTokenOptions | undefined,
    getKey: (key: MaintenanceKeyLike) => { readonly name: string },
  ): string;
}

/** The item for the application's own menu; implemented by admin/. */
export interface MenuSource {
  getItem(subject: MaintenanceSubject): Promise<MaintenanceMenuItem | null>;
}
