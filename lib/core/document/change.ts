import type {
  MaintenanceHolder,
  MaintenanceOccurrence,
  MaintenanceState,
} from '../keys/maintenance-state.js';
import { describeRecord } from './describe-record.js';
import {
  revisionOf,
  type ChangeRecord,
  type KeyParts,
  type MaintenanceCause,
  type StateDocument,
} from './record.js';
import { pruneRecord } from './passing-time.js';
import { describeMessage, messageFrom, type MaintenanceTexts } from '../texts/maintenance-text.js';
import type { Editor } from './updates.js';

/** One change of one key, as this process learned of it. @publicApi */
export interface MaintenanceChange {
  /** Name of the key. */
  readonly key: string;
  /** Whether the key was in maintenance before, as far as this process knew. */
  readonly from: boolean;
  /** Whether the key is in maintenance now; stays `true` if the switch is turned off while a `maintain()` still holds the key. */
  readonly to: boolean;
  /**
   * `'set'` and `'unset'`: an operator or your code; `'maintain'` and `'release'`: a `maintain()`; `'window'`: a planned window;
   * `'expiry'`: it ended by itself. A replica of a newer version may make changes with causes that this version does not know.
   */
  readonly cause: MaintenanceCause;
  /** The message for visitors; `null`: the built-in sentence. */
  readonly message: string | null;
  /** All of its texts, by language; absent if there is one for all. */
  readonly messages?: MaintenanceTexts;
  /** For operators only. */
  readonly reason: string | null;
  /** For operators only: who made the change. */
  readonly actor: string | null;
  /** The end that visitors see; `null`: none, or the maintenance is over. */
  readonly until: Date | null;
  /** When it ends by itself, including by the safety net that visitors do not see; `null`: never, or it is over. */
  readonly endsAt: Date | null;
  /** What visitors saw before the change. */
  readonly previous: {
    /** The message for visitors. */
    readonly message: string | null;
    /** All of its texts, by language; absent if there was one for all. */
    readonly messages?: MaintenanceTexts;
    /** The end. */
    readonly until: Date | null;
  };
  /** Whether the key was on before and now stays on for longer. */
  readonly extended: boolean;
  /** Number of the write; it only grows as long as the store loses no data. */
  readonly revision: number;
  /** When, by the clock of the store. */
  readonly at: Date;
  /** The occurrence of a planned window that this is about; absent if it is not about one. */
  readonly window?: MaintenanceOccurrence;
  /** With the event `'abandoned'`: the holder that died; `null` if unknown. */
  readonly holder?: MaintenanceHolder | null;
  /** Ids of the replicas that have applied the change; only with `{ acknowledge }`. */
  readonly acknowledged?: string[];
  /** Ids of the live replicas that have not applied it in time; only with `{ acknowledge }`. */
  readonly missing?: string[];
}

/** What a change carries besides the state before and after it. */
export type Told = Omit<ChangeRecord, 'from' | 'to' | 'hooks'>;

/** A change in the form that users get. */
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
    ...describeMessage(message),
    reason,
    actor,
    until: after.until,
    endsAt: after.endsAt,
    previous: { ...describeMessage(messageFrom(before)), until: before.until },
    extended: before.value && after.value && endOf(after) > endOf(before),
    revision,
    at: new Date(at),
  };
}

/**
 * The change that an edit would make if nothing else happened before it is written.
 * @param told what else to report if nothing needs to be written
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
  const after = edit ? stateOf({ windows: record?.windows ?? [], ...edit }, now) : before;
  return toChange(key, before, after, {
    ...(edit ?? told),
    revision: revisionOf(document, key),
    at: now,
  });
}

/** A record's state, as far as changes show it. */
export const stateOf = (record: KeyParts | undefined, now: number): MaintenanceState =>
  describeRecord(record, now, () => true);

const endOf = ({ endsAt }: MaintenanceState): number => endsAt?.getTime() ?? Infinity;
