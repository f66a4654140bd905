import type { MaintenanceQuiet } from '../../core/cluster/quiet.js';
import type { MaintenanceHistoryEntry } from '../../core/history/maintenance-history-entry.js';
import type { MaintenanceReplica } from '../../core/service/replica.js';
import type { MaintenanceWindow } from '../../core/windows/maintenance-window.js';

/** A value after a round trip through JSON: instants are text. */
type Json<T> = T extends Date
  ? string
  : T extends (infer Item)[] | readonly (infer Item)[]
    ? Json<Item>[]
    : T extends object
      ? { [Key in keyof T]: Json<T[Key]> }
      : T;

export const toJson = <T>(value: T): Json<T> => JSON.parse(JSON.stringify(value)) as Json<T>;

/** A planned window. */
export type WindowJson = Json<MaintenanceWindow>;

/** A replica. */
export type ReplicaJson = Json<MaintenanceReplica>;

/** Whether it is quiet. */
export type QuietJson = Json<MaintenanceQuiet>;

/** An entry of the history. */
export type HistoryJson = Json<MaintenanceHistoryEntry>;
