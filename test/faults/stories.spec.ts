import { expect, inject, it } from 'vitest';
import { trials } from './trial.js';

// all of them: npm run faults -- --mutants
it('of each story the first seeded bug is caught, and the sound library is never accused', async () => {
  const build = new URL(inject('faultsBuild'));
  const wrong = (await trials(build, { parallel: 4, quick: true })).filter(({ right }) => !right);
  expect(wrong.map(({ name, story, text }) => `${name} (${story}) ${text}`)).toEqual([]);
}, 600_000);
