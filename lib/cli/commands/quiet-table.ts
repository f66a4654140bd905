import type { QuietJson } from '../backend/json.js';
import { counted, type Output } from '../output.js';
import { formatMoment } from '../time.js';

/** As the admin API gives it. */
export const quietJson = ({ quiet, since, replicas }: QuietJson): object => ({
  quiet,
  since,
  replicas,
});

/** Where something still runs. */
export function printRunning(out: Output, { quiet, since, replicas }: QuietJson): void {
  if (quiet) {
    out.line(
      `Quiet on ${counted(replicas.length, 'replica')}${since ? ` since ${formatMoment(since)}` : ''}.`,
    );
    return;
  }
  const rows = replicas.flatMap(({ host, pid, applied, silent, running }) => [
    ...(silent ? [{ host, pid, what: 'silent; running calls are unknown', since: '' }] : []),
    ...(!applied && !silent ? [{ host, pid, what: 'has not applied the change', since: '' }] : []),
    ...running.map((call) => ({ host, pid, what: call.route, since: formatMoment(call.since) })),
  ]);
  // an open key has none, nor has a store that may not know all replicas
  out.line(rows.length === 0 ? 'Not quiet yet.' : 'Not quiet yet:');
  if (rows.length === 0) {
    return;
  }
  out.table(rows, [
    { title: 'HOST', value: ({ host }) => host, shrinks: true },
    { title: 'PID', value: ({ pid }) => String(pid) },
    { title: 'RUNNING', value: ({ what }) => what, shrinks: true },
    { title: 'SINCE', value: (row) => row.since },
  ]);
}
