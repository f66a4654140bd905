// What the command line runs here: it notes each breath, writes to what maintenance protects, and ends when it is done, or when it
// is asked to, unless it is stubborn.
import { setTimeout as delay } from 'node:timers/promises';
import { Journal } from './history.js';

const [path, who, op, steps, resourcePort, kind] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  'polite' | 'stubborn',
];
const journal = new Journal(path, who);
const { MAINTENANCE_KEY: key, MAINTENANCE_FENCE } = process.env;
const fence = Number(MAINTENANCE_FENCE);

const end = (code: number): never => {
  journal.note({ e: 'worked', op });
  process.exit(code);
};

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => (kind === 'polite' ? end(9) : undefined));
}

journal.note({ e: 'work', op, fence });
for (let i = 0; i < Number(steps); i++) {
  journal.note({ e: 'act', op });
  fetch(`http://127.0.0.1:${resourcePort}/`, {
    method: 'POST',
    body: JSON.stringify({ op, key, fence }),
  }).catch(() => undefined);
  await delay(20);
}
end(0);
