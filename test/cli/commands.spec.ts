import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Controller, Get, Injectable, Param } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  MaintenanceKey,
  MaintenanceModule,
  MaintenanceService,
  MaintenanceVetoError,
  OnMaintenance,
  type MaintenanceChange,
  type MaintenanceKeyJson,
} from 'nestjs-maintenance';
import { adapters, createFastifyApp, type RunningApp } from '../support/apps.js';
import { request } from '../support/http.js';
import { Gates } from '../support/gates.js';
import { Replica } from '../cluster/replicas.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import type { HistoryJson, WindowJson } from '../../lib/cli/backend/json.js';
import { counted } from '../../lib/cli/output.js';
import { cli, RunningCli, type CliResult } from './cli.js';
import { parse } from './schemas.js';

const gates = new Gates();
const TOKEN = 'Bearer let-me-in';

@Controller()
class Shop {
  @Get('orders')
  orders() {
    return 'orders';
  }
  @Get('wait/:gate')
  wait(@Param('gate') gate: string) {
    return gates.pass(gate);
  }
}

@Injectable()
class Hooks {
  static readonly called: string[] = [];
  @OnMaintenance('changing', 'vetoed')
  refuse() {
    throw new MaintenanceVetoError('Payments are under way.');
  }
  @OnMaintenance('entering')
  enter({ key }: MaintenanceChange) {
    Hooks.called.push(`entering ${key}`);
  }
}

interface Watched {
  readonly type: string;
  readonly key: MaintenanceKeyJson;
  readonly pid?: number;
  readonly state?: string;
  readonly quiet?: boolean;
  readonly window?: WindowJson;
  readonly running?: readonly { readonly route: string }[];
  readonly progress?: { readonly step: string | null };
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);
const widest = (text: string) => Math.max(...text.split('\n').map(({ length }) => length));

let server: RedisServer;
let app: RunningApp;
let folder: string;
const service = () => app.app.get(MaintenanceService);
const get = (path: string) => request(app.port, path);

beforeAll(async () => {
  server = await RedisServer.start();
  folder = await mkdtemp(join(tmpdir(), 'maintenance-cli-'));
  app = await createFastifyApp({
    imports: [
      MaintenanceModule.forRoot({
        redis: server.url,
        socket: false,
        permissions: (_permission, subject) =>
          subject.type === 'http' &&
          (subject.request as { headers: Record<string, string> }).headers.authorization === TOKEN,
        keys: [
          new MaintenanceKey('billing', { label: 'Billing', order: 1 }),
          new MaintenanceKey('reports', { scope: 'marked', order: 2 }),
          new MaintenanceKey('vetoed', { order: 3 }),
        ],
      }),
    ],
    controllers: [Shop],
    providers: [Hooks],
  });
  await until(async () => (await server.client().hlen('maintenance:{maintenance}:catalogue')) === 4);
}, 60_000);
afterEach(async () => {
  for (const key of service().getKeys()) {
    if (service().isActive(key) && key.name !== 'vetoed') await service().unsetMaintenance(key);
  }
});
afterAll(async () => {
  await app?.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const ways = {
  redis: () => ['--redis', server.url],
  api: () => ['--url', `${app.url}/maintenance`, '--header', `Authorization: ${TOKEN}`],
} as const;
type Way = keyof typeof ways;

describe.each(['redis', 'api'] as Way[])('by %s', (way) => {
  const call = (...args: string[]): Promise<CliResult> => cli([...args, ...ways[way]()]);
  const json = async <T>(kind: Parameters<typeof parse>[0], ...args: string[]) => {
    const { code, stdout } = await call(...args, '--json');
    return { code, value: parse<T>(kind, stdout) };
  };

  it.each([
    ['--for received', ['on', 'billing', '99999999d']],
    ['--for received', ['schedule', 'billing', '22:00', '2h', '--repeat', '* * * * *']],
    [
      '--for and --reopen-over received',
      ['schedule', 'billing', '22:00', '1h', '--repeat', '0 * * * *', '--reopen-over', '1m'],
    ],
    [
      '--repeat-until received',
      [
        'schedule',
        'billing',
        '2031-03-28T02:30',
        '1h',
        '--repeat',
        '0 0 * * *',
        '--repeat-until',
        '2031-01-01T00:00',
      ],
    ],
    [
      'until: 2031-03-28T02:30 (UTC) is not after the start.',
      ['schedule', 'billing', '2031-03-28T02:30', 'until', '2031-03-28T02:30'],
    ],
    [
      'until: 2031-03-28T02:29:00.000Z is not after the start.',
      ['schedule', 'billing', '2031-03-28T02:30', 'until', '2031-03-28T02:29Z'],
    ],
    ['--reopen-over ', ['off', 'billing', '--reopen-over', '2d']],
    ['--limit ', ['history', '--limit', '1000000']],
  ])('an error names the option as the command line does: %s', async (name, args) => {
    const { code, stderr } = await call(...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(`error: ${name}`)]);
  });

  it.each(['', '.', '..'])('%j is no key', async (name) => {
    for (const args of [
      ['status', name],
      ['on', name, '30m'],
      ['off', name, '--force', '--yes'],
    ]) {
      const { code, stderr } = await call(...args);
      expect([code, stderr]).toEqual([6, expect.stringContaining(`Unknown maintenance key "${name}"`)]);
    }
  });

  it('keys are closed, described, extended and opened', async () => {
    const closed = await call(
      'on',
      'billing',
      '30m',
      '-m',
      'Back soon',
      '--reason',
      'Upgrade',
      '--actor',
      'ada',
    );
    expect(closed.code).toBe(0);
    expect(closed.stdout).toMatch(/^billing is in maintenance until \d{4}-\d\d-\d\d \d\d:\d\d UTC\.\n$/);
    expect(closed.stderr.includes('Vetoes were not asked')).toBe(way === 'redis');
    expect(closed.stderr.includes('--actor was not recorded: with --url')).toBe(way === 'api');
    await until(() => service().isActive('billing'));
    expect((await get('/orders')).status).toBe(503);

    const { value } = await json<{ keys: MaintenanceKeyJson[] }>('status', 'status');
    const billing = value.keys.find(({ name }) => name === 'billing')!;
    expect(billing).toMatchObject({ label: 'Billing', message: 'Back soon', reason: 'Upgrade' });
    expect(billing.actor).toBe(way === 'redis' ? 'ada' : null);
    const before = Date.parse(billing.until!);
    expect(before - Date.now()).toBeGreaterThan(29 * 60_000);

    const extended = await json<{ key: MaintenanceKeyJson }>('change', 'extend', 'billing', '1h30m');
    expect(Date.parse(extended.value.key.until!) - before).toBe(90 * 60_000);
    expect(extended.value.key.message).toBe('Back soon');

    expect((await call('off', 'billing')).stdout).toBe('billing is open.\n');
    await until(() => !service().isActive('billing'));
    expect((await get('/orders')).status).toBe(200);
    expect(await call('extend', 'billing', '1h')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not in maintenance') as unknown,
    });
    expect(service().isActive('billing')).toBe(false);
  });

  it('status is a table of 80 columns, and an exit code', async () => {
    await service().setMaintenance(true, 'billing', {
      until: new Date('2031-03-04T14:06:00Z'),
      message: 'We are moving the invoices\u001b[2J to another house, and that takes a while',
      actor: 'ada.lovelace@example.com',
    });
    await service().setMaintenance(true, 'reports', { timeout: 0 });
    const { stdout, code } = await call('status');
    expect(code).toBe(0);
    expect(stdout).toMatchSnapshot();
    expect(widest(stdout)).toBeLessThanOrEqual(80);
    expect((await call('status', 'billing', '--exit-code')).code).toBe(3);
    expect((await call('status', 'general', '--exit-code')).code).toBe(0);
    expect((await json('status', 'status', '--exit-code')).code).toBe(3);
  });

  it('--dry-run shows what would be done, and changes nothing', async () => {
    const { stdout, code } = await call('on', 'billing', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain('Nothing was changed');
    const routes = /refuses: 2 routes\n {4}GET \/orders\n {4}GET \/wait\/:gate\n {2}leaves open: nothing/;
    expect(routes.test(stdout)).toBe(way === 'api');
    const { value } = await json<{ replicas: { pid: number }[]; routes?: object }>(
      'dryRun',
      'off',
      'reports',
      '--dry-run',
    );
    expect(value.replicas).toMatchObject([{ pid: process.pid }]);
    expect(value.routes).toEqual(
      way === 'api' ? { closes: [], staysOpen: ['GET /orders', 'GET /wait/:gate'] } : undefined,
    );
    await service().refresh();
    expect(service().isActive()).toBe(false);
  });

  it('a key that a job holds stays on until it is ended with --force and --yes', async () => {
    const held = await service().maintain('billing', { drain: false });
    const { stderr, code } = await call('off', 'billing');
    expect({ code, stays: stderr.includes('a job still holds it') }).toEqual({ code: 0, stays: true });
    const unasked = await call('off', 'billing', '--force');
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') as unknown });
    expect(held.signal.aborted).toBe(false);
    const forced = await call('off', 'billing', '--force', '--yes', '--reason', 'Stuck', '--json');
    expect(forced.code).toBe(0);
    parse('forced', forced.stdout);
    const [entry] = await service().getHistory({ key: 'billing', limit: 1 });
    expect(entry).toMatchObject({ event: 'exiting', cause: 'unset', way: 'cli', reason: 'Stuck' });
    await until(() => held.signal.aborted);
    await held.leave();
  });

  it('shows where something is still running, and waits until nothing is', async () => {
    const gate = `cli-${way}`;
    const asked = get(`/wait/${gate}`);
    await until(() => gates.begun.includes(gate));
    await service().setMaintenance(true, 'billing');
    const busy = await call('quiet', 'billing');
    expect(busy.code).toBe(7);
    expect(busy.stdout).toContain('GET /wait/:gate');
    expect((await json('quiet', 'quiet', 'billing')).code).toBe(7);
    const waiting = call('quiet', 'billing', '--wait', '20s');
    gates.open(gate);
    await asked;
    expect(await waiting).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^Quiet on 1 replica since/) as unknown,
    });
    const drained = await json<{ quiet: object }>('change', 'on', 'billing', '--drain', '20s');
    expect(drained).toMatchObject({ code: 0, value: { quiet: { quiet: true } } });
  });

  it('an open key is not quiet, whatever is running', async () => {
    expect(await call('quiet', 'billing')).toMatchObject({
      code: 7,
      stdout: 'Not quiet yet.\nbilling is open: new calls may start at any time.\n',
    });
  });

  it('replicas are listed, and only a silent one can be forgotten', async () => {
    const replica = await Replica.start(server.url);
    try {
      await until(async () => (await service().replicas()).length === 2);
      const listed = await json<{ replicas: { id: string }[] }>('replicas', 'replicas');
      expect(listed.value.replicas.map(({ id }) => id)).toContain(replica.id);
      const alive = await call('forget', replica.id, '--yes');
      expect(alive).toMatchObject({ code: 1, stderr: expect.stringContaining('not silent') as unknown });
      replica.child.signal('SIGSTOP');
      await until(async () => (await service().replicas()).some(({ silent }) => silent), { timeout: 15_000 });
      const table = await call('replicas');
      expect(table.stdout).toContain('silent, open');
      expect(widest(table.stdout)).toBeLessThanOrEqual(80);
      const ill = await json<{ findings: { code: string }[] }>('doctor', 'doctor');
      expect(ill.code).toBe(1);
      expect(ill.value.findings.map(({ code }) => code)).toContain('SILENT');
      expect((await call('forget', replica.id)).code).toBe(2);
      expect((await json('forgotten', 'forget', replica.id, '--yes')).code).toBe(0);
      expect((await call('forget', replica.id, '--yes')).code).toBe(1);
    } finally {
      await replica.child.kill();
    }
  }, 60_000);

  it('watch shows changes of keys, replicas, windows and calls that are still running', async () => {
    const gate = `watched-${way}`;
    const asked = get(`/wait/${gate}`);
    await until(() => gates.begun.includes(gate));
    const watching = new RunningCli(['watch', '--json', ...ways[way]()]);
    const sees = (fits: (event: Watched) => boolean, what: string) =>
      until(() => watching.lines<Watched>().some(fits), { timeout: 15_000, what });
    await sees(({ type, pid }) => type === 'replica' && pid === process.pid, 'the replica');
    await service().setMaintenance(true, 'billing');
    await sees(({ type, key }) => type === 'change' && key.name === 'billing' && key.value, 'the change');
    await sees(
      ({ type, running }) => type === 'running' && running?.[0]?.route === 'GET /wait/:gate',
      'what runs',
    );
    const { id } = await service().scheduleWindow('reports', { start: inDays(1), duration: 60_000 });
    await sees(({ window, state }) => window?.id === id && state === 'planned', 'the window');
    gates.open(gate);
    await asked;
    await sees(({ type, quiet }) => type === 'running' && quiet === true, 'that it is quiet');
    await service().cancelWindow(id);
    await sees(({ window, state }) => window?.id === id && state === 'gone', 'that the window is gone');
    watching.interrupt();
    expect((await watching.result).code).toBe(0);
    watching.lines<unknown>().forEach((line) => parse('watch', JSON.stringify(line)));
  });

  it('watch says each phase of a planned window, which come without a change', async () => {
    const [programs, people] = [
      new RunningCli(['watch', 'reports', '--json', ...ways[way]()]),
      new RunningCli(['watch', 'reports', ...ways[way]()]),
    ];
    const phases = () =>
      programs
        .lines<{ type: string; key: { phase: string } }>()
        .flatMap(({ type, key }) => (type === 'change' ? [key.phase] : []));
    await until(() => phases().length > 0 && people.stdout.includes('reports is open'), { timeout: 15_000 });
    // looked at once a second
    await service().scheduleWindow('reports', {
      start: new Date(Date.now() + 3_000),
      duration: 6_000,
      readOnly: 3_000,
      reopenOver: 3_000,
    });
    const expected = ['open', 'announced', 'readOnly', 'closed', 'reopening', 'open'];
    await until(() => phases().length >= expected.length, { timeout: 25_000, what: 'the last phase' });
    await until(() => people.stdout.match(/reports is open\.$/gm)?.length === 2, { timeout: 15_000 });
    expect(phases()).toEqual(expected);
    expect(people.stdout).toMatch(/reports is open, until maintenance begins at \d{4}-/);
    expect(people.stdout).toMatch(/reports is read-only until \d{4}-/);
    expect(people.stdout).toMatch(/reports is in maintenance until \d{4}-/);
    expect(people.stdout).toMatch(/reports is reopening gradually until \d{4}-/);
    for (const watching of [programs, people]) {
      watching.interrupt();
      await watching.result;
    }
  }, 60_000);

  it('watch ends when it is interrupted at once', async () => {
    const watching = new RunningCli(['watch', ...ways[way]()]);
    watching.interrupt();
    expect((await watching.result).code).toBe(0);
  });

  it('watch prints readable lines, for a single key too', async () => {
    const watching = new RunningCli(['watch', 'reports', ...ways[way]()]);
    await until(() => watching.stdout.includes('is running'), { timeout: 15_000 });
    await service().setMaintenance(true, 'billing');
    await service().setMaintenance(true, 'reports', { message: 'Back soon' });
    await until(() => watching.stdout.includes('reports is quiet'), { timeout: 15_000 });
    watching.interrupt();
    await watching.result;
    expect(watching.stdout).toMatch(/^\d\d:\d\d:\d\d {2}reports is open\.$/m);
    expect(watching.stdout).toMatch(/reports is in maintenance until .* "Back soon"$/m);
    expect(watching.stdout).not.toContain('billing');
  });

  it('the page is written while the key is on, and removed when it is off', async () => {
    const file = join(folder, `${way}.html`);
    const writing = new RunningCli(['page', file, '--watch', '--key', 'reports', ...ways[way]()]);
    const there = () =>
      stat(file).then(
        () => true,
        () => false,
      );
    await until(() => writing.stdout.includes('does not exist'), { timeout: 15_000 });
    await service().setMaintenance(true, 'reports', { message: 'Back <soon>', timeout: 3_600_000 });
    await until(there, { timeout: 15_000 });
    expect(await readFile(file, 'utf8')).toContain('Back &lt;soon&gt;');
    await service().setMaintenance(false, 'reports');
    await until(async () => !(await there()), { timeout: 15_000 });
    writing.interrupt();
    expect((await writing.result).code).toBe(0);
    expect((await json('page', 'page', file)).code).toBe(0);
    expect(await there()).toBe(true);
  });

  it('the page is written as soon as that works, and again if somebody removes it', async () => {
    const place = join(folder, `${way}-place`);
    const file = join(place, 'page.html');
    const writing = new RunningCli(['page', file, '--watch', '--key', 'reports', ...ways[way]()]);
    const shows = (text: string) =>
      readFile(file, 'utf8').then(
        (html) => html.includes(text),
        () => false,
      );
    await until(() => writing.stdout.includes('does not exist'), { timeout: 15_000 });
    await service().setMaintenance(true, 'reports', { message: 'Back soon', timeout: 3_600_000 });
    await until(() => writing.stderr.includes(`${file} could not be written: ENOENT`), { timeout: 15_000 });
    await mkdir(place);
    await until(() => shows('Back soon'), { timeout: 15_000 });
    await rm(place, { recursive: true });
    await until(() => writing.stderr.split('could not be written').length > 2, { timeout: 15_000 });
    await mkdir(place);
    await until(() => shows('Back soon'), { timeout: 15_000 });
    await service().setMaintenance(false, 'reports');
    await until(async () => !(await shows('')), { timeout: 15_000 });
    writing.interrupt();
    const { code, stderr } = await writing.result;
    expect(code).toBe(0);
    // once for each time
    expect(stderr.split('could not be written')).toHaveLength(3);
  });

  it('windows are planned, listed, changed and cancelled', async () => {
    const planned = await json<{ window: WindowJson }>(
      'window',
      'schedule',
      'billing',
      '2031-03-30T02:30',
      'until',
      '04:30',
      '--zone',
      'Europe/Berlin',
      '--repeat',
      '30 2 * * SUN',
      '--count',
      '3',
      '--announce',
      '1d',
      '-m',
      'We are moving',
      '--actor',
      'ada',
    );
    expect(planned.code).toBe(0);
    const { id } = planned.value.window;
    // the clocks go forward at two: it begins at 03:30 of summer time
    expect(planned.value.window).toMatchObject({
      key: 'billing',
      start: '2031-03-30T01:30:00.000Z',
      end: '2031-03-30T02:30:00.000Z',
      announce: 86_400_000,
      actor: way === 'redis' ? 'ada' : null,
      repeat: { cron: '30 2 * * SUN', timeZone: 'Europe/Berlin', count: 3 },
    });
    const other = await call('schedule', 'billing', '2031-05-01T10:00Z', '2h', '--announce', 'never');
    expect(other).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(way === 'redis' ? /^Vetoes/ : /^$/) as unknown,
    });
    expect(other.stdout).toMatch(
      /^Window \S+ of billing is planned: 2031-05-01 10:00 UTC to 2031-05-01 12:00 UTC, not announced\.\n$/,
    );
    const listed = await json<{ windows: WindowJson[] }>('windows', 'windows', 'billing');
    expect(listed.value.windows).toHaveLength(2);
    const table = (await call('windows')).stdout.replaceAll(/^[\w-]{22}/gm, 'x'.repeat(22));
    expect(table).toMatchSnapshot('windows');
    expect(widest(table)).toBeLessThanOrEqual(80);

    const conflict = await call('schedule', 'billing', '2031-05-01T11:00Z', '2h');
    expect(conflict).toMatchObject({ code: 5, stderr: expect.stringContaining('overlaps') as unknown });
    const changed = await json<{ window: WindowJson }>(
      'window',
      'schedule',
      'billing',
      '--change',
      id,
      '--for',
      '3h',
    );
    expect(changed.value.window).toMatchObject({
      duration: 3 * 3_600_000,
      message: 'We are moving',
      revision: 2,
    });
    const { id: otherId } = listed.value.windows.find((window) => window.id !== id)!;
    const shorter = ['schedule', 'billing', '--change', otherId, '--until', '11:00', '--zone', 'UTC'];
    const ends = await json<{ window: WindowJson }>('window', ...shorter);
    expect(ends.value.window.end).toBe('2031-05-01T11:00:00.000Z');
    const late = await call('schedule', 'billing', '--change', id, '--for', '4h', '--if-revision', '1');
    expect(late.code).toBe(5);
    const shown = await json<{ does: string }>(
      'planDryRun',
      'schedule',
      'billing',
      '22:00',
      '1h',
      '--dry-run',
    );
    expect(shown.value.does).toContain('plan a window of "billing" from');
    await json('cancelDryRun', 'cancel', id, '--dry-run');

    const once = await json<{ window: WindowJson }>(
      'cancelled',
      'cancel',
      id,
      '--occurrence',
      '2031-03-30T01:30Z',
    );
    expect(once.value.window.start).toBe('2031-04-06T00:30:00.000Z');
    expect((await json('cancelled', 'cancel', id)).code).toBe(0);
    const last = listed.value.windows.find((window) => window.id !== id)!;
    expect((await call('cancel', last.id, '--reason', 'Postponed')).stdout).toBe(
      `Cancelled window ${last.id}.\n`,
    );
    expect((await call('windows')).stdout).toBe('No window is planned.\n');
    for (const args of [
      ['cancel', id],
      ['schedule', 'billing', '--change', id, '--for', '1h'],
    ]) {
      const { code, stdout } = await call(...args, '--json');
      expect(code).toBe(6);
      expect(parse<{ error: { code: string } }>('error', stdout).error.code).toBe(
        'MAINTENANCE_UNKNOWN_WINDOW',
      );
    }
  });

  it('--reopen-over lets visitors back in gradually', async () => {
    await service().setMaintenance(true, 'billing');
    const { stdout, code } = await call('off', 'billing', '--reopen-over', '10m');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^billing is reopening gradually until \d{4}-.* UTC\.\n$/) as unknown,
    });
    expect(
      (await json<{ keys: MaintenanceKeyJson[] }>('status', 'status', 'billing')).value.keys[0],
    ).toMatchObject({
      value: false,
      phase: 'reopening',
    });
    await service().setMaintenance(true, 'billing');
    expect((await call('off', 'billing', '--reopen-over', '0s')).stdout).toBe('billing is open.\n');
    const args = ['22:00', '2h', '--read-only', '10m', '--reopen-over', '5m'];
    const planned = await call('schedule', 'billing', ...args);
    expect(planned.stdout).toContain('\n  refuses only writes for 10m, reopens over 5m\n');
    await service().refresh();
    const [window] = service().getWindows({ key: 'billing' });
    expect(window).toMatchObject({ readOnly: 600_000, reopenOver: 300_000 });
    await service().cancelWindow(window!.id);
  });

  it('history lists changes: when, by whom and how', async () => {
    const reason = `Upgrade by ${way}`;
    expect((await call('on', 'reports', '1h', '--reason', reason, '--actor', 'ada')).code).toBe(0);
    await call('off', 'reports');
    const listed = await json<{ history: HistoryJson[] }>('history', 'history', 'reports', '--since', '1m');
    expect(listed.value.history.slice(0, 2)).toMatchObject([
      { key: 'reports', event: 'exiting', way: 'cli' },
      { key: 'reports', event: 'entering', way: 'cli', reason, actor: way === 'redis' ? 'ada' : null },
    ]);
    const table = (await call('history', '--limit', '2')).stdout;
    expect(widest(table)).toBeLessThanOrEqual(80);
    expect(table.split('\n')[2]).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d UTC {2}reports {2}entering {2}cli /);
    expect((await call('history', '--since', '2031-01-01T00:00Z')).stdout).toBe('No entries.\n');
  });

  it('the progress of a job is shown', async () => {
    await using held = await service().maintain('billing', { drain: false });
    held.progress({ done: 120, total: 300 }, { step: 'invoices', remaining: 60_000 });
    await until(
      async () => (await call('status', 'billing')).stdout.includes('40 % done (120 of 300): invoices'),
      {
        timeout: 10_000,
      },
    );
    const { value } = await json<{ keys: MaintenanceKeyJson[] }>('status', 'status', 'billing');
    expect(value.keys[0]!.progress).toMatchObject({ value: 0.4, done: 120, total: 300, step: 'invoices' });
    const watching = new RunningCli(['watch', 'billing', '--json', ...ways[way]()]);
    const sees = (step: string) => () =>
      watching.lines<Watched>().some(({ type, progress }) => type === 'progress' && progress?.step === step);
    await until(sees('invoices'), { timeout: 15_000 });
    held.progress({ percent: 80 }, { step: 'mails' });
    await until(sees('mails'), { timeout: 15_000 });
    watching.interrupt();
    await watching.result;
    watching.lines<unknown>().forEach((line) => parse('watch', JSON.stringify(line)));
  });

  it('an unknown key exits with 6 and lists the existing names', async () => {
    for (const args of [
      ['windows', 'biling'],
      ['history', 'biling'],
      ['schedule', 'biling', '22:00', '1h'],
      ['on', 'biling', '--dry-run'],
      ['on', 'biling'],
      ['off', 'biling'],
      ['extend', 'biling', '1h'],
      ['status', 'biling'],
      ['quiet', 'biling'],
    ]) {
      const { code, stdout } = await call(...args, '--json');
      expect({ args, code }).toEqual({ args, code: 6 });
      const { error } = parse<{ error: { code: string; message: string } }>('error', stdout);
      expect(error.code).toBe('MAINTENANCE_UNKNOWN_KEY');
      expect(error.message).toContain('"billing"');
    }
  });

  it('only changes through the API can be vetoed by hooks', async () => {
    const { code, stderr } = await call('on', 'vetoed');
    await service().refresh();
    expect({ code, on: service().isActive('vetoed') }).toEqual(
      way === 'api' ? { code: 1, on: false } : { code: 0, on: true },
    );
    expect(stderr).toContain(way === 'api' ? 'Payments are under way.' : 'Vetoes were not asked');
    if (way === 'redis') await cli(['off', 'vetoed', '--force', '--yes', ...ways.redis()]);
  });
});

describe('by Redis alone', () => {
  it('--acknowledge waits for every replica, or reports with the exit code that one is missing', async () => {
    const on = (wait: string) => cli(['on', 'billing', '--acknowledge', wait, '--json', ...ways.redis()]);
    const { code, stdout } = await on('20s');
    expect(code).toBe(0);
    const { missing, acknowledged } = parse<{ missing: string[]; acknowledged: string[] }>('change', stdout);
    expect(missing).toEqual([]);
    // those of the application, not the command itself
    const there = (await service().replicas()).filter(({ observer }) => !observer).map(({ id }) => id);
    expect(acknowledged.toSorted()).toEqual(there.toSorted());
    await using stopped = await Replica.start(server.url);
    stopped.child.signal('SIGSTOP');
    // long enough for those that are not stopped
    const late = await on('2s');
    expect(late.code).toBe(7);
    expect(parse<{ missing: string[] }>('change', late.stdout).missing).toEqual([stopped.id]);
    const { stdout: text } = await cli(['on', 'billing', '--acknowledge', '2s', ...ways.redis()]);
    expect(text).toContain(`Applied by ${counted(there.length, 'replica')}; not by ${stopped.id}.\n`);
    Hooks.called.length = 0;
    await cli(['off', 'billing', ...ways.redis()]);
    await cli(['on', 'billing', '--no-hooks', ...ways.redis()]);
    await cli(['on', 'reports', ...ways.redis()]);
    await until(() => Hooks.called.length > 0);
    expect(Hooks.called).toEqual(['entering reports']);
  }, 60_000);
});

describe.each(adapters)('an application on %s that keeps its state in memory', (_adapter, createApp) => {
  let own: RunningApp;
  const url = () => ['--url', `${own.url}/maintenance/`];
  const cookie = () => [...url(), '--header', 'Cookie: session=operator'];

  beforeAll(async () => {
    own = await createApp({
      imports: [
        MaintenanceModule.forRoot({
          redis: false,
          socket: false,
          permissions: (_permission, { type, ...rest }) =>
            type === 'http' &&
            'request' in rest &&
            (rest.request as { headers: Record<string, string> }).headers.cookie === 'session=operator',
        }),
      ],
    });
  });
  afterAll(() => own.close());

  it('is reached through its admin API, with a cookie or a token', async () => {
    expect((await cli(['on', 'general', '1h', ...cookie()])).code).toBe(0);
    expect(own.app.get(MaintenanceService).isActive('general')).toBe(true);
    expect((await cli(['status', '--exit-code', ...cookie()])).code).toBe(3);
    expect((await cli(['off', ...cookie()])).code).toBe(0);
    const denied = await cli(['on', ...url(), '--json']);
    expect(denied.code).toBe(1);
    expect(parse<{ error: object }>('error', denied.stdout).error).toMatchObject({
      code: 'MAINTENANCE_DENIED',
    });
  });

  it.each([
    ['run', 'general', '--', 'true'],
    ['on', '--acknowledge', '1s'],
    ['off', '--no-hooks'],
  ])('refuses what only Redis can do: %s %s', async (...args) => {
    const at = args.indexOf('--') < 0 ? args.length : args.indexOf('--');
    const { code, stderr } = await cli([...args.slice(0, at), ...cookie(), ...args.slice(at)]);
    expect({ code, why: stderr.includes('--redis') }).toEqual({
      code: args[0] === 'run' ? 122 : 2,
      why: true,
    });
    expect(own.app.get(MaintenanceService).isActive()).toBe(false);
  });
});
