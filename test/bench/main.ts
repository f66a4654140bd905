// `npm run bench [-- guard refusal cluster start decision] [--long | --quick]`: prints one
// Markdown table.
import { Report } from './report.js';
import { cluster } from './sections/cluster.js';
import { decision } from './sections/decision.js';
import { guard } from './sections/guard.js';
import { refusal } from './sections/refusal.js';
import { start } from './sections/start.js';

/** How much is measured. */
export interface Effort {
  readonly rounds: number;
  /** Of each variant. */
  readonly processes: number;
}

const sections = { decision, guard, refusal, cluster, start };

const args = process.argv.slice(2);
const effort: Effort = args.includes('--long')
  ? { rounds: 60, processes: 6 }
  : args.includes('--quick')
    ? { rounds: 6, processes: 2 }
    : { rounds: 15, processes: 3 };
const names = args.filter((arg) => !arg.startsWith('--'));
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
