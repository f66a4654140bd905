// `npm run bench [-- decision guard refusal windows background cluster heartbeat start scale realtime storm] [--long | --quick] [--beside FILE]`: prints one Markdown table.
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Report } from './report.js';
import { background } from './sections/background.js';
import { cluster } from './sections/cluster.js';
import { decision } from './sections/decision.js';
import { guard } from './sections/guard.js';
import { heartbeat } from './sections/heartbeat.js';
import { realtime } from './sections/realtime.js';
import { refusal } from './sections/refusal.js';
import { scale } from './sections/scale.js';
import { sizes } from './sections/sizes.js';
import { start } from './sections/start.js';
import { storm } from './sections/storm.js';
import { windows } from './sections/windows.js';

/** How much is measured. */
export interface Effort {
  readonly rounds: number;
  /** Of each variant. */
  readonly processes: number;
  /** How many sockets are notified at once, one measurement for each. */
  readonly clients: readonly number[];
  /** The main entry of another build of this package, a file, to compare with where that is asked for. */
  readonly beside?: string | undefined;
}

const sections = {
  decision,
  guard,
  refusal,
  windows,
  background,
  cluster,
  heartbeat,
  start,
  scale,
  sizes,
  realtime,
  storm,
};

const { values, positionals: names } = parseArgs({
  allowPositionals: true,
  options: { long: { type: 'boolean' }, quick: { type: 'boolean' }, beside: { type: 'string' } },
});
const beside = values.beside === undefined ? undefined : pathToFileURL(resolve(values.beside)).href;
const clients = [100, 1_000, 5_000, 10_000];
const effort: Effort = values.long
  ? { rounds: 40, processes: 12, clients, beside }
  : values.quick
    ? { rounds: 6, processes: 2, clients: [100, 1_000], beside }
    : { rounds: 20, processes: 4, clients, beside };
const unknown = names.filter((name) => !Object.hasOwn(sections, name));
if (unknown.length > 0) {
  console.error(`Unknown: ${unknown.join(', ')}; there are: ${Object.keys(sections).join(', ')}`);
  process.exit(2);
}

const report = new Report();
for (const [name, run] of Object.entries(sections)) {
  if (names.length === 0 || names.includes(name)) {
    await run(report, effort);
  }
}
console.log(report.toMarkdown());
process.exit(report.failures === 0 ? 0 : 1);
