import { expect, it } from 'vitest';
import type { Entry } from '../../sample/02-cluster/src/journal.js';
import { verdictOf } from '../../sample/02-cluster/src/verdict.js';
import { requireTool } from '../support/tools.mjs';
import { Program } from './program.js';

// compiled by vitest's global set-up
const MAIN = '.tmp/replicas/sample/02-cluster/src/main.js';

const entry = (kind: Entry['kind'], begin: number, end: number | null): Entry => ({
  kind,
  replica: 'replica-1',
  begin: BigInt(begin),
  end: end === null ? null : BigInt(end),
});

it('shows that no write overlaps a migration that drains', async () => {
  expect(requireTool('redis')).toBeTruthy();
  await using cluster = Program.start(MAIN);
  expect(await cluster.ended(), cluster.output).toBe(0);
  expect(cluster.output).toContain('The migration has ended: done, with fence');
  expect(cluster.output).toMatch(/\d+ writes on 4 replicas, 1 migration/);
  expect(cluster.output).toContain('RIGHT: no write overlapped the migration.');
  expect(cluster.output).toContain(' 0 failed');
}, 90_000);

it('shows that writes do overlap one that does not', async () => {
  await using cluster = Program.start(MAIN, { args: ['--no-drain'] });
  expect(await cluster.ended(), cluster.output).toBe(1);
  expect(cluster.output).toMatch(/WRONG: \d+ writes overlapped the migration/);
}, 90_000);

it('says what to install if there is no Redis', async () => {
  await using cluster = Program.start(MAIN, { env: { PATH: '' } });
  expect(await cluster.ended()).toBe(1);
  expect(cluster.output).toContain('install redis-server');
});

it.each([
  ['before', entry('write', 0, 10), true],
  ['after', entry('write', 20, 30), true],
  ['into it', entry('write', 5, 11), false],
  ['within it', entry('write', 12, 15), false],
  ['out of it', entry('write', 19, 25), false],
  ['around it', entry('write', 5, 25), false],
  ['before it, without an end', entry('write', 5, null), false],
])('judges a write %s', (_where, write, good) => {
  expect(verdictOf([write, entry('migration', 10, 20)]).good).toBe(good);
});

it('fails without any write', () => {
  expect(verdictOf([]).good).toBe(false);
  expect(verdictOf([entry('write', 0, 10)]).good).toBe(false);
});
