import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MaintenanceProgress } from 'nestjs-maintenance';
import { Replica } from '../cluster/replicas.js';
import { end } from '../support/process.js';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { cli, cliProcess, MAIN, resultOf, startCli } from './cli.js';
import { LEASE, Migrations } from './migrations.js';

/** A key of the replica's. */
const KEY = 'import-export';

let server: RedisServer;
let replica: Replica;

beforeAll(async () => {
  server = await RedisServer.start();
  replica = await Replica.start(server.url);
  await until(async () => (await server.client().hlen('maintenance:{maintenance}:catalogue')) === 3);
}, 60_000);
afterAll(async () => {
  await replica?.child.kill();
  await server.stop();
});

const withReplica = () => Migrations.prepare(server.url, { key: KEY, namespace: 'maintenance' });
const alone = () => Migrations.prepare(server.url);

describe('a command under run', () => {
  it('runs while the key is on, with key and fence; run keeps its output and exit code', async () => {
    await using migrations = await withReplica();
    const script = 'echo "$MAINTENANCE_KEY $MAINTENANCE_FENCE"; echo oops >&2; exit 42';
    const args = ['run', KEY, '--redis', server.url, '--', 'sh', '-c', script];
    const first = await cliProcess(args);
    expect(first).toMatchObject({ code: 42, stderr: 'oops\n' });
    const second = await cliProcess(args);
    const fences = [first, second].map(({ stdout }) => Number(/^import-export (\d+)\n$/.exec(stdout)?.[1]));
    expect(fences[1]).toBeGreaterThan(fences[0]!);
    expect(await migrations.isOn()).toBe(false);
  });

  it('starts once all replicas are drained, while nobody gets in', async () => {
    await using migrations = await withReplica();
    const asked = replica.get('/wait/run-drain');
    await replica.reaches('run-drain');
    const { child, result } = migrations.run('drained', { args: ['--drain', '20s'] });
    await until(() => replica.isOn(KEY), { timeout: 15_000 });
    expect((await replica.get('/orders')).status).toBe(503);
    expect(await migrations.lines()).toEqual([]);
    await replica.open('run-drain');
    await asked;
    await migrations.begun('drained');
    expect(await migrations.state()).toMatchObject({ value: true, holder: { pid: child.pid } });
    child.kill('SIGTERM');
    expect((await result).code).toBe(9);
    await until(async () => !(await replica.isOn(KEY)));
    expect((await migrations.lines('drained')).map(({ what }) => what)).toContain('SIGTERM');
  }, 60_000);

  it('is not started if a call does not end: run exits with 127, and the key is open again', async () => {
    await using migrations = await withReplica();
    const asked = replica.get('/wait/run-busy');
    await replica.reaches('run-busy');
    const { result } = migrations.run('busy', { args: ['--drain', '2s'] });
    expect(await result).toMatchObject({
      code: 127,
      stderr: expect.stringContaining('GET /wait/:gate') as unknown,
    });
    expect(await migrations.lines()).toEqual([]);
    expect(await migrations.isOn()).toBe(false);
    await replica.open('run-busy');
    await asked;
  });

  it('run opens the key even if Redis is silent while run gives up', async () => {
    await using migrations = await withReplica();
    await using proxy = await TcpProxy.start({ host: server.host, port: server.port });
    const asked = replica.get('/wait/run-silent');
    await replica.reaches('run-silent');
    // there is time to silence Redis before the drain is given up
    const args = ['--drain', '4s', '--command-timeout', '1s'];
    const { result } = migrations.run('silent', { url: proxy.url, args });
    await until(() => replica.isOn(KEY), { timeout: 15_000 });
    proxy.pause();
    // longer than the drain, and than what is tried at once
    await new Promise((resolve) => setTimeout(resolve, 7_500));
    proxy.resume();
    expect(await result).toMatchObject({
      code: 124,
      stderr: expect.stringContaining('Redis did not answer') as unknown,
    });
    expect(await migrations.lines()).toEqual([]);
    expect(await migrations.isOn()).toBe(false);
    await replica.open('run-silent');
    await asked;
  }, 60_000);

  it.each([
    [122, 'no command', [KEY]],
    [122, 'an empty command', [KEY, '--', '']],
    [122, 'an unknown option', [KEY, '--drian', '1s', '--', 'true']],
    [122, 'a header for Redis', [KEY, '--header', 'X: y', '--', 'true']],
    [122, 'a lease that leaves no time', [KEY, '--lease', '5s', '--', 'true']],
    [122, 'a length of time without a unit', [KEY, '--drain', '10', '--', 'true']],
    [126, 'an unknown key', ['nothing', '--', 'true']],
    [121, 'a missing command', [KEY, '--', '/does/not/exist']],
    [122, 'no time at all', [KEY, '--for', '0s', '--', 'true']],
    [124, 'no Redis', [KEY, '--redis', 'redis://127.0.0.1:1', '--command-timeout', '1s', '--', 'true']],
  ])('is never started, and run exits with %i, for %s', async (code, _what, args) => {
    const result = await cli(['run', ...args], {
      env: { MAINTENANCE_REDIS_URL: server.url },
    });
    expect(result.code, result.stderr).toBe(code);
    expect(result.stderr).toMatch(/^error: /);
    const [command = '', ...others] = args;
    const json = await cli(['run', command, '--json', ...others], {
      env: { MAINTENANCE_REDIS_URL: server.url },
    });
    expect(json, 'stdout is left to the command').toEqual({ ...result, stdout: '' });
    await using migrations = await withReplica();
    expect(await migrations.isOn()).toBe(false);
  });
});

describe.concurrent('a command in a separate namespace', () => {
  it('gets the signals sent to run', async () => {
    await using migrations = await alone();
    const { child, result } = migrations.run('signals');
    await migrations.begun('signals');
    child.kill('SIGUSR2');
    await until(async () => (await migrations.lines()).some(({ what }) => what === 'SIGUSR2'));
    child.kill('SIGINT');
    expect((await result).code).toBe(9);
  }, 60_000);

  it('reports progress with the command and through its file descriptor', async () => {
    await using migrations = await alone();
    const ours = ['--redis', server.url, '--namespace', migrations.namespace, '--public'];
    const main = `'${process.execPath}' '${MAIN}'`;
    const script = `${main} progress 120/300 --step invoices && read go && echo "80 mails" >&$MAINTENANCE_PROGRESS_FD && read go; ${main} progress 140; exit $?`;
    const child = startCli(['run', 'general', ...ours, '--', 'bash', '-c', script], { stdin: 'pipe' });
    const result = resultOf(child);
    const sees = (progress: object) =>
      until(async () => isDeepStrictEqual(pick((await migrations.state()).progress), progress), {
        timeout: 15_000,
      });
    await sees({ value: 0.4, done: 120, total: 300, step: 'invoices', public: true });
    child.stdin?.write('go\n');
    await sees({ value: 0.8, done: null, total: null, step: 'mails', public: true });
    child.stdin?.write('go\n');
    expect(await result).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('accepted: a percentage') as unknown,
    });
    expect((await migrations.state()).progress).toBeUndefined();
  }, 60_000);

  it('goes on when nobody reads the output of run any more', async () => {
    await using migrations = await alone();
    const ours = ['--redis', server.url, '--namespace', migrations.namespace];
    const script =
      'read go; echo nonsense >&$MAINTENANCE_PROGRESS_FD; echo "50 x" >&$MAINTENANCE_PROGRESS_FD; read go; exit 7';
    const child = startCli(['run', 'general', ...ours, '--', 'bash', '-c', script], { stdin: 'pipe' });
    const ended = once(child, 'exit');
    await until(() => migrations.isOn(), { timeout: 15_000 });
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.stdin?.write('go\n');
    // after the warning that nobody reads
    await until(async () => (await migrations.state()).progress?.value === 0.5, { timeout: 15_000 });
    child.stdin?.write('go\n');
    expect(await ended).toEqual([7, null]);
  }, 60_000);

  it('is ended when its time is over, and the key opens', async () => {
    await using migrations = await alone();
    const ours = ['--redis', server.url, '--namespace', migrations.namespace, '--for', '4s'];
    const ended = await cliProcess(['run', 'general', ...ours, '--lease', '60s', '--', 'sleep', '60']);
    expect(ended).toMatchObject({
      code: 121,
      stderr: expect.stringMatching(/^error: .* was lost: its time is over\.\n$/) as unknown,
    });
    expect(await migrations.isOn()).toBe(false);
  }, 20_000);

  it('leaves the key on when it fails, with --keep-on-failure', async () => {
    await using migrations = await alone();
    const { namespace } = migrations;
    const ours = ['--redis', server.url, '--namespace', namespace, '--keep-on-failure'];
    expect(await cliProcess(['run', 'general', ...ours, '--', 'sh', '-c', 'kill -9 $$'])).toMatchObject({
      code: 128 + 9,
      stderr: expect.stringContaining('stays in maintenance') as unknown,
    });
    expect(await migrations.state()).toMatchObject({ value: true, holder: null });
    const [last] = await migrations.watcher.getHistory({ key: 'general', limit: 1 });
    expect(last?.way).toBe('cli');
  }, 60_000);

  it('does not close the key again that an operator has opened, with --keep-on-failure', async () => {
    await using migrations = await alone();
    const { watcher } = migrations;
    const { result } = migrations.run('ended', { args: ['--keep-on-failure'] });
    await migrations.begun('ended');
    await watcher.unsetMaintenance('general');
    const { code, stderr } = await result;
    expect(code).toBe(121);
    expect(stderr).not.toContain('stays in maintenance');
    expect(await migrations.isOn()).toBe(false);
    const history = await watcher.getHistory({ key: 'general' });
    expect(history.map(({ event }) => event)).toEqual(['exiting', 'entering']);
  }, 60_000);

  it('leaves the key on while the command is being ended after --for, with --keep-on-failure', async () => {
    await using migrations = await alone();
    const { watcher } = migrations;
    const { child, result } = migrations.run('late', {
      stubborn: true,
      args: ['--keep-on-failure', '--for', '8s'],
    });
    await migrations.begun('late');
    await until(async () => (await migrations.lines('late')).some(({ what }) => what === 'SIGTERM'), {
      timeout: 30_000,
    });
    await until(() => migrations.isOn());
    expect(child.exitCode).toBeNull();
    expect(await result).toMatchObject({
      code: 121,
      stderr: expect.stringContaining('stays in maintenance') as unknown,
    });
    expect(await migrations.state()).toMatchObject({ value: true, holder: null });
    const [last] = await watcher.getHistory({ key: 'general', limit: 1 });
    expect(last?.reason).toMatch(/^The command exited with 121: /);
  }, 60_000);

  it('does not close the key again that was opened while the command was being ended', async () => {
    await using migrations = await alone();
    const { watcher } = migrations;
    const { result } = migrations.run('late', {
      stubborn: true,
      args: ['--keep-on-failure', '--for', '8s'],
    });
    await migrations.begun('late');
    await until(async () => (await migrations.state()).reason?.startsWith('The command is being ended'), {
      timeout: 30_000,
    });
    await watcher.setMaintenance(false);
    const { code, stderr } = await result;
    expect(code).toBe(121);
    expect(stderr).not.toContain('stays in maintenance');
    expect(await migrations.isOn()).toBe(false);
  }, 60_000);

  it('is not started while another process holds the lock (exit code 125); with --wait it is next', async () => {
    await using migrations = await alone();
    const first = migrations.run('first');
    await migrations.begun('first');
    expect(await migrations.run('refused').result).toMatchObject({
      code: 125,
      stderr: expect.stringMatching(
        new RegExp(
          `^error: Key "general" is locked by \\S+ \\(pid ${first.child.pid}\\) since .* --wait 10m`,
        ),
      ) as unknown,
    });
    const second = migrations.run('second', { ms: 100, args: ['--wait', '2m'] });
    first.child.kill('SIGTERM');
    expect((await first.result).code).toBe(9);
    expect((await second.result).code).toBe(0);
    expect(await migrations.lines('refused')).toEqual([]);
    expect(await migrations.between('first', 'second')).toBeGreaterThan(0);
  }, 60_000);
});

describe.concurrent('two migrations never overlap', () => {
  const kinds = [
    ['asks to end', false],
    ['ignores SIGTERM', true],
  ] as const;

  it.each(kinds)(
    'when run is killed, and the child %s',
    async (_what, stubborn) => {
      await using migrations = await alone();
      const first = migrations.run('first', { stubborn });
      await migrations.begun('first');
      await end(first.child, 'SIGKILL');
      expect(await migrations.run('early').result).toMatchObject({ code: 125 });
      // one waits for the lock, the other one comes when everybody knows
      if (!stubborn) await until(async () => (await migrations.state()).abandoned, { timeout: 20_000 });
      const second = migrations.run('second', { ms: 100, args: ['--wait', '2m'] });
      expect((await second.result).code).toBe(0);
      expect((await migrations.lines('first')).some(({ what }) => what === 'SIGTERM')).toBe(true);
      expect(await migrations.between('first', 'second')).toBeGreaterThan(0);
      await until(async () => !(await migrations.isOn()));
    },
    180_000,
  );

  it('when run is killed before the guardian starts watching', async () => {
    await using migrations = await alone();
    const first = migrations.run('first', { stubborn: true });
    await until(() => migrations.isOn(), { timeout: 20_000, interval: 2 });
    await end(first.child, 'SIGKILL');
    const second = migrations.run('second', { ms: 100, args: ['--wait', '2m'] });
    expect((await second.result).code).toBe(0);
    expect(await migrations.between('first', 'second')).toBeGreaterThan(0);
  }, 180_000);

  it.each(kinds)(
    'when run is stopped, and the child %s',
    async (_what, stubborn) => {
      await using migrations = await alone();
      const first = migrations.run('first', { stubborn });
      await migrations.begun('first');
      first.child.kill('SIGSTOP');
      const stopped = (await migrations.lines('first')).at(-1)!.at;
      const second = migrations.run('second', { ms: 100, args: ['--wait', '2m'] });
      expect((await second.result).code).toBe(0);
      const asked = (await migrations.lines('first')).find(({ what }) => what === 'SIGTERM')!.at;
      const last = (await migrations.lines('first')).at(-1)!.at;
      // half of the lease after the last renewal; killed well before its end, even by a guardian that gets its turn late
      expect(asked - stopped).toBeLessThan(LEASE / 2 + 1_500);
      expect(last - stopped).toBeLessThan(LEASE - 500);
      expect(await migrations.between('first', 'second')).toBeGreaterThan(0);
      first.child.kill('SIGCONT');
      expect((await first.result).code).toBe(124);
    },
    180_000,
  );

  it.each(kinds)(
    'when the network is cut, and the child %s',
    async (_what, stubborn) => {
      await using migrations = await alone();
      await using proxy = await TcpProxy.start({ host: server.host, port: server.port });
      const first = migrations.run('first', { stubborn, url: proxy.url });
      await migrations.begun('first');
      proxy.pause();
      const second = migrations.run('second', { ms: 100, args: ['--wait', '2m'] });
      expect((await second.result).code).toBe(0);
      expect(await migrations.between('first', 'second')).toBeGreaterThan(0);
      proxy.resume();
      expect(await first.result).toMatchObject({
        code: 124,
        stderr: expect.stringContaining('run ended the command') as unknown,
      });
    },
    180_000,
  );

  it('when an operator ends it, and the child ignores SIGTERM', async () => {
    await using migrations = await alone();
    const first = migrations.run('first', { stubborn: true });
    await migrations.begun('first');
    await migrations.watcher.unsetMaintenance('general');
    const second = migrations.run('second', { ms: 100, args: ['--wait', '2m'] });
    expect(await first.result).toMatchObject({
      code: 121,
      stderr: expect.stringContaining('unset') as unknown,
    });
    expect((await second.result).code).toBe(0);
    expect(await migrations.between('first', 'second')).toBeGreaterThan(0);
  }, 180_000);

  it.each(['is killed', 'is stopped', 'is ended by an operator'])(
    'when run %s, and its command is a run with a longer lease',
    async (how) => {
      await using migrations = await alone();
      const { namespace, watcher } = migrations;
      const catalogue = `${namespace}:{${namespace}}:catalogue`;
      await server.client().hset(catalogue, 'inner', `${Date.now()}|{"label":"Inner"}`);
      const first = migrations.run('first', { stubborn: true, within: 'inner' });
      await migrations.begun('first');
      const second = migrations.run('second', { ms: 100, args: ['--wait', '2m'] });
      if (how === 'is ended by an operator') {
        await watcher.unsetMaintenance('general');
      } else {
        first.child.kill(how === 'is killed' ? 'SIGKILL' : 'SIGSTOP');
      }
      expect((await second.result).code).toBe(0);
      expect(await migrations.between('first', 'second')).toBeGreaterThan(0);
    },
    180_000,
  );

  it('when the guardian is killed', async () => {
    await using migrations = await alone();
    const first = migrations.run('first', { stubborn: true });
    await migrations.begun('first');
    process.kill(await guardianOf(first.child), 'SIGKILL');
    expect(await first.result).toMatchObject({
      code: 121,
      stderr: expect.stringContaining('the guardian process is gone') as unknown,
    });
    await migrations.run('second', { ms: 100, args: ['--wait', '2m'] }).result;
    expect(await migrations.between('first', 'second')).toBeGreaterThan(0);
  }, 180_000);

  it('when the guardian is stopped together with the network', async () => {
    await using migrations = await alone();
    await using proxy = await TcpProxy.start({ host: server.host, port: server.port });
    const first = migrations.run('first', { stubborn: true, url: proxy.url });
    await migrations.begun('first');
    const guardian = await guardianOf(first.child);
    process.kill(guardian, 'SIGSTOP');
    proxy.pause();
    const second = migrations.run('second', { ms: 100, args: ['--wait', '2m'] });
    expect((await second.result).code).toBe(0);
    expect(await migrations.between('first', 'second')).toBeGreaterThan(0);
    process.kill(guardian, 'SIGCONT');
    proxy.resume();
    await first.result;
  }, 180_000);

  it('when the lock cannot be released at the end: the next one waits for no lease once Redis is back', async () => {
    await using migrations = await alone();
    await using proxy = await TcpProxy.start({ host: server.host, port: server.port });
    const args = ['--lease', '10m', '--command-timeout', '1s'];
    const first = migrations.run('first', { url: proxy.url, args });
    await migrations.begun('first');
    proxy.pause();
    first.child.kill('SIGTERM');
    await until(async () => (await migrations.lines('first')).some(({ what }) => what === 'SIGTERM'));
    // longer than what is tried at once
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    proxy.resume();
    expect((await first.result).code).toBe(9);
    const second = migrations.run('second', { ms: 100 });
    expect((await second.result).code).toBe(0);
  }, 180_000);
});

const pick = ({ value, done, total, step, public: isPublic }: Partial<MaintenanceProgress> = {}) => ({
  value,
  done,
  total,
  step,
  public: isPublic,
});

async function guardianOf({ pid }: ChildProcess): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return Number(children.trim().split(' ')[0]);
}
