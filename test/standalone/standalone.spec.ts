import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  createMaintenance,
  MaintenanceKey,
  SkipDuringMaintenance,
  type MaintenanceStandaloneOptions,
  type StandaloneMaintenance,
} from 'nestjs-maintenance/standalone';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { Replica, startReplicas } from '../cluster/replicas.js';

const KEY = 'import-export';
let server: RedisServer;
let one: Replica;
let two: Replica;
const opened: StandaloneMaintenance[] = [];

/** A script's service, closed after the test. */
async function open(options: Partial<MaintenanceStandaloneOptions> = {}): Promise<StandaloneMaintenance> {
  const service = await createMaintenance({ redis: server.url, ...options });
  opened.push(service);
  return service;
}

const published = () => server.client().hgetall('maintenance:{maintenance}:catalogue');

beforeAll(async () => {
  server = await RedisServer.start();
  [one, two] = (await startReplicas(2, server.url)) as [Replica, Replica];
  await until(async () => KEY in (await published()), { what: 'the keys to be published' });
}, 90_000);
afterEach(async () => {
  await Promise.all(opened.splice(0).map((service) => service.close()));
  await two.unset(KEY);
});
afterAll(async () => {
  await Promise.all([one, two].map((replica) => replica?.child.kill()));
  await server.stop();
});

describe('a process without Nest', () => {
  it('knows the keys that applications have published, as they declare them', async () => {
    const service = await open();
    expect(service.getKeys().map(String).toSorted()).toEqual(['billing', 'general', KEY]);
    expect(service.getKeys().find(({ name }) => name === 'billing')).toMatchObject({ scope: 'marked' });
    await expect(service.setMaintenance(true, 'biling')).rejects.toMatchObject({
      name: 'UnknownMaintenanceKeyError',
      known: expect.arrayContaining(['billing']) as unknown,
    });
    const given = await open({ keys: [new MaintenanceKey('own')] });
    expect(given.getKeys().map(String)).toEqual(['general', 'own']);
  });

  it('closes and opens keys for the application, and observes its changes', async () => {
    const service = await open();
    const change = await service.setMaintenance(true, KEY, { message: 'Back soon', acknowledge: 5_000 });
    expect(change).toMatchObject({ from: false, to: true, missing: [] });
    const pids = new Set([one, two].map(({ child }) => child.pid));
    const ids = (await service.replicas()).flatMap(({ id, pid }) => (pids.has(pid) ? [id] : []));
    expect(ids).toHaveLength(2);
    expect(change.acknowledged).toEqual(expect.arrayContaining(ids));
    expect((await one.get('/orders')).status).toBe(503);
    await two.set(false, KEY);
    await until(() => !service.isActive(KEY));
    expect((await service.getKeyData())[KEY]).toMatchObject({ value: false });
    expect((await service.replicas()).filter(({ observer }) => !observer)).toHaveLength(2);
  });

  it('waits until the application has drained, and keeps requests out meanwhile', async () => {
    const service = await open();
    const asked = one.get('/wait/standalone-drain');
    await one.reaches('standalone-drain');
    let begun = false;
    const work = service.maintain(KEY, async ({ fence }) => {
      begun = true;
      return { fence, status: (await two.get('/orders')).status };
    });
    await until(() => two.isOn(KEY));
    const quiet = await (await open()).quiet(KEY);
    expect(quiet.replicas.flatMap(({ running }) => running.map(({ route }) => route))).toEqual([
      'GET /wait/:gate',
    ]);
    expect(begun).toBe(false);
    await one.open('standalone-drain');
    expect((await asked).status).toBe(200);
    expect(await work).toMatchObject({ status: 503, fence: expect.any(Number) as unknown });
    await until(async () => !(await one.isOn(KEY)));
  });

  it('is waited for only for what it runs under whileOpen()', async () => {
    const service = await open();
    // idle, it is nobody's concern
    await one.hold('idle', KEY, { drain: 10_000 });
    await one.leave('idle');
    let finish: () => void = () => undefined;
    const running = service.whileOpen(KEY, () => new Promise<void>((resolve) => (finish = resolve)));
    await until(async () =>
      (await service.replicas()).some(({ inFlight, observer }) => inFlight === 1 && !observer),
    );
    const refused = await two.work('too-soon', KEY, { drain: 3_000 });
    expect(refused).toMatchObject({ ran: false, error: { name: 'MaintenanceDrainError' } });
    expect(refused.replicas).toMatchObject([{ pid: process.pid, routes: [`whileOpen(${KEY})`] }]);
    const waiting = two.work('in-time', KEY, { drain: 10_000 });
    await until(() => service.isActive(KEY));
    await expect(service.whileOpen(KEY, () => 'never')).rejects.toMatchObject({
      name: 'MaintenanceActiveError',
    });
    finish();
    await running;
    await two.open('in-time');
    expect(await waiting).toMatchObject({ ran: true });
  });

  it('stops its work and leaves its keys when it is closed', async () => {
    const service = await open();
    const work = service.maintain(
      KEY,
      ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    const ended = work.catch((error: Error) => error.message);
    await until(() => one.isOn(KEY));
    await service.close();
    expect(await ended).toContain('shutting down');
    await until(async () => !(await one.isOn(KEY)));
    await expect(service.setMaintenance(true, KEY)).rejects.toMatchObject({ name: 'MaintenanceStoreError' });
    await service.close();
  });

  it('skips marked methods, static ones too, and drains wait for them', async () => {
    let ran: string[] = [];
    let finish: () => void = () => undefined;
    class Script {
      @SkipDuringMaintenance(KEY, { missed: 'once' })
      static tick(name: string): void {
        ran.push(name);
      }

      @SkipDuringMaintenance()
      async copy(): Promise<void> {
        ran.push('copy');
        await new Promise<void>((resolve) => (finish = resolve));
      }
    }
    const service = await open();
    // the first work of a process asks the store
    await Script.tick('first');
    expect(ran).toEqual(['first']);
    const copying = new Script().copy();
    await until(() => ran.includes('copy'));
    const other = await open();
    const error = await other.maintain('general', () => 'worked', { drain: 3_000 }).catch(String);
    expect(error).toContain('Script.copy');
    finish();
    await copying;
    ran = [];
    await one.set(true, KEY);
    await until(() => service.isActive(KEY));
    Script.tick('second');
    Script.tick('third');
    expect(ran).toEqual([]);
    await one.set(false, KEY);
    await until(() => ran.length > 0);
    expect(ran).toEqual(['third']);
    await service.close();
    // nobody is there to ask any more
    Script.tick('fourth');
    expect(ran).toEqual(['third', 'fourth']);
  });

  it('creates bypass tokens with the secret of the application, and none without', async () => {
    const service = await open({ bypass: { secret: 'x'.repeat(32) } });
    expect(service.createBypassToken({ keys: [KEY] })).toMatch(/^[\w-]+\.[\w-]{43}$/);
    expect(() => opened.at(0)!.createBypassToken({ keys: ['nothing'] })).toThrow('Unknown maintenance key');
    expect(await service.getMenuItem({ type: 'http', request: {} })).toBeNull();
  });

  it.each([
    ['no Redis', { redis: undefined }, 'redis'],
    ['an empty URL', { redis: '' }, 'redis'],
    ['another driver', { redis: { connect: () => 1, duplicate: () => 1 } }, 'redis'],
    ['an unknown option', { reids: 'redis://localhost' }, 'reids'],
    ['an option of the module', { redis: 'redis://localhost', statusCode: 503 }, 'statusCode'],
    ['an invalid namespace', { redis: 'redis://localhost', namespace: 'a b' }, 'namespace'],
    ['a bypass of the module', { redis: false, bypass: { ips: ['127.0.0.1'] } }, 'bypass.ips'],
    ['a page', { redis: false, general: { template: 'closed' } }, 'general.template'],
    ['a logger without error()', { redis: false, logger: { warn: () => undefined } }, 'logger'],
    ['no logger', { redis: false, logger: null }, 'logger'],
  ])('is refused with %s', async (_what, options, option) => {
    const refused = createMaintenance(options as never);
    await expect(refused).rejects.toMatchObject({ name: 'MaintenanceConfigurationError', option });
  });
});

describe('hooks for changes by a process without hooks', () => {
  const both = async () => [...(await one.hooks()), ...(await two.hooks())];
  const of = (event: string, all: string[]) => all.filter((hook) => hook === `${event} ${KEY}`).length;

  it('run on one live replica, and "changing" hooks do not run', async () => {
    const service = await open();
    const before = await both();
    await service.setMaintenance(true, KEY);
    await until(async () => of('entering', await both()) === of('entering', before) + 1);
    await service.maintain(KEY, () => undefined);
    await service.setMaintenance(false, KEY);
    await until(async () => of('exiting', await both()) === of('exiting', before) + 1);
    await service.maintain(KEY, () => undefined);
    await until(async () => of('exiting', await both()) === of('exiting', before) + 2);
    await service.setMaintenance(true, KEY, { callHooks: false, acknowledge: 5_000 });
    await Promise.all([one.replicas(), two.replicas()]);
    const after = await both();
    expect(of('entering', after)).toBe(of('entering', before) + 2);
    expect(of('exiting', after)).toBe(of('exiting', before) + 2);
    expect(of('changing', after)).toBe(of('changing', before));
  });

  it('run only where the change was made if that process has hooks', async () => {
    const before = { one: await one.hooks(), two: await two.hooks() };
    await one.set(true, KEY);
    await one.set(false, KEY);
    await until(async () => !(await two.isOn(KEY)));
    await two.replicas();
    const news = [`changing ${KEY}`, `entering ${KEY}`, `changing ${KEY}`, `exiting ${KEY}`];
    expect(await one.hooks()).toEqual([...before.one, ...news]);
    expect(await two.hooks()).toEqual(before.two);
  });
});
