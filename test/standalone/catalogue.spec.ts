import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { KeyPublisher } from '../../lib/core/catalogue/key-publisher.js';
import { learnPublishedKeys } from '../../lib/core/catalogue/published-keys.js';
import { KeyRegistry } from '../../lib/core/keys/key-registry.js';
import { MaintenanceKey } from '../../lib/core/keys/maintenance-key.js';
import { newReplica } from '../../lib/core/state/replica-lease.js';
import { StateManager } from '../../lib/core/state/state-manager.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { redisOptions } from '../state/stores.js';

const ENTRY = 'maintenance:{maintenance}:catalogue';
const MONTHS = 31 * 24 * 3_600_000;
let server: RedisServer;
let client: ReturnType<RedisServer['client']>;

beforeAll(async () => {
  server = await RedisServer.start();
  client = server.client();
});
beforeEach(() => client.flushall());
afterAll(() => server.stop());

/** An application with these keys; ends with the test. */
async function application(...keys: MaintenanceKey[]) {
  const warnings: string[] = [];
  const registry = new KeyRegistry();
  keys.forEach((key) => registry.add(key, 'the spec'));
  const log = { log: () => undefined, warn: (message: string) => warnings.push(message) };
  const store = new RedisStore(server.url, 'maintenance', redisOptions);
  const manager = new StateManager(store, registry, newReplica(), 1_000, log);
  await manager.start();
  const publisher = new KeyPublisher(manager, log.warn);
  return {
    manager,
    registry,
    publisher,
    warnings,
    [Symbol.asyncDispose]: async () => {
      publisher.stop();
      await manager.stop();
    },
  };
}

const stored = async (name: string): Promise<({ at: number } & Record<string, unknown>) | undefined> => {
  const [at, text] = ((await client.hget(ENTRY, name)) ?? '').split(/\|(.*)/s);
  return text ? { at: Number(at), ...(JSON.parse(text) as Record<string, unknown>) } : undefined;
};
const writes = async () =>
  Number(/cmdstat_hset:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0);

it('keys are published with all that an operator needs, later ones too, and no template', async () => {
  await using app = await application(
    new MaintenanceKey('billing', {
      label: 'Billing',
      helpText: 'Invoices',
      order: 3,
      timeout: 60_000,
      scope: 'marked',
      readOnly: true,
      public: false,
      template: 'secret.html',
    }),
  );
  app.publisher.start();
  await until(() => stored('billing'));
  const { at, ...fields } = (await stored('billing'))!;
  expect(Math.abs(at - Date.now())).toBeLessThan(10_000);
  expect(fields).toEqual({
    label: 'Billing',
    helpText: 'Invoices',
    order: 3,
    scope: 'marked',
    readOnly: true,
    public: false,
    timeout: 60_000,
  });
  app.registry.add(new MaintenanceKey('late'), 'a lazily loaded module');
  await until(() => stored('late'));

  await using other = await application();
  await learnPublishedKeys(other.manager);
  expect(other.registry.get('billing')).toMatchObject({ label: 'Billing', readOnly: true, public: false });
  expect(other.registry.all().map(String)).toEqual(['general', 'late', 'billing']);
});

it('does not rewrite entries that are up to date, and preserves fields of a newer version', async () => {
  await using app = await application(new MaintenanceKey('billing', { label: 'Billing' }));
  const newer = { label: 'Old label', color: 'red', scope: 'galaxy' };
  await client.hset(ENTRY, 'billing', `${Date.now()}|${JSON.stringify(newer)}`);
  app.publisher.start();
  await until(async () => (await stored('billing'))?.label === 'Billing');
  expect(await stored('billing')).toMatchObject({ color: 'red', scope: 'site' });

  await using again = await application(new MaintenanceKey('billing', { label: 'Billing' }));
  const before = await client.hgetall(ENTRY);
  again.publisher.start();
  const reads = async () =>
    Number(/cmdstat_hgetall:calls=(\d+)/.exec(await client.info('commandstats'))?.[1]);
  const seen = await reads();
  await until(async () => (await reads()) > seen + 2);
  expect(await client.hgetall(ENTRY)).toEqual(before);
  expect(await writes()).toBeGreaterThan(0);
});

it('drops keys that no application has published for a month, and keeps others', async () => {
  await client.hset(ENTRY, 'gone', `${Date.now() - MONTHS}|{"label":"Gone"}`);
  await client.hset(ENTRY, 'other', `${Date.now() - 1_000}|{"label":"Of another service"}`);
  await client.hset(ENTRY, 'mine', `${Date.now() - MONTHS}|{"label":"mine"}`);
  await using app = await application(new MaintenanceKey('mine'));
  app.publisher.start();
  await until(async () => !(await client.hexists(ENTRY, 'gone')));
  expect((await client.hkeys(ENTRY)).toSorted()).toEqual(['general', 'mine', 'other']);
  expect((await stored('mine'))?.at).toBeGreaterThan(Date.now() - 10_000);
});

it('publishes keys again to a Redis that comes back empty', async () => {
  await using own = await RedisServer.start();
  const registry = new KeyRegistry();
  registry.add(new MaintenanceKey('billing'), 'the spec');
  const store = new RedisStore(own.url, 'maintenance', redisOptions);
  const log = { log: () => undefined, warn: () => undefined };
  const manager = new StateManager(store, registry, newReplica(), 1_000, log);
  await manager.start();
  const publisher = new KeyPublisher(manager, log.warn);
  publisher.start();
  try {
    await until(() => own.client().hexists(ENTRY, 'billing'));
    await own.restart({ empty: true });
    await until(() => own.client().hexists(ENTRY, 'billing'), { timeout: 15_000 });
    expect(await own.client().hkeys(ENTRY)).toEqual(expect.arrayContaining(['general', 'billing']));
  } finally {
    publisher.stop();
    await manager.stop();
  }
}, 60_000);

it.each([
  ['text', '1|nothing'],
  ['no time', '{"label":"x"}'],
  ['a list', '1|[1]'],
  ['fields of other types', '1|{"label":7,"order":"first","timeout":-1,"scope":{}}'],
  ['prototypes', '1|{"__proto__":{"label":"evil"},"constructor":1}'],
  ['oversized values', `1|{"label":"${'x'.repeat(20_000)}"}`],
])('an entry that holds %s does no harm', async (_what, entry) => {
  await client.hset(ENTRY, 'odd', entry, 'a b', '1|{}', '__proto__', '1|{}', 'fine', '1|{"label":"Fine"}');
  await using app = await application();
  await learnPublishedKeys(app.manager);
  expect(app.registry.get('fine').label).toBe('Fine');
  const odd = app.registry.find('odd');
  expect(odd === undefined || (odd.label === 'odd' && odd.scope === 'site')).toBe(true);
  expect(app.registry.has('a b') || app.registry.has('__proto__')).toBe(false);
});

it('does not touch a Redis key of another type, and the log names it', async () => {
  await client.set(ENTRY, 'of somebody else');
  await using app = await application();
  await learnPublishedKeys(app.manager);
  app.publisher.start();
  await until(() => app.warnings.length > 0);
  expect(app.warnings).toEqual([expect.stringContaining(`could not be published for the command line: `)]);
  expect(app.warnings[0]).toContain(`"${ENTRY}" is not a hash; delete that entry`);
  expect(await client.get(ENTRY)).toBe('of somebody else');
  expect(app.registry.all().map(String)).toEqual(['general']);
});

it('keeps at most a thousand keys, still updates known ones, and logs how many are left out', async () => {
  const many = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`k${i}`, `${Date.now()}|{}`]));
  await client.hset(ENTRY, many);
  await using app = await application(
    new MaintenanceKey('k7', { label: 'Seven' }),
    new MaintenanceKey('new'),
  );
  app.publisher.start();
  await until(async () => (await stored('k7'))?.label === 'Seven');
  expect(await client.hlen(ENTRY)).toBe(1_000);
  expect(await client.hexists(ENTRY, 'new')).toBe(0);
  // general and new
  await until(() => app.warnings.length > 0);
  expect(app.warnings).toEqual([
    expect.stringContaining('no room to publish 2 of the keys of this application'),
  ]);
});

it('keys that no running application has confirmed for days make room for others, the oldest first', async () => {
  const days = (count: number) => Date.now() - count * 24 * 3_600_000;
  const old = Array.from({ length: 600 }, (_, i) => [`old${i}`, `${days(3 + i / 1_000)}|{}`] as const);
  const recent = Array.from({ length: 400 }, (_, i) => [`recent${i}`, `${days(1)}|{}`] as const);
  await client.hset(ENTRY, Object.fromEntries([...old, ...recent]));
  await using app = await application(new MaintenanceKey('new'));
  app.publisher.start();
  await until(async () => (await stored('new')) !== undefined);
  const left = old.map(([name]) => name).filter((name) => !['old599', 'old598'].includes(name));
  const names = ['general', 'new', ...recent.map(([name]) => name), ...left];
  expect((await client.hkeys(ENTRY)).toSorted()).toEqual(names.toSorted());
  expect(app.warnings).toEqual([]);
});
