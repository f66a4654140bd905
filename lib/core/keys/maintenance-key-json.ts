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
  /** Since when it has been in maintenance without a break. */
  since: string | null;
  /** The end that was given with the change; `null`: none. */
  until: string | null;
  /** What visitors read; `null`: the built-in sentence. */
  message: string | null;
  /** For operators only. */
  reason: string | null;
  /** For operators only: who did it. */
  actor: string | null;
  /** Present and `true` while a `maintain()` that died still holds the key. */
  abandoned?: true;
}
