import type { MaintenanceKeyJson } from '../../core/keys/maintenance-key-json.js';
import type {
  MaintenanceWindowCancelOptions,
  MaintenanceWindowChanges,
  MaintenanceWindowOptions,
} from '../../core/windows/window-options.js';
import type { MaintenanceText } from '../../core/texts/maintenance-text.js';
import type { HistoryJson, QuietJson, ReplicaJson, WindowJson } from './json.js';

/** Which part of the history is wanted. */
export interface HistoryWish {
  readonly key?: string;
  readonly since?: Date;
  readonly limit: number;
}

/** A change of a key. */
export interface KeyChange {
  readonly mode: boolean;
  readonly timeout?: number;
  readonly until?: Date;
  readonly message?: MaintenanceText | undefined;
  readonly reason?: string;
  readonly actor?: string;
  /** `false`: no hooks are called for it. */
  readonly callHooks?: boolean;
  /** Milliseconds over which visitors come back. */
  readonly reopenOver?: number;
  /** Milliseconds to wait until every replica has applied it. */
  readonly acknowledge?: number;
  /** Only if the key is on: do not switch it on. */
  readonly onlyIfOn?: boolean;
}

/** The result of a change. */
export interface ChangeResult {
  readonly from: boolean;
  readonly to: boolean;
  readonly revision: number;
  /** ISO 8601. */
  readonly at: string;
  readonly key: MaintenanceKeyJson;
  readonly acknowledged?: readonly string[];
  readonly missing?: readonly string[];
}

/** Routes of the application that a key closes, and those that it leaves open. */
export interface AffectedRoutes {
  readonly closes: readonly string[];
  readonly staysOpen: readonly string[];
}

/** Whether key data is what is stored, or only the last known state. */
export interface StoreState {
  readonly up: boolean;
  /** Since when it is not. */
  readonly since: string | null;
  readonly error: string | null;
}

/** What {@link Backend.watch} reports. */
export type WatchEvent =
  | { readonly type: 'change'; readonly key: MaintenanceKeyJson }
  | { readonly type: 'connection'; readonly up: boolean; readonly error: string | null };

/** One finding of `doctor`. */
export interface Finding {
  readonly level: 'ok' | 'note' | 'warning' | 'problem';
  /** Stable, for programs. */
  readonly code: string;
  readonly message: string;
}

/** One of the two ways to an application's maintenance: through its Redis, or through the admin API of a running one. */
export interface Backend {
  readonly way: 'redis' | 'api';
  /** Where that is, without credentials. */
  readonly place: string;
  /** By `order`, then by name, without those that are {@link unknown}. */
  keys(): Promise<MaintenanceKeyJson[]>;
  /** Keys whose state could not be read when keys were last read: neither on nor off. */
  unknown(): readonly string[];
  /** @throws with the code MAINTENANCE_UNKNOWN_KEY, and if its state cannot be read */
  key(name: string): Promise<MaintenanceKeyJson>;
  /** As it was when keys were last read. */
  store(): StoreState;
  set(name: string, change: KeyChange): Promise<ChangeResult>;
  /** Forgets switch and holds. */
  unset(name: string, words: Pick<KeyChange, 'reason' | 'actor'>): Promise<MaintenanceKeyJson>;
  replicas(): Promise<ReplicaJson[]>;
  /** @returns `false` if there is none */
  forget(id: string): Promise<boolean>;
  quiet(name: string, timeout: number, signal?: AbortSignal): Promise<QuietJson>;
  /** @returns `undefined` if only the application knows */
  routes(name: string): Promise<AffectedRoutes | undefined>;
  /** Newest first. */
  history(wish: HistoryWish): Promise<HistoryJson[]>;
  /** Those that are on or planned, in order; of all keys, or of one. */
  windows(key?: string): Promise<WindowJson[]>;
  schedule(key: string, options: MaintenanceWindowOptions): Promise<WindowJson>;
  /** @throws with the code MAINTENANCE_UNKNOWN_WINDOW */
  reschedule(id: string, changes: MaintenanceWindowChanges): Promise<WindowJson>;
  /** @returns what is left of it */
  cancel(id: string, options: MaintenanceWindowCancelOptions): Promise<WindowJson | null>;
  /**
   * Calls back with changes, until the signal aborts.
   * @param known what was reported before: later changes are reported first
   */
  watch(
    known: readonly MaintenanceKeyJson[],
    tell: (event: WatchEvent) => void,
    signal: AbortSignal,
  ): Promise<void>;
  doctor(): Promise<Finding[]>;
  close(): Promise<void>;
}
