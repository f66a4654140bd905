import { beforeAll, describe, expect, it } from 'vitest';
import { compile, compiledText, patched } from './build.js';
import { MUTANTS } from './mutants.js';
import { trials, type Trial } from './trial.js';

let sound: URL;

beforeAll(() => {
  sound = compile();
}, 120_000);

describe('the seeded bugs', () => {
  it.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
    '%s fits in one place',
    (_name, mutant) => {
      expect(patched(compiledText(mutant.file), mutant)).not.toBe(compiledText(mutant.file));
    },
  );

  it('are caught, each in its own story, and the sound library is never accused', async () => {
    const wrong: Trial[] = (await trials(sound, { parallel: 5 })).filter(({ right }) => !right);
    expect(wrong.map(({ name, story, text }) => `${name} (${story}) ${text}`)).toEqual([]);
  }, 420_000);
});
