import { plant } from './build.js';
import { FOUND_AT_RANDOM, MUTANTS, type Mutant } from './mutants.js';
import { runFaults, type Run } from './run.js';
import { STORIES, tell } from './scenarios.js';
import { report } from './summary.js';

/** Of the random runs in which bugs are looked for. */
const SEED = 4;
const SECONDS = 60;

/** The stories that every test run tells, each with its first seeded bug; the others take too long for that. */
const SAMPLE: ReadonlySet<Mutant['story']> = new Set(['unheard', 'drain', 'holders', 'windows']);

/** What came of one story. */
export interface Trial {
  readonly name: string;
  readonly story: string;
  /** Rules that were found broken. */
  readonly rules: readonly string[];
  /** Did it go as it must: a bug is caught, the sound library is not accused. */
  readonly right: boolean;
  readonly text: string;
  /** How long it took. */
  readonly seconds: number;
}

/**
 * Tells every story to the sound library, and each seeded bug the one that is meant for it; some at a time. Some bugs have a random
 * run besides. Quick: a few stories, and one bug for each.
 */
export async function trials(
  sound: URL,
  {
    only = [],
    parallel = 4,
    quick = false,
  }: { only?: readonly string[]; parallel?: number; quick?: boolean } = {},
  told: (trial: Trial) => void = () => undefined,
): Promise<Trial[]> {
  const wanted = (name: string): boolean => only.length === 0 || only.includes(name);
  const tasks = [
    ...(Object.keys(STORIES) as Mutant['story'][])
      .filter((story) => wanted(story) && (!quick || SAMPLE.has(story)))
      .map((story) => () => tryOne(`sound ${story}`, story, sound, false)),
    ...MUTANTS.filter(({ name }) => wanted(name))
      .filter((mutant) => !quick || (SAMPLE.has(mutant.story) && isFirst(mutant)))
      .map((mutant) => async () => tryOne(mutant.name, mutant.story, plant(mutant), true)),
    ...MUTANTS.filter(({ name }) => !quick && wanted(name) && Object.hasOwn(FOUND_AT_RANDOM, name)).map(
      (mutant) => () => tryAtRandom(mutant),
    ),
  ];
  const results: Trial[] = [];
  const worker = async (): Promise<void> => {
    for (let task = tasks.shift(); task; task = tasks.shift()) {
      const trial = await task().catch((error: unknown) => untold(String(error)));
      results.push(trial);
      told(trial);
    }
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return results;
}

const isFirst = (mutant: Mutant): boolean => MUTANTS.find(({ story }) => story === mutant.story) === mutant;

const untold = (text: string): Trial => ({
  name: 'untold',
  story: '',
  rules: [],
  right: false,
  text,
  seconds: 0,
});

const tryOne = (name: string, story: Mutant['story'], build: URL, broken: boolean): Promise<Trial> =>
  judge(name, story, broken, () => tell(build, STORIES[story]));

async function tryAtRandom(mutant: Mutant): Promise<Trial> {
  // of its own: its story may be told at the same time
  const build = plant({ ...mutant, name: `${mutant.name}-at-random` });
  const trial = await judge(mutant.name, `random, seed ${SEED}`, true, () =>
    runFaults({ build, seconds: SECONDS, seed: SEED, mixed: false }),
  );
  // something else that is wrong in a long run is no proof
  return { ...trial, right: trial.rules.includes(FOUND_AT_RANDOM[mutant.name] ?? '') };
}

async function judge(
  name: string,
  story: string,
  broken: boolean,
  run: () => Promise<Pick<Run, 'lines' | 'violations'>>,
): Promise<Trial> {
  const begun = performance.now();
  const { lines, violations } = await run();
  const seconds = (performance.now() - begun) / 1000;
  const rules = [...new Set(violations.map(({ rule }) => rule))];
  const text = violations
    .slice(0, 2)
    .map((violation) => report({ seed: 0, lines }, violation))
    .join('\n\n');
  return { name, story, rules, right: violations.length > 0 === broken, text, seconds };
}
