import type { ReplicaJson } from '../backend/json.js';
import type { Work } from '../cli.js';
import { EXIT } from '../exit.js';
import type { Column } from '../output.js';
import { formatMoment } from '../time.js';

const COLUMNS: readonly Column<ReplicaJson>[] = [
  { title: 'REPLICA', value: ({ id }) => id },
  { title: 'HOST', value: ({ host }) => host, shrinks: true },
  { title: 'PID', value: ({ pid }) => String(pid) },
  {
    title: 'STATE',
    value: ({ silent, connection, unknownKeys, applied, observer }) =>
      silent
        ? `silent, ${connection}`
        : unknownKeys.length > 0
          ? 'other version'
          : !applied
            ? 'behind'
            : observer
              ? 'observer'
              : 'ok',
    style: ({ silent, unknownKeys }) => (silent || unknownKeys.length > 0 ? 'red' : undefined),
  },
  { title: 'RUNNING', value: ({ inFlight }) => String(inFlight) },
  { title: 'LAST SEEN', value: ({ lastSeen }) => formatMoment(lastSeen) },
];

export const replicas: Work<object> = async ({ out, open }) => {
  const backend = await open();
  const all = await backend.replicas();
  out.result({ place: backend.place, replicas: all }, () =>
    all.length === 0 ? out.line('No replica is running.') : out.table(all, COLUMNS),
  );
  return EXIT.done;
};
