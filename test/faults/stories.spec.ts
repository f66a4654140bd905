import { expect, inject, it } from 'vitest';
import { trials } from './trial.js';

// all of them: npm run faults -- --mutants
it('the first seeded bug of a few stories is caught, and the correct library is not accused', async () => {
  const build = new URL(inject('faultsBuild'));
  const wrong = (await trials(build, { parallel: 4, quick: true })).filter(({ right }) => !right);
  expect(wrong.map(({ name, story, text }) => `${name} (${story}) ${text}`)).toEqual([]);
}, 600_000);
