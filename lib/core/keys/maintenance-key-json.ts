import type { MaintenanceKey } from './maintenance-key.js';
import type { MaintenanceProgress } from '../progress/maintenance-progress.js';
import type { MaintenanceTexts } from '../texts/maintenance-text.js';
import type {
  MaintenanceOccurrence,
  MaintenancePhase,
  MaintenanceReopening,
  MaintenanceState,
} from './maintenance-state.js';

/** The `maintain()` that holds a key, in key data. @publicApi */
export interface MaintenanceHolderJson {
  /** Host name of its machine. */
  host: string;
  /** Its process id. */
  pid: number;
  /** Since when; ISO 8601. */
  since: string;
  /** The step it reports; `null` if it reports none. */
  step: string | null;
}

/** A planned window that has been announced and has not started. Dates are ISO 8601. @publicApi */
export interface MaintenanceUpcoming {
  /** Name of the key. */
  key: string;
  /** When it starts. */
  start: string;
  /** When it ends. */
  end: string;
  /** The announcement for visitors. In key data `null`: the built-in sentence. */
  message: string | null;
}

/** Visitors come back gradually, spread evenly over a period. Dates are ISO 8601. @publicApi */
export interface MaintenanceReopeningJson {
  /** When the first visitor is let in. */
  from: string;
  /** When all visitors are. */
  until: string;
}

/** Key data, as operators and the admin API see it. Dates are ISO 8601. @publicApi */
export interface MaintenanceKeyJson {
  /** Name of the key. */
  name: string;
  /** Whether the key is in maintenance. */
  value: boolean;
  /** Keys with lower values are evaluated first. */
  order: number;
  /** Its name for operators; translated in responses. */
  label: string;
  /** A sentence that explains it to operators; translated in responses. */
  helpText: string;
  /** Its safety net in milliseconds; 0: none. */
  timeout: number;
  /** `'site'`: it affects every handler; `'marked'`: only those marked with it. */
  scope: 'site' | 'marked';
  /** Whether it lets requests pass that can only read. */
  readOnly: boolean;
  /** What it does with requests now. */
  phase: MaintenancePhase;
  /** Since when it has been in maintenance without interruption. */
  since: string | null;
  /** The end that was given with the change and that visitors see; `null`: none. */
  until: string | null;
  /** When it ends by itself, including by the safety net that visitors do not see; `null`: never. */
  endsAt: string | null;
  /** The message for visitors, in responses in the language of the requester; `null`: the built-in sentence. */
  message: string | null;
  /** All of its texts, by language; absent if there is one for all. */
  messages?: MaintenanceTexts;
  /** For operators only. */
  reason: string | null;
  /** For operators only: who made the change. */
  actor: string | null;
  /** The `maintain()` that holds the key now; `null`: none, or it is unknown where it runs. */
  holder: MaintenanceHolderJson | null;
  /** Whether a `maintain()` whose process died still holds the key. */
  abandoned: boolean;
  /** Progress of the holder's work; absent if it has reported none and its expected duration is unknown. */
  progress?: MaintenanceProgress;
  /** The gradual reopening; absent if there is none, or it is over. */
  reopening?: MaintenanceReopeningJson;
  /** Planned windows that have been announced and have not started, in order; absent if there are none. */
  upcoming?: MaintenanceUpcoming[];
}

/** Describes a key's state, for people and programs. */
export function describeKey(key: MaintenanceKey, state: MaintenanceState): MaintenanceKeyJson {
  const { name, order, label, helpText, timeout, scope, readOnly } = key;
  const {
    value,
    since,
    until,
    endsAt,
    message,
    messages,
    reason,
    actor,
    holder,
    progress,
    phase,
    reopening,
    holds = [],
    upcoming,
  } = state;
  return {
    name,
    value,
    order,
    label,
    helpText,
    timeout,
    scope,
    readOnly,
    phase: phase ?? (value ? (readOnly ? 'readOnly' : 'closed') : 'open'),
    since: since?.toISOString() ?? null,
    until: until?.toISOString() ?? null,
    endsAt: (endsAt ?? until)?.toISOString() ?? null,
    message: message ?? null,
    ...(messages && { messages }),
    reason: reason ?? null,
    actor: actor ?? null,
    holder: holder ? { ...holder, since: holder.since.toISOString() } : null,
    abandoned: holds.some((hold) => hold.abandoned),
    ...(progress && { progress }),
    ...(reopening && { reopening: describeReopening(reopening) }),
    ...(upcoming && { upcoming: upcoming.map((occurrence) => describeUpcoming(key, occurrence)) }),
  };
}

/** A reopening, for people and programs. */
export const describeReopening = ({ from, until }: MaintenanceReopening): MaintenanceReopeningJson => ({
  from: from.toISOString(),
  until: until.toISOString(),
});

/** A planned window to come, for people and programs. */
export const describeUpcoming = (
  { name }: MaintenanceKey,
  { start, end, message }: MaintenanceOccurrence,
): MaintenanceUpcoming => ({ key: name, start: start.toISOString(), end: end.toISOString(), message });
