import type { HistoryJson } from '../backend/json.js';
import type { Work } from '../cli.js';
import { EXIT } from '../exit.js';
import { given, parseWhole } from '../option-values.js';
import type { Column } from '../output.js';
import { formatMoment, parseDuration, parseInstant } from '../time.js';

const LIMIT = '20';
const DATE = /^\d{4}-/;

const COLUMNS: readonly Column<HistoryJson>[] = [
  { title: 'AT', value: ({ at }) => formatMoment(at) },
  { title: 'KEY', value: ({ key }) => key, shrinks: true },
  { title: 'EVENT', value: ({ event }) => event },
  { title: 'WAY', value: ({ way }) => way },
  { title: 'BY', value: ({ actor }) => actor ?? '', shrinks: true },
  { title: 'REASON', value: ({ reason, message }) => reason ?? message ?? '', shrinks: true },
];

export const history: Work<{ readonly since?: string; readonly limit?: string }> = async (
  { options, out, open },
  key,
) => {
  const limit = parseWhole(options.limit ?? LIMIT, '--limit');
  const since = given(options.since, parseSince, '--since');
  const backend = await open();
  const entries = await backend.history({
    limit,
    ...(key !== undefined && { key }),
    ...(since && { since }),
  });
  out.result({ place: backend.place, history: entries }, () =>
    entries.length === 0 ? out.line('No entries.') : out.table(entries, COLUMNS),
  );
  return EXIT.done;
};

/** A moment, or how long it is ago. */
const parseSince = (text: string, what: string): Date =>
  DATE.test(text) ? parseInstant(text, what) : new Date(Date.now() - parseDuration(text, what));
