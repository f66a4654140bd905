import { Evidence } from './evidence.js';
import { type Line } from './history.js';
import { admissions, blocking, refusals } from './rules-of-requests.js';
import { agreement, attention, promptness, revisions } from './rules-of-replicas.js';
import { migrations } from './rules-of-migrations.js';
import { recorded } from './rules-of-history.js';
import { closedWindows, moments, windowHooks } from './rules-of-windows.js';
import { carried, higher, unique } from './rules-of-versions.js';
import { attempts, heard, kept, madeUp, once } from './rules-of-workers.js';
import { abandonments, aborts, clocks, fences, holders, outlived, works } from './rules-of-work.js';

/** What must not have happened, and the lines that show that it did. */
export interface Violation {
  readonly rule: string;
  readonly text: string;
  readonly lines: readonly Line[];
}

/** Looks at one rule; gives every breach of it. */
export type Rule = (evidence: Evidence) => Violation[];

const RULES: readonly Rule[] = [
  admissions,
  refusals,
  blocking,
  holders,
  migrations,
  fences,
  works,
  aborts,
  outlived,
  clocks,
  abandonments,
  once,
  attempts,
  kept,
  heard,
  madeUp,
  recorded,
  closedWindows,
  moments,
  windowHooks,
  carried,
  unique,
  higher,
  revisions,
  promptness,
  attention,
  agreement,
];

/** Judges a history. No breach means that nothing in it contradicts what the library promises. */
export function check(lines: readonly Line[], onStale?: Evidence['onStale']): Violation[] {
  const evidence = new Evidence(lines, onStale);
  return RULES.flatMap((rule) => rule(evidence));
}
