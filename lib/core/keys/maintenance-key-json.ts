import type { MaintenanceKey } from './maintenance-key.js';
import type { MaintenancePhase, MaintenanceState } from './maintenance-state.js';

/** Who holds a key by `maintain()`, as key data shows it. @publicApi */
export interface MaintenanceHolderJson {
  /** Name of its machine. */
  host: string;
  /** Its process. */
  pid: number;
  /** Since when; ISO 8601. */
  since: string;
  /** What it is at, in its own words; `null` when it says nothing. */
  step: string | null;
}

/** Key data: what operators and the admin API read. Instants are ISO 8601. @publicApi */
export interface MaintenanceKeyJson {
  /** The key. */
  name: string;
  /** Is it in maintenance. */
  value: boolean;
  /** Lower is asked first. */
  order: number;
  /** What operators read, translated where a request is answered. */
  label: string;
  /** A sentence that explains it to operators, translated where a request is answered. */
  helpText: string;
  /** Milliseconds of its safety net; 0 is never. */
  timeout: number;
  /** Does it affect every handler or only marked ones. */
  scope: 'site' | 'marked';
  /** Does everything pass that can only read. */
  readOnly: boolean;
  /** What it does to requests now. */
  phase: MaintenancePhase;
  /** Since when it has been in maintenance without a break. */
  since: string | null;
  /** The end that was given with the change; `null`: none. */
  until: string | null;
  /** When it ends by itself, also where that is only the safety net and visitors are not told; `null`: never. */
  endsAt: string | null;
  /** What visitors read; `null`: the built-in sentence. */
  message: string | null;
  /** For operators only. */
  reason: string | null;
  /** For operators only: who did it. */
  actor: string | null;
  /** The `maintain()` that has the key now; `null`: none, or one that does not say where it runs. */
  holder: MaintenanceHolderJson | null;
  /** Does a `maintain()` that died still hold the key. */
  abandoned: boolean;
}

/** What a state says of a key, for people and programs. */
export function describeKey(key: MaintenanceKey, state: MaintenanceState): MaintenanceKeyJson {
  const { name, order, label, helpText, timeout, scope, readOnly } = key;
  const { value, since, until, endsAt, message, reason, actor, holder, phase, holds = [] } = state;
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
    reason: reason ?? null,
    actor: actor ?? null,
    holder: holder ? { ...holder, since: holder.since.toISOString() } : null,
    abandoned: holds.some((hold) => hold.abandoned),
  };
}
