import { expect, it } from 'vitest';
import { Program } from './program.js';

// compiled by vitest's global set-up
const MAIN = '.tmp/replicas/sample/03-background/src/main.js';

it('the background sample runs nothing beside its migration, and loses nothing', async () => {
  await using program = Program.start(MAIN);
  await program.prints(/The migration begins; running: 0\./, 20_000);
  await program.prints(/Nothing overlapped the migration, nothing was lost\./, 20_000);
  expect(await program.ended()).toBe(0);
}, 60_000);
