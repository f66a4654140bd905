import type { ChangeRecord, MaintenanceCause } from './record.js';

/** One change of one key, as this process learned of it. @publicApi */
export interface MaintenanceChange {
  /** Name of the key. */
  readonly key: string;
  /** Was it in maintenance before, as far as this process knew. */
  readonly from: boolean;
  /** Is it in maintenance now; stays `true` when a switch is turned off while a `maintain()` still holds the key. */
  readonly to: boolean;
  /** `'set'` and `'unset'` by an operator, `'maintain'` and `'release'` by a job, `'expiry'` by itself. */
  readonly cause: MaintenanceCause;
  /** What visitors read; `null`: the built-in sentence. */
  readonly message: string | null;
  /** For operators only. */
  readonly reason: string | null;
  /** For operators only: who did it. */
  readonly actor: string | null;
  /** Number of the write; only grows within one history of the store. */
  readonly revision: number;
  /** When, by the clock of the store. */
  readonly at: Date;
  /** Replicas that have applied the change; only with `{ acknowledge }`. */
  readonly acknowledged?: string[];
  /** Live replicas that have not applied it in time; only with `{ acknowledge }`. */
  readonly missing?: string[];
}

/** A change as it is handed out. */
export function toChange(
  key: string,
  from: boolean,
  to: boolean,
  record: Omit<ChangeRecord, 'from' | 'to' | 'hooks'>,
): MaintenanceChange {
  const { cause, message, reason, actor, revision, at } = record;
  return { key, from, to, cause, message, reason, actor, revision, at: new Date(at) };
}
