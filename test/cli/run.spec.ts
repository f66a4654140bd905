import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ChildProcess } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createMaintenance, type StandaloneMaintenance } from 'nestjs-maintenance/standalone';
import { Replica } from '../cluster/replicas.js';
import { end, hasEnded } from '../support/process.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { cli, resultOf, startCli } from './cli.js';

const KEY = 'import-export';
/** The shortest there is: asked to end after 3 s, killed after 3.5 s. */
const LEASE = 6_000;

let server: RedisServer;
let replica: Replica;
let watcher: StandaloneMaintenance;
let folder: string;
let journal: string;
let migration: string;
const started: ChildProcess[] = [];

/** A migration that writes down when it lives, 50 times a second; it ends when it is asked to, or not at all. */
const MIGRATION = `
  const { appendFileSync } = require('node:fs');
  const [journal, name, stubborn, ms] = process.argv.slice(2);
  const write = (what) => appendFileSync(journal, name + ' ' + what + ' ' + Number(process.hrtime.bigint() / 1000000n) + '\\n');
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGUSR2']) {
    process.on(signal, () => { write(signal); if (signal !== 'SIGUSR2' && stubborn !== 'stubborn') process.exit(9); });
  }
  write('begun:' + process.env.MAINTENANCE_KEY + ':' + process.env.MAINTENANCE_FENCE);
  setInterval(() => write('alive'), 20);
  if (ms) setTimeout(() => process.exit(0), Number(ms));
`;

beforeAll(async () => {
  server = await RedisServer.start();
  replica = await Replica.start(server.url);
  folder = await mkdtemp(join(tmpdir(), 'maintenance-run-'));
  migration = join(folder, 'migration.cjs');
  await writeFile(migration, MIGRATION);
  await until(async () => (await server.client().hlen('maintenance:{maintenance}:catalogue')) === 3);
  watcher = await createMaintenance({ redis: server.url });
}, 60_000);
afterEach(async () => {
  await Promise.all(started.splice(0).map((child) => (hasEnded(child) ? undefined : end(child))));
  await watcher.unsetMaintenance(KEY);
});
afterAll(async () => {
  await watcher?.close();
  await replica?.child.kill();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

interface Line {
  readonly name: string;
  readonly what: string;
  readonly at: number;
}

async function lines(name?: string): Promise<Line[]> {
  const text = await readFile(journal, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split(' ') as [string, string, string])
    .map(([who, what, at]) => ({ name: who, what, at: Number(at) }))
    .filter((line) => name === undefined || line.name === name);
}

/** Starts a migration under `run`. */
function run(name: string, options: { url?: string; stubborn?: boolean; ms?: number; args?: string[] } = {}) {
  const { url = server.url, stubborn = false, ms, args = [] } = options;
  const work = [
    process.execPath,
    migration,
    journal,
    name,
    stubborn ? 'stubborn' : 'polite',
    ...(ms ? [String(ms)] : []),
  ];
  const child = startCli(['run', KEY, '--redis', url, '--lease', `${LEASE}ms`, ...args, '--', ...work]);
  started.push(child);
  return { child, result: resultOf(child) };
}

const begun = (name: string) =>
  until(async () => (await lines(name)).some(({ what }) => what.startsWith('begun')), {
    timeout: 30_000,
    what: `${name} to begin`,
  });

/** The first lived no more when the second began. */
async function expectNeverSideBySide(one: string, two: string): Promise<void> {
  const last = (await lines(one)).at(-1)!.at;
  const first = (await lines(two))[0]!.at;
  expect(first - last).toBeGreaterThan(0);
}

const fresh = (name: string) => (journal = join(folder, name));

describe('a command', () => {
  it('runs while the key is on, with key and fence, and its exit code comes back; its output is untouched', async () => {
    fresh('plain');
    const script = 'echo "$MAINTENANCE_KEY $MAINTENANCE_FENCE"; echo oops >&2; exit 42';
    const args = ['run', KEY, '--redis', server.url, '--', 'sh', '-c', script];
    const first = await cli(args);
    expect(first).toMatchObject({ code: 42, stderr: 'oops\n' });
    const second = await cli(args);
    const fences = [first, second].map(({ stdout }) => Number(/^import-export (\d+)\n$/.exec(stdout)?.[1]));
    expect(fences[1]).toBeGreaterThan(fences[0]!);
    await watcher.refresh();
    expect(watcher.isActive(KEY)).toBe(false);
  });

  it('begins when it is quiet everywhere, while nobody gets in', async () => {
    fresh('quiet');
    const asked = replica.get('/wait/run-drain');
    await replica.reaches('run-drain');
    const { child, result } = run('drained', { args: ['--drain', '20s'] });
    await until(() => replica.isOn(KEY), { timeout: 15_000 });
    expect((await replica.get('/orders')).status).toBe(503);
    expect(await lines()).toEqual([]);
    await replica.open('run-drain');
    await asked;
    await begun('drained');
    expect((await watcher.getKeyData())[KEY]).toMatchObject({ value: true, holder: { pid: child.pid } });
    child.kill('SIGTERM');
    expect((await result).code).toBe(9);
    await until(async () => !(await replica.isOn(KEY)));
    expect((await lines('drained')).map(({ what }) => what)).toContain('SIGTERM');
  }, 60_000);

  it('is not started when something does not end: 127, and the key is open again', async () => {
    fresh('busy');
    const asked = replica.get('/wait/run-busy');
    await replica.reaches('run-busy');
    const { result } = run('busy', { args: ['--drain', '300ms'] });
    expect(await result).toMatchObject({
      code: 127,
      stderr: expect.stringContaining('GET /wait/:gate') as unknown,
    });
    expect(await lines()).toEqual([]);
    await watcher.refresh();
    expect(watcher.isActive(KEY)).toBe(false);
    await replica.open('run-busy');
    await asked;
  });

  it('hears the signals that we hear', async () => {
    fresh('signals');
    const { child, result } = run('signals');
    await begun('signals');
    child.kill('SIGUSR2');
    await until(async () => (await lines()).some(({ what }) => what === 'SIGUSR2'));
    child.kill('SIGINT');
    expect((await result).code).toBe(9);
  });

  it('leaves the key on when it fails, where that was asked for', async () => {
    const args = ['run', KEY, '--redis', server.url, '--keep-on-failure', '--', 'sh', '-c', 'kill -9 $$'];
    expect(await cli(args)).toMatchObject({
      code: 128 + 9,
      stderr: expect.stringContaining('stays in maintenance') as unknown,
    });
    expect((await watcher.getKeyData())[KEY]).toMatchObject({ value: true, holder: null });
  });

  it.each([
    [122, 'no command', [KEY]],
    [122, 'an option that nobody knows', [KEY, '--drian', '1s', '--', 'true']],
    [122, 'a lease that leaves no time', [KEY, '--lease', '5s', '--', 'true']],
    [122, 'a length of time without a unit', [KEY, '--drain', '10', '--', 'true']],
    [126, 'a key that nobody knows', ['nothing', '--', 'true']],
    [121, 'a command that is not there', [KEY, '--', '/does/not/exist']],
  ])('is never started, and that is %i, with %s', async (code, _what, args) => {
    const result = await cli(['run', ...args, ...(args.includes('--') ? [] : ['--redis', server.url])], {
      env: { MAINTENANCE_REDIS_URL: server.url },
    });
    expect(result.code, result.stderr).toBe(code);
    expect(result.stderr).toMatch(/^error: /);
    await watcher.refresh();
    expect(watcher.isActive(KEY)).toBe(false);
  });

  it('is not started while somebody else holds the lock: 125; with --wait it comes next', async () => {
    fresh('locked');
    const first = run('first', { ms: 3_000 });
    await begun('first');
    expect((await run('refused').result).code).toBe(125);
    const second = run('second', { ms: 100, args: ['--wait', '1m'] });
    expect((await first.result).code).toBe(0);
    expect((await second.result).code).toBe(0);
    expect(await lines('refused')).toEqual([]);
    await expectNeverSideBySide('first', 'second');
  }, 60_000);

  it('is not started without Redis: 124', async () => {
    fresh('away');
    const { result } = run('away', { url: 'redis://127.0.0.1:1' });
    expect((await result).code).toBe(124);
    expect(await lines()).toEqual([]);
  });
});

describe('two migrations never run side by side', () => {
  it.each([
    ['asks to end', false],
    ['heeds no TERM', true],
  ])(
    'when we are killed, and the child %s',
    async (_what, stubborn) => {
      fresh(`killed-${stubborn}`);
      const first = run('first', { stubborn });
      await begun('first');
      await end(first.child, 'SIGKILL');
      expect(await run('early').result).toMatchObject({ code: 125 });
      const second = run('second', { ms: 100, args: ['--wait', '1m'] });
      await until(async () => (await watcher.getKeyData())[KEY]!.abandoned, { timeout: 20_000 });
      expect((await second.result).code).toBe(0);
      expect((await lines('first')).some(({ what }) => what === 'SIGTERM')).toBe(true);
      await expectNeverSideBySide('first', 'second');
      await until(async () => !(await replica.isOn(KEY)));
    },
    90_000,
  );

  it.each([
    ['asks to end', false],
    ['heeds no TERM', true],
  ])(
    'when we are stopped, and the child %s',
    async (_what, stubborn) => {
      fresh(`stopped-${stubborn}`);
      const first = run('first', { stubborn });
      await begun('first');
      first.child.kill('SIGSTOP');
      const stopped = (await lines('first')).at(-1)!.at;
      const second = run('second', { ms: 100, args: ['--wait', '1m'] });
      expect((await second.result).code).toBe(0);
      const asked = (await lines('first')).find(({ what }) => what === 'SIGTERM')!.at;
      const last = (await lines('first')).at(-1)!.at;
      // half of the lease, renewed a third of it ago at the most; and 2 s before its end
      expect(asked - stopped).toBeLessThan(LEASE / 2 + 300);
      expect(last - stopped).toBeLessThan(LEASE - 2_000 + 100);
      await expectNeverSideBySide('first', 'second');
      first.child.kill('SIGCONT');
      expect((await first.result).code).toBe(124);
    },
    90_000,
  );

  it.each([
    ['asks to end', false],
    ['heeds no TERM', true],
  ])(
    'when the network is cut, and the child %s',
    async (_what, stubborn) => {
      fresh(`cut-${stubborn}`);
      await using proxy = await TcpProxy.start({ host: server.host, port: server.port });
      const first = run('first', { stubborn, url: proxy.url });
      await begun('first');
      proxy.pause();
      const second = run('second', { ms: 100, args: ['--wait', '1m'] });
      expect((await second.result).code).toBe(0);
      await expectNeverSideBySide('first', 'second');
      proxy.resume();
      expect(await first.result).toMatchObject({
        code: 124,
        stderr: expect.stringContaining('The command was ended') as unknown,
      });
    },
    90_000,
  );

  it('when an operator has ended it, and the child heeds no TERM', async () => {
    fresh('unset');
    const first = run('first', { stubborn: true });
    await begun('first');
    await watcher.unsetMaintenance(KEY);
    const second = run('second', { ms: 100, args: ['--wait', '1m'] });
    expect(await first.result).toMatchObject({
      code: 121,
      stderr: expect.stringContaining('unset') as unknown,
    });
    expect((await second.result).code).toBe(0);
    await expectNeverSideBySide('first', 'second');
  }, 90_000);

  it('when the guardian is killed, or stopped together with the network', async () => {
    fresh('guardian');
    const guardianOf = async (pid: number | undefined): Promise<number> => {
      const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
      return Number(children.trim().split(' ')[0]);
    };
    const first = run('first', { stubborn: true });
    await begun('first');
    process.kill(await guardianOf(first.child.pid), 'SIGKILL');
    expect(await first.result).toMatchObject({
      code: 121,
      stderr: expect.stringContaining('guards it has ended') as unknown,
    });
    await using proxy = await TcpProxy.start({ host: server.host, port: server.port });
    const second = run('second', { stubborn: true, url: proxy.url });
    await begun('second');
    await expectNeverSideBySide('first', 'second');
    const guardian = await guardianOf(second.child.pid);
    process.kill(guardian, 'SIGSTOP');
    proxy.pause();
    const third = run('third', { ms: 100, args: ['--wait', '1m'] });
    expect((await third.result).code).toBe(0);
    await expectNeverSideBySide('second', 'third');
    process.kill(guardian, 'SIGCONT');
    proxy.resume();
    await second.result;
  }, 90_000);
});
