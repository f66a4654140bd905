import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
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
import { cli, resultOf, startCli, type CliResult } from './cli.js';
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
    expect(Math.max(...stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
    expect((await call('status', 'billing', '--exit-code')).code).toBe(3);
    expect((await call('status', 'general', '--exit-code')).code).toBe(0);
    expect((await json('status', 'status', '--exit-code')).code).toBe(3);
  });

  it('what would be done is said first, and nothing is changed', async () => {
    const { stdout, code } = await call('on', 'billing', '--dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain('Nothing was changed');
    const { value } = await json<{ replicas: { pid: number }[] }>('dryRun', 'off', 'reports', '--dry-run');
    expect(value.replicas).toMatchObject([{ pid: process.pid }]);
    await service().refresh();
    expect(service().isActive()).toBe(false);
  });

  it('a key that a job holds stays on, until it is ended by force and with --yes', async () => {
    const held = await service().maintain('billing', { drain: false });
    const { stderr, code } = await call('off', 'billing');
    expect({ code, stays: stderr.includes('still held') }).toEqual({ code: 0, stays: true });
    const unasked = await call('off', 'billing', '--force');
    expect(unasked).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') as unknown });
    expect(held.signal.aborted).toBe(false);
    expect((await json('forced', 'off', 'billing', '--force', '--yes')).code).toBe(0);
    await until(() => held.signal.aborted);
    await held.leave();
  });

  it('says where something still runs, and waits until it does not', async () => {
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
      stdout: expect.stringMatching(/^Quiet on 1 replicas/) as unknown,
    });
    const drained = await json<{ quiet: object }>('change', 'on', 'billing', '--drain', '5s');
    expect(drained).toMatchObject({ code: 0, value: { quiet: { quiet: true } } });
  });

  it('replicas are listed; one that is silent is forgotten, one that is not is not', async () => {
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
      expect(Math.max(...table.stdout.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(80);
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

  it('is watched, change by change', async () => {
    const child = startCli(['watch', '--json', ...ways[way]()]);
    let seen = '';
    child.stdout?.on('data', (chunk: Buffer) => (seen += chunk.toString()));
    const events = () =>
      seen
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { type: string; key?: MaintenanceKeyJson });
    await until(() => events().some(({ type }) => type === 'replica'), { timeout: 15_000 });
    const ended = resultOf(child);
    await service().setMaintenance(true, 'reports');
    await until(() => events().some(({ key }) => key?.name === 'reports' && key.value), { timeout: 15_000 });
    child.kill('SIGINT');
    expect((await ended).code).toBe(0);
  });

  it('the page is written as a file while the key is on, and removed when it is not', async () => {
    const file = join(folder, `${way}.html`);
    const child = startCli(['page', file, '--watch', '--key', 'reports', ...ways[way]()]);
    const ended = resultOf(child);
    const there = () =>
      stat(file).then(
        () => true,
        () => false,
      );
    await until(() => child.stdout?.readableFlowing !== undefined);
    await service().setMaintenance(true, 'reports', { message: 'Back <soon>', timeout: 3_600_000 });
    await until(there, { timeout: 15_000 });
    expect(await readFile(file, 'utf8')).toContain('Back &lt;soon&gt;');
    await service().setMaintenance(false, 'reports');
    await until(async () => !(await there()), { timeout: 15_000 });
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    expect((await json('page', 'page', file)).code).toBe(0);
    expect(await there()).toBe(true);
  });

  it('a key that nobody knows is 6, with the names there are', async () => {
    for (const args of [
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

  it('hooks may refuse by the API only', async () => {
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
  it('every replica has applied it, or the exit code says that one has not', async () => {
    const args = ['on', 'billing', '--acknowledge', '3s', '--json', ...ways.redis()];
    const { code, stdout } = await cli(args);
    expect(code).toBe(0);
    expect(parse<{ missing: string[]; acknowledged: string[] }>('change', stdout).missing).toEqual([]);
    await using stopped = await Replica.start(server.url);
    stopped.child.signal('SIGSTOP');
    const late = await cli(args);
    expect(late.code).toBe(7);
    expect(parse<{ missing: string[] }>('change', late.stdout).missing).toEqual([stopped.id]);
    Hooks.called.length = 0;
    await cli(['off', 'billing', ...ways.redis()]);
    await cli(['on', 'billing', '--no-hooks', ...ways.redis()]);
    await cli(['on', 'reports', ...ways.redis()]);
    await until(() => Hooks.called.length > 0);
    expect(Hooks.called).toEqual(['entering reports']);
  }, 60_000);
});

describe.each(adapters)('an application on %s that keeps its state in memory', (_adapter, createApp) => {
  it('is reached by its admin API', async () => {
    const own = await createApp({
      imports: [MaintenanceModule.forRoot({ redis: false, socket: false, permissions: () => true })],
    });
    try {
      const url = ['--url', `${own.url}/maintenance/`];
      expect((await cli(['on', 'general', '1h', ...url])).code).toBe(0);
      expect(own.app.get(MaintenanceService).isActive('general')).toBe(true);
      expect((await cli(['status', '--exit-code', ...url])).code).toBe(3);
      const run = await cli(['run', 'general', ...url, '--', 'true']);
      expect(run).toMatchObject({ code: 122, stderr: expect.stringContaining('--redis') as unknown });
    } finally {
      await own.close();
    }
  });
});
