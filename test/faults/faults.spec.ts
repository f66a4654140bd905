import { describe, expect, inject, it } from 'vitest';
import { compiledText, patched } from './build.js';
import { MUTANTS } from './mutants.js';
import { runFaults } from './run.js';
import { report, summary } from './summary.js';
import { VERSIONS } from './versions.js';

/** Always the same faults; `npm run faults` takes other seeds, and longer. */
const SEED = 4;
const SECONDS = 55;

it('three replicas keep their promises under faults', async () => {
  const run = await runFaults({ build: new URL(inject('faultsBuild')), seconds: SECONDS, seed: SEED });
  console.log(summary(run));
  expect(run.violations.slice(0, 3).map((violation) => report(run, violation))).toEqual([]);
  const served = run.lines.filter((line) => line.e === 'got' && line.status === 200);
  expect(served.length, 'the machine has run').toBeGreaterThan(200);
  const ofNewer = run.lines.filter((line) => line.e === 'stored' && line.tide);
  expect(ofNewer.length, 'a newer version has written').toBeGreaterThan(5);
}, 300_000);

describe('the seeded bugs', () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    '%s fits where it should',
    (_name, mutant) => {
      const text = compiledText(mutant.file);
      expect(patched(text, mutant.name, mutant)).not.toBe(text);
    },
  );

  it.each(Object.entries(VERSIONS))('the version %s fits where it should', (name, patches) => {
    for (const patch of patches) {
      const text = compiledText(patch.file);
      expect(patched(text, name, patch)).not.toBe(text);
    }
  });
});
