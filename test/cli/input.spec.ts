import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RedisServer } from '../support/redis.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { cli, cliProcess, MAIN, resultOf } from './cli.js';
import { parse } from './schemas.js';

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
    ['an unknown option', ['on', 'general', '--forr', '1h']],
    ['an option without its value', ['on', 'general', '--for']],
    ['no unit', ['on', 'general', '30']],
    ['an invalid length', ['on', 'general', '--for', 'soon']],
    ['two ends', ['on', 'general', '30m', '--until', '14:30']],
    ['an end in the past', ['on', 'general', '--until', '2020-01-01T00:00Z']],
    ['an invalid wait', ['on', 'general', '--acknowledge', 'yes']],
    ['an invalid drain', ['on', 'general', '--drain', '10']],
    [
      'both --redis and --url',
      ['on', 'general', '--redis', 'redis://localhost', '--url', 'http://localhost'],
    ],
    ['a Redis URL without a scheme', ['on', 'general', '--redis', 'localhost:6379']],
    ['an invalid database', ['on', 'general', '--redis', 'redis://localhost:1/one']],
    ['an invalid port', ['on', 'general', '--redis', 'redis://localhost:99999']],
    ['a password that cannot be decoded', ['on', 'general', '--redis', 'redis+cluster://u:%zz@localhost']],
    ['an invalid database with Sentinel', ['on', 'general', '--redis', 'redis+sentinel://localhost/m/x']],
    ['an unknown parameter', ['on', 'general', '--redis', 'redis+cluster://localhost?prefix=shop:']],
    ['a Sentinel without a name', ['on', 'general', '--redis', 'redis+sentinel://localhost']],
    ['an invalid host', ['on', 'general', '--redis', 'redis+cluster://a:b:c']],
    ['a password in --url that cannot be decoded', ['on', 'general', '--url', 'http://u:%zz@localhost']],
    ['an invalid --url', ['on', 'general', '--url', 'shop.example']],
    ['a --url with a query', ['on', 'general', '--url', 'http://localhost/maintenance?shop=1']],
    ['a --url with a fragment', ['on', 'general', '--url', 'http://localhost/maintenance#keys']],
    ['an invalid header', ['on', 'general', '--url', 'http://localhost', '--header', 'let me in']],
    ['a missing certificate', ['on', 'general', '--redis', 'rediss://localhost', '--ca', '/nowhere.pem']],
    ['an invalid namespace', ['on', 'general', '--namespace', 'a b']],
    ['a message that is too long', ['on', 'general', '-m', 'x'.repeat(10_001)]],
    ['an unknown shell', ['completion', 'tcsh']],
    ['extend without an end', ['extend', 'general']],
    ['page --watch without a file', ['page', '--watch']],
    ['a page that reloads without pause', ['page', '--refresh', '0s']],
    ['forget without a replica', ['forget']],
    ['a window without a start', ['schedule', 'general']],
    ['a window without an end', ['schedule', 'general', '22:00']],
    ['a window in the past', ['schedule', 'general', '2020-01-01T10:00', '2h']],
    ['a window without a length', ['schedule', 'general', '22:00', '0s']],
    ['a day that does not exist', ['schedule', 'general', '2031-02-30T10:00', '2h', '--dry-run']],
    ['an invalid start', ['schedule', 'general', 'tonight', '2h']],
    ['an unknown time zone', ['schedule', 'general', '22:00', '2h', '--zone', 'Mars/Olympus']],
    ['an invalid cron pattern', ['schedule', 'general', '22:00', '2h', '--repeat', 'weekly']],
    ['a header for Redis', ['on', 'general', '--header', 'X-Shop: one']],
    ['a namespace of an admin API', ['on', 'general', '--url', 'http://localhost', '--namespace', 'shop']],
    [
      'a certificate for an admin API',
      ['on', 'general', '--url', 'https://localhost', '--ca', '/etc/ca.pem'],
    ],
    ['--csp with a file', ['page', 'closed.html', '--csp']],
    ['--csp with a message', ['page', '--csp', '-m', 'Back soon']],
    [
      '--count of a repetition that ends',
      ['schedule', 'general', '--change', 'x', '--repeat', 'never', '--count', '3'],
    ],
    ['--change without a change', ['schedule', 'general', '--change', 'x', '--if-revision', '1']],
    ['--count without --repeat', ['schedule', 'general', '22:00', '2h', '--count', '3']],
    ['an invalid number', ['schedule', 'general', '22:00', '2h', '--repeat', '0 22 * * *', '--count', 'x']],
    ['an invalid announcement', ['schedule', 'general', '22:00', '2h', '--announce', 'soon']],
    ['--if-revision without --change', ['schedule', 'general', '22:00', '2h', '--if-revision', '1']],
    ['an invalid occurrence', ['cancel', 'x', '--occurrence', 'sunday']],
    ['an invalid --reopen-over', ['off', 'general', '--reopen-over', 'slowly']],
    ['cancel without a window', ['cancel']],
    ['progress outside of run', ['progress', '40']],
    ['an invalid progress value', ['progress', 'soon']],
    ['progress above 100 %', ['progress', '140']],
    ['an unknown option after a key called run', ['history', 'run', '--bogus']],
    ['an invalid time', ['history', '--since', 'yesterday']],
    ['an invalid number', ['history', '--limit', 'all']],
  ])('%s', async (_what, args) => {
    const { code, stdout, stderr } = await cli(args, { env: env() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: \S/);
    expect(stderr).not.toContain('Maintenance option');
    expect(stderr).not.toMatch(/\bat .+:\d+:\d+/);
    expect(await isUntouched()).toBe(true);
  });

  it('also without --redis and --url', async () => {
    expect(await cli(['page', '--key', 'billing'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^error: --key needs --redis or --url/) as unknown,
    });
    const { code, stderr } = await cli(['status']);
    expect({ code, named: /--redis.*MAINTENANCE_REDIS_URL.*--url/.test(stderr) }).toEqual({
      code: 2,
      named: true,
    });
  });

  it('reports the error as JSON with --json', async () => {
    for (const args of [
      ['on', 'general', '30', '--json'],
      ['on', 'general', '--forr', '1h', '--json'],
    ]) {
      const { code, stdout } = await cli(args, { env: env() });
      expect(code).toBe(2);
      expect(parse<{ exitCode: number }>('error', stdout).exitCode).toBe(2);
    }
  });

  it('ends the process with that exit code', async () => {
    const { code, stdout, stderr } = await cliProcess(['on', 'general', '30'], { env: env() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: /);
  });
});

describe('an unreachable store exits with 4', () => {
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

  it.concurrent.each(commands)('Redis is down: %s', async (...args) => {
    const quick = ['--command-timeout', '1500ms'];
    const { code, stderr } = await cli([...args, ...quick, '--redis', 'redis://user:secret@127.0.0.1:1']);
    expect(code).toBe(4);
    expect(stderr).toMatch(/ECONNREFUSED.*\. Nothing was changed\.$/m);
    expect(stderr).not.toContain('unknown');
    expect(stderr).not.toContain('secret');
  });

  it('Redis does not respond within the command timeout', async () => {
    await using proxy = await TcpProxy.start({ host: server.host, port: server.port });
    proxy.pause();
    const begun = performance.now();
    const { code, stderr } = await cli(['on', 'general', '--redis', proxy.url, '--command-timeout', '500ms']);
    expect({ code, said: stderr.includes('Nothing was changed') }).toEqual({ code: 4, said: true });
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('a Redis that refuses the connection exits with 1', async () => {
    await using own = await RedisServer.start();
    await own.client().config('SET', 'requirepass', 'secret');
    const on = (url: string, ...options: string[]) => cli(['on', 'general', '--redis', url, ...options]);
    // it is tried until the time is over
    const quick = ['--command-timeout', '1500ms'];
    const { code, stderr } = await on(own.url, ...quick);
    expect({ code, why: stderr.includes('NOAUTH') }).toEqual({ code: 1, why: true });
    const wrong = await on(own.url.replace('//', '//:wrong@'), ...quick);
    expect({ code: wrong.code, why: wrong.stderr.includes('WRONGPASS') }).toEqual({ code: 1, why: true });
    expect((await on(own.url.replace('//', '//:secret@'))).code).toBe(0);
  });

  it.each([
    'https://ops:secret@h/maintenance?key=secret',
    'https://ops:secret@h:99999',
    'ops:secret@h#secret',
  ])('an address that cannot be used is reported without its secrets: %s', async (url) => {
    const { code, stderr } = await cli(['status', '--url', url]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: expect.stringMatching(/--url: ".*\*\*\*@h.*" is not the URL of an admin API/) as unknown,
    });
    expect(stderr).not.toContain('secret');
  });

  it('the application is down, does not respond, or is something else', async () => {
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
        const args = ['on', 'general', '1h', '--url', url(path)];
        const quick = path === 'silent' ? ['--command-timeout', '500ms'] : [];
        return [path, (await cli([...args, ...quick])).code];
      }),
    );
    expect(Object.fromEntries(codes)).toEqual({ silent: 4, other: 1, denied: 1, broken: 4 });
    silent.closeAllConnections();
    silent.close();
  });

  it('the application does not respond to a change: reports that the outcome is unknown', async () => {
    const key = { name: 'general', value: false, scope: 'site', readOnly: false };
    const mute = createServer((request, response) => {
      if (request.method === 'GET') {
        const body = request.url?.endsWith('/replicas') ? [] : key;
        response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
      }
    }).listen(0, '127.0.0.1');
    await once(mute, 'listening');
    const url = `http://127.0.0.1:${(mute.address() as AddressInfo).port}/maintenance`;
    const { code, stderr } = await cli(['on', 'general', '1h', '--url', url, '--command-timeout', '2s']);
    expect({ code, stderr }).toEqual({
      code: 4,
      stderr: expect.stringContaining('It is unknown whether the change was made.') as unknown,
    });
    mute.closeAllConnections();
    mute.close();
  });

  it('a database that does not exist exits with 1, like everything that Redis refuses', async () => {
    const { code, stderr } = await cli(['status', '--redis', `${server.url}/99`]);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/out of range\. Nothing was changed\.\n$/) as unknown,
    });
  });
});

describe('times without an offset on a machine', () => {
  const schedule = (TZ: string, ...args: string[]) =>
    cliProcess(['schedule', 'general', '2031-04-01T02:30', '2h', ...args], { env: { ...env(), TZ } });

  it('with an empty TZ are in UTC, as its clock is', async () => {
    for (const args of [[], ['--repeat', '30 2 * * SUN', '--dry-run']]) {
      const { code, stdout, stderr } = await schedule('', ...args);
      expect([code, stdout, stderr]).toEqual([
        0,
        expect.stringMatching('2031-04-01 02:30 UTC'),
        expect.any(String),
      ]);
    }
  });

  it.each([':/etc/localtime', 'Mars/Olympus', 'UTC+5'])(
    'whose time zone has no name, as with TZ=%s, need --zone',
    async (TZ) => {
      for (const args of [[], ['--dry-run']]) {
        const { code, stderr } = await schedule(TZ, ...args);
        expect({ code, stderr }).toEqual({
          code: 2,
          stderr: `error: The time zone of this machine has no name that Node knows (TZ is ${JSON.stringify(TZ)}); use --zone, such as --zone Europe/Berlin.\n`,
        });
      }
      expect(await isUntouched()).toBe(true);
      expect((await schedule(TZ, '--zone', 'Europe/Berlin')).code).toBe(0);
      const args = ['schedule', 'general', '2031-05-01T02:30+02:00', 'until', '2031-05-01T04:30+02:00'];
      expect((await cliProcess(args, { env: { ...env(), TZ } })).code).toBe(0);
    },
  );
});

describe('settings', () => {
  it('are not looked for in a folder that is gone: the command runs all the same', async () => {
    const ended: unknown[] = [];
    for (const args of ['status general', 'run general -- false']) {
      const script = `rmdir "$PWD" && exec "${process.execPath}" "${MAIN}" ${args}`;
      const child = spawn('sh', ['-c', script], {
        cwd: await mkdtemp(join(folder, 'gone-')),
        env: { ...process.env, MAINTENANCE_REDIS_URL: server.url },
      });
      ended.push(await resultOf(child));
    }
    expect(ended).toEqual([
      { code: 0, stdout: 'general is open.\n', stderr: '' },
      { code: 1, stdout: '', stderr: '' },
    ]);
  });

  it('options override variables, and variables override the nearest file', async () => {
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

  it('--header is repeatable, and takes one value each time', async () => {
    const asked: IncomingHttpHeaders[] = [];
    const application = createServer((request, response) => {
      asked.push(request.headers);
      const general = { name: 'general', value: false };
      const body = request.url?.endsWith('/keys') ? { general } : general;
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(application, 'listening');
    const url = `http://127.0.0.1:${(application.address() as AddressInfo).port}/maintenance`;
    const headers = ['--header', 'Authorization: Bearer x', '--header', 'X-Shop: one'];
    expect((await cli(['--url', url, ...headers, 'status'])).code).toBe(0);
    expect((await cli(['status', '--url', url, '--header', 'X-Shop: two', 'general'])).code).toBe(0);
    expect(asked).toMatchObject([{ authorization: 'Bearer x', 'x-shop': 'one' }, { 'x-shop': 'two' }]);
    application.close();
  });

  it('headers beside a URL are sent to its host only', async () => {
    const asked: (string | undefined)[] = [];
    const application = createServer((request, response) => {
      asked.push(request.headers.authorization);
      const body = JSON.stringify({ general: { name: 'general', value: false } });
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
    }).listen(0, '127.0.0.1');
    await once(application, 'listening');
    const url = `http://127.0.0.1:${(application.address() as AddressInfo).port}`;
    const elsewhere = 'https://production.example/maintenance';
    const cwd = await mkdtemp(join(folder, 'headers-'));
    const ask = async (file: object, variables: Record<string, string> = {}) => {
      await writeFile(join(cwd, '.maintenancerc'), JSON.stringify(file));
      const args = ['status', '--url', `${url}/maintenance`];
      expect((await cli(args, { cwd, env: variables })).code).toBe(0);
      return asked.pop();
    };
    const headers = ['Authorization: file'];
    const secret = { MAINTENANCE_HEADER: 'Authorization: variable' };
    expect(await ask({ url: elsewhere, headers })).toBeUndefined();
    expect(await ask({ url: `${url}/other`, headers })).toBe('file');
    expect(await ask({ headers })).toBe('file');
    expect(await ask({ headers }, { MAINTENANCE_HEADER: '' })).toBe('file');
    expect(await ask({}, secret)).toBe('variable');
    expect(await ask({ headers }, { ...secret, MAINTENANCE_URL: elsewhere })).toBe('file');
    expect(await ask({}, { ...secret, MAINTENANCE_URL: elsewhere })).toBeUndefined();
    application.close();
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

describe('output that cannot be written', () => {
  it.each([['status'], ['status', '--json'], ['status', '--exit-code'], ['completion', 'bash'], ['--help']])(
    'is reported: %s %s',
    async (...args) => {
      const full = openSync('/dev/full', 'w');
      const child = spawn(process.execPath, [MAIN, ...args], {
        env: { ...process.env, ...env() },
        stdio: ['ignore', full, 'pipe'],
      });
      expect(await resultOf(child)).toEqual({
        code: 1,
        stdout: '',
        stderr: 'error: stdout could not be written: no space left on device (ENOSPC).\n',
      });
    },
  );
});

describe('help', () => {
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
});
