import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createMaintenance } from 'nestjs-maintenance/standalone';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { cli, cliProcess, MAIN, resultOf, startCli } from './cli.js';
import { parse } from './schemas.js';
import { Terminal } from './terminal.js';

let server: RedisServer;
let folder: string;
const env = () => ({ MAINTENANCE_REDIS_URL: server.url, TZ: 'UTC' });

beforeAll(async () => {
  server = await RedisServer.start();
  folder = await mkdtemp(join(tmpdir(), 'maintenance-terminal-'));
});
beforeEach(() => server.client().flushall());
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const open = (args: readonly string[], columns?: number): Terminal =>
  new Terminal([process.execPath, MAIN, ...args], { folder, env: env(), columns });

/** Types, and has no more to say. */
async function answered(args: readonly string[], typed: string): Promise<{ code: number; screen: string }> {
  const terminal = open(args);
  await terminal.shows('[y/N]');
  terminal.end(typed);
  const code = await terminal.result;
  return { code, screen: await terminal.screen() };
}

async function shown(args: readonly string[], columns?: number): Promise<string[]> {
  const terminal = open(args, columns);
  terminal.end();
  await terminal.result;
  const screen = stripVTControlCharacters(await terminal.screen());
  return screen.split(/\r?\n/).filter((line) => line !== '' && !/^Script (started|done)/.test(line));
}

/** Keys that are on, and windows. */
async function planned(): Promise<{ on: string[]; windows: number }> {
  const [status, windows] = await Promise.all([
    cli(['status', '--json'], { env: env() }),
    cli(['windows', '--json'], { env: env() }),
  ]);
  const { keys } = JSON.parse(status.stdout) as { keys: { name: string; value: boolean }[] };
  return {
    on: keys.filter(({ value }) => value).map(({ name }) => name),
    windows: (JSON.parse(windows.stdout) as { windows: object[] }).windows.length,
  };
}

describe('a question', () => {
  const NO = { Enter: '\n', maybe: 'maybe\n', 'Ctrl-C': '\u0003', 'Ctrl-D': '\u0004' };

  it('changes nothing unless the answer is yes', async () => {
    const ends = Object.entries(NO).map(async ([key, typed]) => {
      const { code, screen } = await answered(['on', 'general', '1h'], typed);
      const said = /which closes the whole site.*\r\n(.*\r\n)?Nothing was changed\.\r\n/s.test(screen);
      return { key, code, said, failed: screen.includes('error') };
    });
    expect(await Promise.all(ends)).toEqual(
      Object.keys(NO).map((key) => ({ key, code: 1, said: true, failed: false })),
    );
    expect(await planned()).toEqual({ on: [], windows: 0 });
  });

  it('accepts yes', async () => {
    expect((await answered(['on', 'general', '1h'], 'yes\n')).code).toBe(0);
    expect((await answered(['schedule', 'general', '2031-05-01T10:00', '2h'], 'y\n')).code).toBe(0);
    expect(await planned()).toEqual({ on: ['general'], windows: 1 });
    expect((await answered(['off', 'general'], 'Y\n')).code).toBe(0);
    expect(await planned()).toEqual({ on: [], windows: 1 });
  });

  it('off --force names the work that it asks to stop', async () => {
    await using holder = await createMaintenance({ redis: server.url });
    await using held = await holder.maintain('general', { drain: false });
    const no = await answered(['off', 'general', '--force'], '\u0003');
    expect(no.screen).toMatch(
      /End "general", including all holds\? This asks the work on \S+ \(pid \d+\) to stop\. \[y\/N\]/,
    );
    expect({ code: no.code, aborted: held.signal.aborted }).toEqual({ code: 1, aborted: false });
    expect((await answered(['off', 'general', '--force'], 'y\n')).code).toBe(0);
    await until(() => held.signal.aborted);
  });

  it('takes a terminal that goes away for a no', async () => {
    const terminal = open(['on', 'general', '1h']);
    await terminal.shows('[y/N]');
    const pid = await terminal.pid();
    terminal.hangUp();
    await until(() => isGone(pid));
    expect(await planned()).toEqual({ on: [], windows: 0 });
    await terminal.result;
  });

  it('reports an unknown outcome when Redis stops responding to a write', async () => {
    await using own = await RedisServer.start();
    const terminal = open(['on', 'general', '1h', '--redis', own.url, '--command-timeout', '1s']);
    await terminal.shows('[y/N]');
    own.pause();
    terminal.end('yes\n');
    expect(await terminal.result).toBe(4);
    expect(await terminal.screen()).toContain('the outcome is unknown');
    own.resume();
  });

  it('is not asked with --json', async () => {
    const terminal = open(['on', 'general', '1h', '--json']);
    expect(await terminal.result).toBe(0);
    expect(await terminal.screen()).not.toContain('[y/N]');
    const off = await cli(['off', '--force', '--json'], { env: env() });
    expect(parse<{ error: { message: string } }>('error', off.stdout).error.message).toContain('--yes');
    expect(off.code).toBe(2);
    expect((await planned()).on).toEqual(['general']);
  });
});

describe('watch', () => {
  it('continues when the terminal is resized, and ends with Ctrl-C', async () => {
    const terminal = open(['watch']);
    await terminal.shows('general is open.');
    await terminal.resize(40);
    await cli(['on', 'general', '1h'], { env: env() });
    await terminal.shows(/general is in maintenance until .* UTC\.\r\n/);
    await terminal.resize(200);
    await cli(['off', 'general'], { env: env() });
    await terminal.shows(/in maintenance.*general is open\.\r\n/s);
    terminal.type('\u0003');
    expect(await terminal.result).toBe(0);
  });

  it('ends when its terminal goes away', async () => {
    const terminal = open(['watch']);
    await terminal.shows('general is open.');
    const pid = await terminal.pid();
    terminal.hangUp();
    await until(() => isGone(pid));
    await terminal.result;
    expect(isGone(pid)).toBe(true);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('ends cleanly with %s', async (signal) => {
    const child = startCli(['watch'], { env: env() });
    const result = resultOf(child);
    await once(child.stdout as NodeJS.ReadableStream, 'data');
    child.kill(signal);
    expect(await result).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('run', () => {
  it('says on a terminal that vetoes were not asked; elsewhere stderr belongs to its command', async () => {
    const args = ['run', 'general', '--drain', 'none', '--', 'echo', 'done'];
    const [vetoes, command] = await shown(args);
    expect(vetoes).toMatch(/^Vetoes were not asked/);
    expect(command).toMatch(/done$/);
    expect(await cli(args, { env: env() })).toMatchObject({ code: 0, stderr: '' });
  });

  it('shows what it waits for while it waits, and ends with Ctrl-C', async () => {
    await using holder = await createMaintenance({ redis: server.url });
    await using held = await holder.maintain('general', { drain: false });
    const terminal = open(['run', 'general', '--wait', '1m', '--', 'touch', 'never']);
    await terminal.shows('waiting until all replicas');
    terminal.type('\u0003');
    expect(await terminal.result).toBe(121);
    expect(await terminal.screen()).toMatch(
      /waiting until all replicas are drained …(\^C)?\r +\r.*Stopped by SIGINT before/s,
    );
    expect(held.signal.aborted).toBe(false);
  });

  it('shows the progress of its command', async () => {
    const script = 'echo "29 orders" >&$MAINTENANCE_PROGRESS_FD; read go';
    const terminal = open(['run', 'general', '--', 'bash', '-c', script]);
    await terminal.shows('general: 29 % orders');
    terminal.end('go\n');
    expect(await terminal.result).toBe(0);
  });

  it('a terminal that goes away ends the command, unless the command ignores that', async () => {
    const go = join(folder, 'go');
    const done = join(folder, 'done');
    // it goes on saying how far it is, to a terminal that is not there any more
    const stubborn = `trap "" HUP; until [ -e ${go} ] && [ "$i" -gt 2 ]; do echo "$((++i % 90)) x" >&$MAINTENANCE_PROGRESS_FD; sleep 0.05; done; echo "$i" >${done}`;
    const terminal = open(['run', 'general', '--', 'bash', '-c', stubborn]);
    // not each number is shown on a busy machine
    await terminal.shows(/general: \d+ % x/);
    const pid = await terminal.pid();
    terminal.hangUp();
    await terminal.result;
    const said = async () => (await cli(['status', 'general'], { env: env() })).stdout;
    const before = await said();
    await until(async () => (await said()) !== before, { timeout: 10_000, what: 'more progress' });
    expect(isGone(pid)).toBe(false);
    await rm(done, { force: true });
    await writeFile(go, '');
    await until(() => isGone(pid));
    expect(Number(await readFile(done, 'utf8'))).toBeGreaterThan(2);
    expect((await planned()).on).toEqual([]);

    const polite = open(['run', 'general', '--', 'sh', '-c', 'echo begun; exec sleep 60']);
    await polite.shows(/^begun/m);
    const other = await polite.pid();
    polite.hangUp();
    await until(() => isGone(other));
    expect((await planned()).on).toEqual([]);
    await polite.result;
  });
});

describe('output', () => {
  beforeEach(async () => {
    const long = `${Date.now()}|{"label":"Import"}`;
    await server.client().hset('maintenance:{maintenance}:catalogue', 'import-export-of-everything', long);
    const message = 'We are moving the invoices to another house, which takes a while';
    await cli(['on', 'import-export-of-everything', '1h', '-m', message], { env: env() });
    await cli(['schedule', 'general', '2031-05-01T10:00', '2h'], { env: env() });
  });

  it('is a table at 80 columns, and one line per value at 40', async () => {
    for (const command of ['status', 'history']) {
      const widths = (await shown([command], 80)).map(({ length }) => length);
      expect(Math.max(...widths)).toBeLessThanOrEqual(80);
    }
    expect((await shown(['status'], 80))[0]).toMatch(/^KEY +STATE +UNTIL +BY +MESSAGE$/);
    expect((await shown(['status'], 40)).slice(0, 5)).toEqual([
      'KEY      general',
      'STATE    open',
      'KEY      import-export-of-everything',
      'STATE    closed',
      expect.stringMatching(/^UNTIL    \d{4}-\d\d-\d\d \d\d:\d\d UTC$/) as unknown,
    ]);
    expect((await shown(['history'], 40)).slice(1, 4)).toEqual([
      'KEY     general',
      'EVENT   scheduled',
      'WAY     cli',
    ]);
  });

  it('has colours on a terminal only', async () => {
    const terminal = open(['status']);
    await terminal.result;
    expect(await terminal.screen()).toContain('\u001b[');
    expect((await cliProcess(['status'], { env: env() })).stdout).not.toContain('\u001b[');
    const forced = await cli(['status'], { env: { ...env(), FORCE_COLOR: '1' } });
    expect(forced.stdout).toContain('\u001b[');
  });
});

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
