import type { Rule } from './checker.js';
import type { Op } from './evidence.js';

/** The last breath of what a command line has run. */
const lastOf = ({ works, acts, worked }: Op): number =>
  Math.max(works[0]?.t ?? 0, acts.at(-1) ?? 0, worked ?? 0);

/** Two migrations that command lines run for one key never live side by side: nothing that is done to anybody excuses it. */
export const migrations: Rule = (evidence) => {
  const all = [...evidence.ops.values()]
    .filter(({ wish, works }) => wish.command && works.length > 0)
    .sort((a, b) => a.works[0]!.t - b.works[0]!.t);
  return all.flatMap((later, index) =>
    all
      .slice(0, index)
      .filter(({ wish }) => wish.key === later.wish.key)
      .filter((earlier) => lastOf(earlier) >= later.works[0]!.t)
      .map((earlier) => ({
        rule: 'migration',
        text: `${earlier.name} still lived ${Math.round(lastOf(earlier) - later.works[0]!.t)} ms after ${later.name} had begun`,
        lines: [earlier.line, earlier.works[0]!.line, later.works[0]!.line],
      })),
  );
};
