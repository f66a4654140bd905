import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMaintenance } from 'nestjs-maintenance/standalone';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { cli, cliProcess, MAIN, resultOf, startCli } from './cli.js';
import { parse } from './schemas.js';

const run = promisify(execFile);
let server: RedisServer;
let folder: string;
const env = () => ({ MAINTENANCE_REDIS_URL: server.url });

beforeAll(async () => {
  server = await RedisServer.start();
  folder = await mkdtemp(join(tmpdir(), 'maintenance-input-'));
});
beforeEach(() => server.client().flushall());
/** Is nothing in maintenance, and nothing planned. */
const isUntouched = async () => {
  const { stdout } = await cli(['windows', '--json'], { env: env() });
  const { windows } = JSON.parse(stdout) as { windows: object[] };
  return windows.length === 0 && (await cli(['status', '--exit-code'], { env: env() })).code === 0;
};
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a wrong command line gets one sentence and exit code 2, and changes nothing', () => {
  it.each([
    ['no such command', ['onn', 'general']],
    ['an option that nobody knows', ['on', 'general', '--forr', '1h']],
    ['an option without its value', ['on', 'general', '--for']],
    ['no unit', ['on', 'general', '30']],
    ['a length that is none', ['on', 'general', '--for', 'soon']],
    ['two ends', ['on', 'general', '30m', '--until', '14:30']],
    ['an end that is over', ['on', 'general', '--until', '2020-01-01T00:00Z']],
    ['a wait that is none', ['on', 'general', '--acknowledge', 'yes']],
    ['a drain that is none', ['on', 'general', '--drain', '10']],
    ['both ways', ['on', 'general', '--redis', 'redis://localhost', '--url', 'http://localhost']],
    ['no Redis at all', ['on', 'general', '--redis', 'localhost:6379']],
    ['a database that is none', ['on', 'general', '--redis', 'redis://localhost:1/one']],
    ['a Sentinel without a name', ['on', 'general', '--redis', 'redis+sentinel://localhost']],
    ['a host that is none', ['on', 'general', '--redis', 'redis+cluster://a:b:c']],
    ['no URL', ['on', 'general', '--url', 'shop.example']],
    ['no header', ['on', 'general', '--url', 'http://localhost', '--header', 'let me in']],
    [
      'a certificate that is not there',
      ['on', 'general', '--redis', 'rediss://localhost', '--ca', '/nowhere.pem'],
    ],
    ['a namespace that is none', ['on', 'general', '--namespace', 'a b']],
    ['a message that is too long', ['on', 'general', '-m', 'x'.repeat(10_001)]],
    ['a shell that nobody knows', ['completion', 'tcsh']],
    ['nothing to extend by', ['extend', 'general']],
    ['a page to watch without a file', ['page', '--watch']],
    ['no replica', ['forget']],
    ['a window without a start', ['schedule', 'general']],
    ['a window without an end', ['schedule', 'general', '22:00']],
    ['a window that is over', ['schedule', 'general', '2020-01-01T10:00', '2h']],
    ['a window of no time', ['schedule', 'general', '22:00', '0s']],
    ['a day that its month does not have', ['schedule', 'general', '2031-02-30T10:00', '2h', '--dry-run']],
    ['a start that is none', ['schedule', 'general', 'tonight', '2h']],
    ['a zone that is none', ['schedule', 'general', '22:00', '2h', '--zone', 'Mars/Olympus']],
    ['a pattern that is none', ['schedule', 'general', '22:00', '2h', '--repeat', 'weekly']],
    ['a number of nothing', ['schedule', 'general', '22:00', '2h', '--count', '3']],
    [
      'a number that is none',
      ['schedule', 'general', '22:00', '2h', '--repeat', '0 22 * * *', '--count', 'x'],
    ],
    ['an announcement that is none', ['schedule', 'general', '22:00', '2h', '--announce', 'soon']],
    ['a revision of nothing', ['schedule', 'general', '22:00', '2h', '--if-revision', '1']],
    ['an occurrence that is none', ['cancel', 'x', '--occurrence', 'sunday']],
    ['a reopening that is none', ['off', 'general', '--reopen-over', 'slowly']],
    ['no window', ['cancel']],
    ['progress of nothing', ['progress', '40']],
    ['progress that is none', ['progress', 'soon']],
    ['more than all', ['progress', '140']],
    ['a time that is none', ['history', '--since', 'yesterday']],
    ['a number that is none', ['history', '--limit', 'all']],
  ])('%s', async (_what, args) => {
    const { code, stdout, stderr } = await cli(args, { env: env() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: \S/);
    expect(stderr).not.toMatch(/\bat .+:\d+:\d+/);
    expect(await isUntouched()).toBe(true);
  });

  it('nowhere to go is said, too', async () => {
    const { code, stderr } = await cli(['status']);
    expect({ code, named: /--redis.*MAINTENANCE_REDIS_URL.*--url/.test(stderr) }).toEqual({
      code: 2,
      named: true,
    });
  });

  it('and for programs as JSON', async () => {
    for (const args of [
      ['on', 'general', '30', '--json'],
      ['on', 'general', '--forr', '1h', '--json'],
    ]) {
      const { code, stdout } = await cli(args, { env: env() });
      expect(code).toBe(2);
      expect(parse<{ exitCode: number }>('error', stdout).exitCode).toBe(2);
    }
  });

  it('and it is what the process ends with', async () => {
    const { code, stdout, stderr } = await cliProcess(['on', 'general', '30'], { env: env() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: /);
  });
});

describe('what cannot be reached is 4', () => {
  const commands = [
    ['status'],
    ['on', 'general', '1h'],
    ['off'],
    ['quiet'],
    ['replicas'],
    ['doctor'],
    ['watch'],
    ['windows'],
    ['history'],
    ['schedule', 'general', '22:00', '1h'],
    ['cancel', 'x'],
  ];

  it.each(commands)('a Redis that is not there: %s', async (...args) => {
    const quick = ['--command-timeout', '300ms'];
    const { code, stderr } = await cli([...args, ...quick, '--redis', 'redis://user:secret@127.0.0.1:1']);
    expect(code).toBe(4);
    expect(stderr).toMatch(/ECONNREFUSED.*\. Nothing was changed\.$/m);
    expect(stderr).not.toContain('unknown');
    expect(stderr).not.toContain('secret');
  });

  it('a Redis that does not answer, in the time that it is given', async () => {
    await using proxy = await TcpProxy.start({ host: server.host, port: server.port });
    proxy.pause();
    const begun = performance.now();
    const { code, stderr } = await cli(['on', 'general', '--redis', proxy.url, '--command-timeout', '500ms']);
    expect({ code, said: stderr.includes('Nothing was changed') }).toEqual({ code: 4, said: true });
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('a Redis that says no is 1', async () => {
    await using own = await RedisServer.start();
    await own.client().config('SET', 'requirepass', 'secret');
    const on = (url: string) => cli(['on', 'general', '--command-timeout', '500ms', '--redis', url]);
    const { code, stderr } = await on(own.url);
    expect({ code, why: stderr.includes('NOAUTH') }).toEqual({ code: 1, why: true });
    const wrong = await on(own.url.replace('//', '//:wrong@'));
    expect({ code: wrong.code, why: wrong.stderr.includes('WRONGPASS') }).toEqual({ code: 1, why: true });
    expect((await on(own.url.replace('//', '//:secret@'))).code).toBe(0);
  });

  it('an application that is not there, does not answer, or is something else', async () => {
    expect(await cli(['on', 'general', '--url', 'http://127.0.0.1:1/maintenance'])).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('Nothing was changed') as unknown,
    });
    const silent = createServer((request, response) => {
      if (request.url?.startsWith('/other')) response.end('<h1>Hello</h1>');
      if (request.url?.startsWith('/denied')) response.writeHead(401).end('{"message":"Who are you?"}');
      if (request.url?.startsWith('/broken')) response.writeHead(502).end('Bad gateway');
    }).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const url = (path: string) => `http://127.0.0.1:${(silent.address() as AddressInfo).port}/${path}`;
    const codes = await Promise.all(
      ['silent', 'other', 'denied', 'broken'].map(async (path) => {
        const args = ['on', 'general', '1h', '--url', url(path), '--command-timeout', '1s'];
        return [path, (await cli(args)).code];
      }),
    );
    expect(Object.fromEntries(codes)).toEqual({ silent: 4, other: 1, denied: 1, broken: 4 });
    silent.closeAllConnections();
    silent.close();
  });

  it('an application that does not answer a change: it is unknown whether it was made', async () => {
    const key = { name: 'general', value: false, scope: 'site', readOnly: false };
    const mute = createServer((request, response) => {
      if (request.method === 'GET') {
        const body = request.url?.endsWith('/replicas') ? [] : key;
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
      }
    }).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const url = `http://127.0.0.1:${(mute.address() as AddressInfo).port}/maintenance`;
    const { code, stderr } = await cli(['on', 'general', '1h', '--url', url, '--command-timeout', '300ms']);
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining('It is unknown whether the change was made.') as unknown,
    });
    mute.closeAllConnections();
    mute.close();
  });

  it('a database that there is not is 1, like all that Redis refuses', async () => {
    const { code, stderr } = await cli([
      'status',
      '--redis',
      `${server.url}/99`,
      '--command-timeout',
      '500ms',
    ]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/out of range\. Nothing was changed\.\n$/) as unknown,
    });
  });
});

describe('where it gets its settings', () => {
  it('options come before variables, and those before the nearest file', async () => {
    const inner = join(folder, 'project/packages/shop');
    await mkdir(inner, { recursive: true });
    await writeFile(
      join(folder, 'project/package.json'),
      JSON.stringify({ maintenance: { redis: server.url, namespace: 'from-package' } }),
    );
    const placeOf = async (args: string[], options: object) =>
      (
        JSON.parse((await cli(['status', '--json', ...args], { cwd: inner, ...options })).stdout) as {
          place: string;
        }
      ).place;
    expect(await placeOf([], {})).toContain('namespace "from-package"');
    await writeFile(
      join(inner, '.maintenancerc'),
      JSON.stringify({ redis: server.url, namespace: 'from-rc' }),
    );
    expect(await placeOf([], {})).toContain('namespace "from-rc"');
    expect(await placeOf([], { env: { MAINTENANCE_NAMESPACE: 'from-env' } })).toContain(
      'namespace "from-env"',
    );
    expect(await placeOf(['--namespace', 'given'], { env: { MAINTENANCE_NAMESPACE: 'x' } })).toContain(
      'namespace "given"',
    );
    const url = await cli(['status', '--url', 'http://127.0.0.1:1/'], { cwd: inner, env: env() });
    expect({ code: url.code, way: url.stderr.includes('the admin API') }).toEqual({ code: 4, way: true });
  });

  it.each([
    '{',
    '[]',
    '{"reids":"x"}',
    '{"redis":7}',
    '{"headers":"x"}',
    '{"redis":"redis://a","url":"http://b"}',
  ])('a file that holds %s is refused', async (text) => {
    const own = await mkdtemp(join(folder, 'rc-'));
    await writeFile(join(own, '.maintenancerc'), text);
    const { code, stderr } = await cli(['status'], { cwd: own });
    expect({ code, named: stderr.includes('.maintenancerc') }).toEqual({ code: 2, named: true });
  });
});

describe('on a terminal', () => {
  /** Runs it with a terminal of 80 columns. */
  function openTerminal(args: readonly string[]) {
    const file = join(folder, `screen-${Math.random()}`);
    const command = [process.execPath, MAIN, ...args].map((word) => `'${word}'`).join(' ');
    const running = run('script', ['-qefc', `stty cols 80; exec ${command}`, file], {
      cwd: folder,
      env: { ...process.env, ...env(), TERM: 'xterm' },
    });
    return {
      screen: () => readFile(file, 'utf8').catch(() => ''),
      type: (text: string) => running.child.stdin?.write(text),
      end: (text: string) => running.child.stdin?.end(text),
      result: running.then(
        () => 0,
        (error: { code: number }) => error.code,
      ),
    };
  }

  /** Types, and has no more to say. */
  async function onTerminal(
    args: readonly string[],
    typed: string,
  ): Promise<{ code: number; screen: string }> {
    const terminal = openTerminal(args);
    terminal.end(typed);
    const code = await terminal.result;
    return { code, screen: await terminal.screen() };
  }

  it('asks, and takes only yes for yes', async () => {
    await using watcher = await createMaintenance({ redis: server.url });
    const no = await onTerminal(['on', 'general', '1h'], '\n');
    expect(no.screen).toContain('which closes the whole site');
    await watcher.refresh();
    expect({ code: no.code, on: watcher.isActive() }).toEqual({ code: 1, on: false });
    const yes = await onTerminal(['on', 'general', '1h'], 'yes\n');
    await watcher.refresh();
    expect({ code: yes.code, on: watcher.isActive() }).toEqual({ code: 0, on: true });
  });

  it('says that the outcome is unknown when Redis no longer answers what it is to write', async () => {
    await using own = await RedisServer.start();
    const quick = ['--redis', own.url, '--command-timeout', '1s'];
    const { screen, end, result } = openTerminal(['on', 'general', '1h', ...quick]);
    await until(async () => (await screen()).includes('[y/N]'), { timeout: 15_000 });
    own.pause();
    end('yes\n');
    expect(await result).toBe(4);
    expect(await screen()).toContain('the outcome is unknown');
    own.resume();
  });

  it('run says what it waits for, as long as it waits, and ends with Ctrl-C', async () => {
    await using holder = await createMaintenance({ redis: server.url });
    await using held = await holder.maintain('general', { drain: false });
    const { screen, type, result } = openTerminal(['run', 'general', '--wait', '1m', '--', 'touch', 'never']);
    await until(async () => (await screen()).includes('waiting until it is quiet'), { timeout: 15_000 });
    type('\u0003');
    expect(await result).toBe(121);
    expect(await screen()).toMatch(
      /waiting until it is quiet everywhere …(\^C)?\r +\r.*Stopped by SIGINT before/s,
    );
    expect(held.signal.aborted).toBe(false);
  });

  it('asks nobody with --json', async () => {
    const { screen, result } = openTerminal(['on', 'general', '1h', '--json']);
    expect(await result).toBe(0);
    expect(await screen()).not.toContain('[y/N]');
    const off = await cli(['off', '--force', '--json'], { env: env() });
    expect(parse<{ error: { message: string } }>('error', off.stdout).error.message).toContain('--yes');
    expect(off.code).toBe(2);
    expect(await isUntouched()).toBe(false);
  });

  it('run shows how far its command is', async () => {
    const script = 'echo "29 orders" >&$MAINTENANCE_PROGRESS_FD; read go';
    const { screen, end, result } = openTerminal(['run', 'general', '--', 'bash', '-c', script]);
    await until(async () => (await screen()).includes('general: 29 % orders'), { timeout: 15_000 });
    end('go\n');
    expect(await result).toBe(0);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)('what watches ends in good order with %s', async (signal) => {
    const child = startCli(['watch'], { env: env() });
    const result = resultOf(child);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    child.kill(signal);
    expect(await result).toMatchObject({ code: 0, stderr: '' });
  });

  it('there are colours there, and nowhere else', async () => {
    expect((await onTerminal(['status'], '')).screen).toContain('\u001b[');
    expect((await cliProcess(['status'], { env: env() })).stdout).not.toContain('\u001b[');
    const forced = await cli(['status'], { env: { ...env(), FORCE_COLOR: '1' } });
    expect(forced.stdout).toContain('\u001b[');
  });
});

describe('the samples of sample/03-deploy', () => {
  const sample = (name: string) =>
    readFile(fileURLToPath(new URL(`../../sample/03-deploy/${name}`, import.meta.url)), 'utf8');
  const prisma = '"npx prisma migrate deploy" while "billing" is in maintenance';

  beforeEach(() =>
    server
      .client()
      .hset('maintenance:{maintenance}:catalogue', 'billing', `${Date.now()}|{"label":"Billing"}`),
  );

  it.each([
    ['github-actions.yml', /run: npx nestjs-maintenance (run .*)/],
    ['deploy.sh', /^maintenance (run .*)/m],
  ])('%s says what the command line understands', async (name, pattern) => {
    const line = pattern.exec(await sample(name))?.[1] ?? '';
    const words = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '');
    const { code, stdout, stderr } = await cli([words[0]!, '--dry-run', ...words.slice(1)], { env: env() });
    expect({ code, stderr, does: stdout.includes(prisma) }).toEqual({ code: 0, stderr: '', does: true });
  });

  it('so does kubernetes-job.yaml', async () => {
    const list = /args:\s*(\[[^\]]*\])/.exec(await sample('kubernetes-job.yaml'))?.[1] ?? '[]';
    const [command = '', ...words] = JSON.parse(list.replaceAll("'", '"')) as string[];
    const { code, stdout } = await cli([command, '--dry-run', ...words], { env: env() });
    expect({ code, does: stdout.includes(prisma) }).toEqual({ code: 0, does: true });
  });

  it('deploy.sh stops at what goes wrong', async () => {
    const bin = join(folder, 'sample-bin');
    await mkdir(bin, { recursive: true });
    const script = '#!/bin/sh\necho "$@" >> calls\n[ "$2" != run ]\n';
    await writeFile(join(bin, 'npx'), script, { mode: 0o755 });
    await writeFile(join(bin, 'deploy.sh'), await sample('deploy.sh'));
    const failed = await run('sh', ['deploy.sh'], {
      cwd: bin,
      env: { ...process.env, PATH: `${bin}:${process.env.PATH}` },
    }).catch((error: { code: number }) => error);
    expect(failed).toMatchObject({ code: 1 });
    const calls = await readFile(join(bin, 'calls'), 'utf8');
    expect(calls).toMatch(
      /^nestjs-maintenance doctor\nnestjs-maintenance run billing .* -- npx prisma migrate deploy\n$/,
    );
  });
});

describe('help and completion', () => {
  it('every command has examples', async () => {
    const { stdout } = await cli(['--help']);
    const names = [...stdout.matchAll(/^ {2}(\w+)(?: \[| <| {2,})/gm)]
      .map(([, name]) => name as string)
      .filter((name) => name !== 'help');
    expect(names.length).toBeGreaterThanOrEqual(17);
    for (const name of names) {
      const help = await cli([name, '--help']);
      expect(help.code).toBe(0);
      expect(help.stdout).toMatch(/Examples:\n {2}# .+\n {2}\$ nestjs-maintenance /);
      expect(help.stdout).toContain('--redis <url>');
    }
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect((await cliProcess(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+/);
  });

  it.each(['bash', 'zsh', 'fish'])('%s reads what it is given', async (shell) => {
    const { stdout, code } = await cli(['completion', shell]);
    expect(code).toBe(0);
    expect(stdout).toContain('run');
    const file = join(folder, `completion.${shell}`);
    await writeFile(file, stdout);
    const found = await run('which', [shell]).then(
      () => true,
      () => false,
    );
    if (found) await run(shell, ['-n', file]);
  });

  it('bash completes commands, options and keys', async () => {
    const { stdout } = await cli(['completion', 'bash']);
    const bin = join(folder, 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(
      join(bin, 'nestjs-maintenance'),
      `#!/bin/sh\nexec '${process.execPath}' '${MAIN}' "$@"\n`,
      { mode: 0o755 },
    );
    const complete = async (...words: string[]) => {
      const script = `${stdout}\nCOMP_WORDS=(${words.map((word) => `"${word}"`).join(' ')}); COMP_CWORD=${words.length - 1}; _nestjs_maintenance; echo "\${COMPREPLY[@]}"`;
      const { stdout: found } = await run('bash', ['-c', script], {
        env: { ...process.env, ...env(), PATH: `${bin}:${process.env.PATH}` },
      });
      return found.trim();
    };
    expect(await complete('nestjs-maintenance', 'ex')).toBe('extend');
    expect(await complete('nestjs-maintenance', 'run', '--keep')).toBe('--keep-on-failure');
    expect(await complete('nestjs-maintenance', 'on', 'gen')).toBe('general');
  });
});
