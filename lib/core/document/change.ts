import type { MaintenanceHolder, MaintenanceState } from '../keys/maintenance-state.js';
import {
  describeRecord,
  pruneRecord,
  type ChangeRecord,
  type KeyRecord,
  type MaintenanceCause,
  type StateDocument,
} from './record.js';
import type { Editor } from './updates.js';

/** One change of one key, as this process learned of it. @publicApi */
export interface MaintenanceChange {
  /** Name of the key. */
  readonly key: string;
  /** Was it in maintenance before, as far as this process knew. */
  readonly from: boolean;
  /** Is it in maintenance now; stays `true` when a switch is turned off while a `maintain()` still holds the key. */
  readonly to: boolean;
  /**
   * `'set'` and `'unset'` by an operator, `'maintain'` and `'release'` by a job, `'expiry'` by itself. What a replica of a newer
   * version has made may have a cause that this version does not know.
   */
  readonly cause: MaintenanceCause;
  /** What visitors read; `null`: the built-in sentence. */
  readonly message: string | null;
  /** For operators only. */
  readonly reason: string | null;
  /** For operators only: who did it. */
  readonly actor: string | null;
  /** The end that visitors are told; `null`: none is known, or it is over. */
  readonly until: Date | null;
  /** When it ends by itself, also where visitors are not told; `null`: never, or it is over. */
  readonly endsAt: Date | null;
  /** What was known before. */
  readonly previous: {
    /** What visitors read. */
    readonly message: string | null;
    /** The end that visitors were told. */
    readonly until: Date | null;
  };
  /** Was it on before, and is it on for longer now. */
  readonly extended: boolean;
  /** Number of the write; only grows within one history of the store. */
  readonly revision: number;
  /** When, by the clock of the store. */
  readonly at: Date;
  /** With the event `'abandoned'`: who has died; `null` where it is not known. */
  readonly holder?: MaintenanceHolder | null;
  /** Replicas that have applied the change; only with `{ acknowledge }`. */
  readonly acknowledged?: string[];
  /** Live replicas that have not applied it in time; only with `{ acknowledge }`. */
  readonly missing?: string[];
}

/** What is told of a change besides the state before and after it. */
type Told = Omit<ChangeRecord, 'from' | 'to' | 'hooks'>;

/** A change as it is handed out. */
export function toChange(
  key: string,
  before: MaintenanceState,
  after: MaintenanceState,
  { cause, message, reason, actor, revision, at }: Told,
): MaintenanceChange {
  return {
    key,
    from: before.value,
    to: after.value,
    cause,
    message,
    reason,
    actor,
    until: after.until,
    endsAt: after.endsAt,
    previous: { message: before.message, until: before.until },
    extended: before.value && after.value && endOf(after) > endOf(before),
    revision,
    at: new Date(at),
  };
}

/**
 * What a change would come to, if nothing else happened before it is written.
 * @param told of it where nothing needs to be written
 * @throws what the editor throws
 */
export function previewChange(
  document: StateDocument | null,
  key: string,
  editor: Editor,
  told: Omit<Told, 'revision' | 'at'>,
  now: number,
): MaintenanceChange {
  const present = document?.keys.get(key);
  const record = present && pruneRecord(present, now);
  const edit = editor(record, now);
  const before = stateOf(record, now);
  return toChange(key, before, edit ? stateOf(edit, now) : before, {
    ...(edit ?? told),
    revision: document?.revision ?? 0,
    at: now,
  });
}

/** A record's state, as far as changes tell of it. */
export const stateOf = (
  record: Pick<KeyRecord, 'switch' | 'holds'> | undefined,
  now: number,
): MaintenanceState => describeRecord(record, now, () => true);

const endOf = ({ endsAt }: MaintenanceState): number => endsAt?.getTime() ?? Infinity;
