import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { MAIN } from './cli.js';

// The commands of the page, run by a shell in the order in which a reader would.

let server: RedisServer;
let folder: string;
let env: NodeJS.ProcessEnv;
/** The shell blocks of the page. */
let blocks: readonly string[];

beforeAll(async () => {
  server = await RedisServer.start();
  folder = await mkdtemp(join(tmpdir(), 'maintenance-documented-'));
  const namespace = randomUUID();
  await server
    .client()
    .hset(`${namespace}:{${namespace}}:catalogue`, 'billing', `${Date.now()}|{"label":"Billing"}`);
  env = {
    PATH: `${folder}:${process.env.PATH}`,
    HOME: folder,
    TZ: 'UTC',
    MAINTENANCE_REDIS_URL: server.url,
    MAINTENANCE_NAMESPACE: namespace,
  };
  const program = async (name: string, text: string) => {
    await writeFile(join(folder, name), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, name), 0o755);
  };
  await program(
    'npx',
    `case "$1" in nestjs-maintenance) shift; exec '${process.execPath}' '${MAIN}' "$@";; esac`,
  );
  await program('pg_dump', 'echo "-- dump of $1"');
  const page = await readFile('docs/command-line.md', 'utf8');
  blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text);
});
afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await server.stop();
});

const blockWith = (text: string): string => blocks.find((block) => block.includes(text)) ?? '';

/** Exit codes and output of each line of commands. */
async function run(
  lines: readonly string[],
): Promise<readonly { line: string; code: number; out: string }[]> {
  const results = [];
  for (const line of lines) {
    results.push(
      await new Promise<{ line: string; code: number; out: string }>((resolve) => {
        execFile('/bin/sh', ['-c', line], { cwd: folder, env }, (error, stdout, stderr) =>
          resolve({ line, code: error ? Number(error.code) : 0, out: `${stdout}${stderr}` }),
        );
      }),
    );
  }
  return results;
}

const failed = (results: Awaited<ReturnType<typeof run>>) => results.filter(({ code }) => code !== 0);

it('the tasks do what they say', async () => {
  const tasks = blockWith('# 1. what is in maintenance')
    .split('\n')
    // nobody is lost here, and this page is kept until it is interrupted
    .filter((line) => line.startsWith('npx ') && !/ forget | --watch /.test(line));
  expect(tasks.length).toBe(9);
  expect(failed(await run(tasks))).toEqual([]);
  expect(await readFile(join(folder, 'shop.sql'), 'utf8')).toBe('-- dump of shop\n');
}, 60_000);

it('the planned windows can be planned, listed, changed and cancelled in this order', async () => {
  // the same days of the week, in a year that is far enough
  const lines = blockWith('schedule billing 2027-03-28')
    .replaceAll('2027-', '2038-')
    .split('\n')
    .filter(Boolean);
  expect(lines.length).toBe(5);
  const [once, weekly] = await run(lines.slice(0, 2));
  expect(once?.out).toContain('2038-03-28 01:30 UTC to 2038-03-28 03:30 UTC, announced 1d before');
  expect(weekly?.code).toBe(0);
  const id = /^Window (\S+) of billing/.exec(weekly?.out ?? '')?.[1] ?? '';
  const rest = lines.slice(2).map((line) => line.replace('Jx0PqZ3mT8yU2cR7vN1bKw', id));
  expect(failed(await run(rest))).toEqual([]);
  const [list] = await run(['npx nestjs-maintenance windows --json']);
  const { windows } = JSON.parse(list?.out ?? '{}') as { windows: { id: string; cancelled: string[] }[] };
  expect(windows).toHaveLength(2);
  expect(windows.find((window) => window.id === id)?.cancelled).toEqual(['2038-04-07T00:30:00.000Z']);
}, 60_000);

it('a message may be given in several languages', async () => {
  expect(failed(await run(blockWith('--message de=').split('\n').filter(Boolean)))).toEqual([]);
  const [status] = await run(['npx nestjs-maintenance status --json']);
  const { keys } = JSON.parse(status?.out ?? '{}') as { keys: { name: string; messages?: object }[] };
  expect(keys.find(({ name }) => name === 'billing')?.messages).toEqual({
    '': 'Back soon',
    de: 'Gleich zurück',
  });
}, 60_000);
