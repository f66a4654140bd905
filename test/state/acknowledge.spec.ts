import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { KeyRegistry } from '../../lib/core/keys/key-registry.js';
import type { MaintenanceKey } from '../../lib/core/keys/maintenance-key.js';
import { Acknowledgements } from '../../lib/core/state/acknowledgements.js';
import { ACKNOWLEDGE, SYNC } from '../../lib/core/store/redis/redis-scripts.generated.js';
import { newReplica } from '../../lib/core/state/replica-lease.js';
import { StateManager } from '../../lib/core/state/state-manager.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import type { Version } from '../../lib/core/store/store.js';
import { RedisServer } from '../support/redis.js';
import { until } from '../support/until.js';
import { hold, notice, presence, writing } from './documents.js';
import { redisOptions } from './stores.js';

const soon = () => performance.now() + 5_000;
const ENTRIES = 'acks:{acks}:replicas';

let server: RedisServer;
let version: Version;
let one: Replica;
let two: Replica;

/** A replica that reports when it is told to. */
class Replica {
  readonly store: RedisStore;
  woken = 0;

  constructor(readonly id: string) {
    this.store = new RedisStore(server.url, 'acks', redisOptions);
  }

  async start(): Promise<void> {
    const quiet = () => undefined;
    const woken = () => void this.woken++;
    await this.store.start({ pushed: quiet, reconnected: quiet, woken, warn: quiet }, soon());
    await this.exchange(null);
    await this.exchange(version);
  }

  exchange(at: Version | null, over = {}) {
    return this.store.sync(at, presence({ id: this.id, at: at ?? '', ...over }), soon());
  }

  acknowledges(at: Version, over = {}): Promise<boolean> {
    return this.store.acknowledge(at, presence({ id: this.id, at, ...over }), soon());
  }

  /** What it has applied, as another one sees it. */
  async isSeenAt(by: Replica): Promise<Version | undefined> {
    return (await by.store.replicas(soon())).find(({ id }) => id === this.id)?.told?.at;
  }
}

const write = async (name: string) =>
  ({ version } = await one.store.write([writing(name, { switch: notice() })], version, soon()));

beforeAll(async () => {
  server = await RedisServer.start();
});
beforeEach(async () => {
  await server.client().flushall();
  version = '';
  [one, two] = [new Replica('one'), new Replica('two')];
  await one.start();
  await write('first');
  await one.exchange(version);
  await two.start();
  await one.exchange(version);
  return () => Promise.all([one.store.stop(), two.store.stop()]);
});
afterAll(() => server.stop());

it('records what a replica has applied and still serves, and renews its lease', async () => {
  await write('second');
  expect(await two.isSeenAt(one)).not.toBe(version);
  const [seconds] = await server.client().time();
  expect(await two.acknowledges(version, { inFlight: 3 })).toBe(true);
  const seen = (await one.store.replicas(soon())).find(({ id }) => id === 'two');
  expect(seen).toMatchObject({
    silentFor: 0,
    told: { at: version, inFlight: 3, host: 'here', lease: 3_000 },
  });
  expect(seen?.lastSeen).toBeGreaterThanOrEqual(Number(seconds) * 1_000);
});

it('records a version that the store is past, too, but none that it has never been at', async () => {
  const first = version;
  await write('second');
  expect(await two.acknowledges(first)).toBe(true);
  expect(await two.isSeenAt(one)).toBe(first);
  const [history, revision] = version.split('.');
  for (const at of [`${history}.${revision}.w`, `${history}.1.w`, version.replace(/^\w+/, 'other')]) {
    expect(await two.acknowledges(at)).toBe(false);
    expect(await two.isSeenAt(one)).toBe(first);
  }
  // fields that somebody removed are found by an exchange
  await server.client().hdel('acks:{acks}:records', 'first');
  expect(await two.acknowledges(version)).toBe(false);
  expect(await two.isSeenAt(one)).toBe(first);
});

it('lists no replica that is not listed: one that has left, was removed, or has an entry of another form', async () => {
  await one.store.leave('two', soon());
  expect(await two.acknowledges(version)).toBe(false);
  const left = await server.client().hget(ENTRIES, 'two');
  expect(left).toMatch(/^x\|/);
  for (const entry of ['3000|1|of another version', undefined]) {
    await (entry === undefined
      ? server.client().hdel(ENTRIES, 'two')
      : server.client().hset(ENTRIES, 'two', entry));
    expect(await two.acknowledges(version)).toBe(false);
    expect(await server.client().hget(ENTRIES, 'two')).toBe(entry ?? null);
  }
});

it('does nothing once its caller has given up', async () => {
  await write('second');
  const late = presence({ id: 'two', at: version });
  server.pause();
  const report = two.store.acknowledge(version, late, performance.now() + 100);
  await expect(report).rejects.toThrow(/did not answer within/);
  server.resume();
  expect(await two.isSeenAt(one)).not.toBe(version);
});

describe('a report that arrives after a later one', () => {
  /** Redis knows only this script: others are sent again, as a whole, after what was sent behind them. */
  const keepOnly = async (script: string) => {
    await two.acknowledges(version);
    await server.client().script('FLUSH');
    await server.client().script('LOAD', script);
  };
  const isSeen = async () => (await one.store.replicas(soon())).find(({ id }) => id === 'two')?.told;

  it('does not take back that calls may be running now', async () => {
    await two.exchange(version, { observer: true });
    await keepOnly(SYNC);
    const early = two.acknowledges(version, { observer: true });
    const late = two.exchange(version, { observer: false });
    expect([(await late).present, await early]).toEqual([true, false]);
    expect(await isSeen()).toMatchObject({ observer: false });
  });

  it('does not take back what was applied meanwhile, and the replica is listed all the same', async () => {
    const first = version;
    await write('second');
    await keepOnly(ACKNOWLEDGE);
    const early = two.exchange(first, { inFlight: 1 });
    const late = two.acknowledges(version, { inFlight: 2 });
    expect([(await early).present, await late]).toEqual([true, true]);
    expect(await isSeen()).toMatchObject({ at: version, inFlight: 2 });
  });

  it('counts once the entry that the later one has made is gone', async () => {
    await two.exchange(version);
    await server.client().del(ENTRIES);
    await one.exchange(version);
    expect((await two.exchange(version)).present).toBe(true);
    expect(await two.acknowledges(version)).toBe(true);
  });
});

it('wakes those who wait once the last replica has applied a change, or as soon as one has fewer calls left', async () => {
  await write('second');
  await one.acknowledges(version);
  const before = one.woken;
  await two.acknowledges(version);
  await until(() => one.woken > before);
  const [, since] = [await one.store.replicas(soon()), one.woken];
  await two.acknowledges(version);
  await write('third');
  await two.acknowledges(version, { draining: { hold: ['Cats.one'] } });
  await until(() => one.woken > since);
  // the first wakes nobody: it is not the last one, and serves what it did before
  await one.exchange(version);
  await write('fourth');
  const quiet = one.woken;
  expect(await one.acknowledges(version)).toBe(true);
  await one.store.replicas(soon());
  expect(one.woken).toBe(quiet);
});

it('does not vouch for a connection that a replica had before, but no longer has', async () => {
  const open = async () => Number((await server.client().hget(ENTRIES, 'two'))?.split('|')[3]);
  expect(await two.acknowledges(version)).toBe(true);
  expect(await open()).toBeGreaterThan(0);
  const ids = String(await server.client().client('LIST', 'TYPE', 'PUBSUB')).matchAll(/id=(\d+)/g);
  const kills = [...ids].map(([, id]) => server.client().client('KILL', 'ID', id as never));
  await Promise.all(kills);
  // listening again takes longer than this
  expect(await two.acknowledges(version)).toBe(true);
  expect(await open()).toBe(0);
});

it('leaves it to an exchange to meet a server again, and to report facts that are new', async () => {
  expect(await two.acknowledges(version, { foreignKeys: ['other'] })).toBe(false);
  expect(await two.acknowledges(version)).toBe(true);
  await server.client().client('KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  // another server may have taken over behind the same address
  await until(async () => !(await two.acknowledges(version).catch(() => true)));
  await until(async () => {
    await two.exchange(version).catch(() => undefined);
    return two.acknowledges(version);
  });
});

it('takes a hold that it hears of while an answer is on its way for renewed until the next one', async () => {
  const registry = new KeyRegistry();
  const general = registry.find('general') as MaintenanceKey;
  const log = { log: () => undefined, warn: () => undefined };
  const three = new RedisStore(server.url, 'acks', redisOptions);
  const manager = new StateManager(three, registry, newReplica(), 1_000, log);
  await manager.start();
  await manager.sync();
  const sync = three.sync.bind(three);
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  let answered = false;
  three.sync = async (...args) => {
    const result = await sync(...args);
    answered = true;
    await gate;
    return result;
  };
  const asked = manager.sync();
  await until(() => answered);
  await one.store.write([writing('general', { holds: [hold()] })], version, soon());
  const abandoned = () => manager.current(general).holds.map((held) => held.abandoned);
  await until(() => abandoned().length > 0);
  open();
  await asked;
  expect(abandoned()).toEqual([false]);
  // nobody has its lease
  await until(() => abandoned()[0] === true);
  await manager.stop();
});

describe('reports of what was applied', () => {
  const settle = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)));
  let told: { at: Version; settle: (recorded: boolean) => void }[];
  let exchanges: number;
  const state = { version: 'h.1.w', observer: false, passesForObserver: false, isComplete: true };
  const reports = (over: Partial<typeof state> = {}) => {
    const now = { ...state, ...over };
    const view = { ...now, confirm: () => undefined };
    const acknowledge = (at: Version) =>
      new Promise<boolean>((resolve) => told.push({ at, settle: resolve }));
    const report = { presence: () => presence(now), passesForObserver: now.passesForObserver };
    const parts = { store: { acknowledge }, view, report, commandTimeout: 1_000 };
    return { view, due: new Acknowledgements(parts as never, () => void exchanges++) };
  };
  beforeEach(() => {
    told = [];
    exchanges = 0;
  });

  it('are made once for all changes of a tick, and several at a time, but not any number', async () => {
    const { view, due } = reports();
    due.due();
    due.due();
    await settle();
    expect(told).toHaveLength(1);
    for (let i = 2; i <= 12; i++) {
      view.version = `h.${i}.w`;
      due.due();
      await settle();
    }
    expect(told.map(({ at }) => at)).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((i) => `h.${i}.w`));
    told[0]?.settle(true);
    await settle();
    expect(told.map(({ at }) => at).slice(8)).toEqual(['h.12.w']);
    told[1]?.settle(true);
    await settle();
    expect(told).toHaveLength(9);
    expect(exchanges).toBe(0);
    told[2]?.settle(false);
    await settle();
    expect(exchanges).toBe(1);
  });

  it.each<Partial<typeof state>>([
    { version: '' },
    { isComplete: false },
    { observer: true },
    { passesForObserver: true },
  ])('are left to an exchange with %o', async (over) => {
    const { due } = reports(over);
    due.due();
    await settle();
    expect([told.length, exchanges]).toEqual([0, 1]);
  });
});
