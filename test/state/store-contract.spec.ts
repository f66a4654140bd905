import { describe, expect, it } from 'vitest';
import { encodeBody, MAX_RECORD_BYTES, randomId, stampBody } from '../../lib/core/document/codec.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import { CacheStore } from '../../lib/core/store/cache/cache-store.js';
import type { RecordWrite, StateStore, Version, Written } from '../../lib/core/store/store.js';
import { until } from '../support/until.js';
import { change, notice, presence, record, shown, writing } from './documents.js';
import { storeKinds } from './stores.js';
import { soon, useStores } from './use-stores.js';

const saying = (message: string | null) => ({ switch: notice({ message }) });

/** Writes, and gives what is stored of each. */
async function put(store: StateStore, writes: readonly RecordWrite[], known: Version) {
  const written = await store.write(writes, known, soon());
  return { ...written, records: written.outcomes.map((outcome) => outcome as KeyRecord) };
}

const outcomesOf = ({ outcomes }: Written) =>
  outcomes.map((outcome) => (typeof outcome === 'string' ? outcome : 'written'));

describe.each(storeKinds)('a store on $name', ({ prepare }) => {
  const use = useStores(prepare);
  const { start } = use;

  it('holds nothing at first', async () => {
    const store = await start();
    const seen = await store.sync(null, null, soon());
    expect(seen.version).toBe('');
    expect(shown(seen)).toEqual({});
    expect((await store.sync('', null, soon())).stored).toBeUndefined();
  });

  it('returns what was written, also to others, and nothing twice', async () => {
    const [one, two] = [await start(), await start()];
    const write = writing('general', saying('Grüße 😀'));
    const { version, before, records } = await put(one, [write], '');
    expect(before).toBe('');
    const [stored] = records;
    // the store gives it number and time
    expect(stored).toEqual({
      ...write.record,
      change: { ...write.record.change, revision: 1, at: expect.any(Number) as number },
    });
    const seen = await two.sync(null, null, soon());
    expect(seen).toMatchObject({ version, stored: { all: true } });
    expect(shown(seen)).toEqual({ general: stored });
    expect(await two.sync(seen.version, null, soon())).toMatchObject({ version, stored: undefined });
  });

  it('returns records that others have written since, each as it is now', async () => {
    const [one, two] = [await start(), await start()];
    const first = await put(one, [writing('a'), writing('b')], '');
    const { version } = await two.sync(null, null, soon());
    expect(version).toBe(first.version);
    const second = await put(one, [writing('a', saying('2'), first.records[0])], version);
    const third = await put(one, [writing('a', saying('3'), second.records[0])], second.version);
    const seen = await two.sync(version, null, soon());
    expect(seen.version).toBe(third.version);
    expect(shown(seen)).toMatchObject({ a: { switch: { message: '3' } } });
    expect(Object.keys(shown(seen))).toEqual(seen.stored?.all ? ['a', 'b'] : ['a']);
  });

  it('overwrites only what the writer has seen of that record, whatever became of others', async () => {
    const [one, two] = [await start(), await start()];
    const { version, records } = await put(one, [writing('a'), writing('b')], '');
    const [a, b] = records as [KeyRecord, KeyRecord];
    expect(outcomesOf(await two.write([writing('a')], '', soon()))).toEqual(['conflict']);
    expect(outcomesOf(await two.write([writing('a', {}, record())], version, soon()))).toEqual(['conflict']);
    expect(outcomesOf(await two.write([writing('a', {}, a)], version, soon()))).toEqual(['written']);
    // who has not heard of that changes another all the same
    expect(outcomesOf(await one.write([writing('a', {}, a), writing('b', {}, b)], version, soon()))).toEqual([
      'conflict',
      'written',
    ]);
  });

  it('lets one of many concurrent writers of a record win, and all writers of different records', async () => {
    const [one, two] = [await start(), await start()];
    const { version } = await put(one, [writing('first')], '');
    const many = Array.from({ length: 10 }, (_, i) => ({ store: i % 2 ? one : two, name: `key-${i}` }));
    const same = await Promise.all(many.map(({ store }) => store.write([writing('same')], version, soon())));
    expect(same.flatMap(outcomesOf).filter((outcome) => outcome === 'written')).toHaveLength(1);
    const each = await Promise.all(
      many.map(({ store, name }) => store.write([writing(name)], version, soon())),
    );
    expect(each.flatMap(outcomesOf)).toEqual(many.map(() => 'written'));
    const revisions = each.flatMap(({ outcomes }) =>
      outcomes.map((one) => (one as KeyRecord).change.revision),
    );
    expect(new Set(revisions).size).toBe(10);
  });

  it('restores earlier records as they were, and numbers later ones higher', async () => {
    const store = await start();
    const lost = record({ ...saying('lost'), change: change({ revision: 40, at: 5_000 }) });
    const back = { name: 'a', expected: '', record: lost, kept: true };
    const { version } = await put(store, [back], '');
    expect(shown(await store.sync(null, null, soon()))).toEqual({ a: lost });
    const { records } = await put(store, [writing('a', {}, lost)], version);
    expect(records[0]!.change.at).toBeGreaterThan(5_000);
    expect(records[0]!.change.revision).toBeGreaterThan(store.clustered ? 40 : 0);
  });

  it('assigns changes of a record times that never go back, whatever its clock says', async () => {
    const store = await start();
    const ahead = record({ change: change({ revision: 1, at: store.now() + 60_000 }) });
    const { version } = await put(store, [{ name: 'a', expected: '', record: ahead, kept: true }], '');
    const { records } = await put(store, [writing('a', {}, ahead)], version);
    expect(records[0]!.change.at).toBe(Math.floor(ahead.change.at));
  });

  it('writes nothing when its time is over', async () => {
    const store = await start();
    await expect(store.write([writing('a')], '', performance.now() - 1)).rejects.toMatchObject({
      name: 'MaintenanceStoreError',
    });
    expect(shown(await store.sync(null, null, soon()))).toEqual({});
  });

  it('accepts nothing from a writer that does not know yet that the store has lost everything', async () => {
    const store = await start();
    const { version, records } = await put(store, [writing('a')], '');
    await use.ground.forget();
    const seen = await store.sync(version, null, soon());
    expect(seen).toMatchObject({ version: '', stored: { all: true } });
    expect(shown(seen)).toEqual({});
    expect(outcomesOf(await store.write([writing('b')], version, soon()))).toEqual(['conflict']);
    const lost = { name: 'a', expected: '', record: records[0]!, kept: true };
    expect(outcomesOf(await store.write([lost], '', soon()))).toEqual(['written']);
    expect(shown(await store.sync(null, null, soon()))).toEqual({ a: records[0] });
  });

  it.each([
    ['empty', ''],
    ['truncated', '{"v":1,"w":"AAAAAAAA'],
    ['foreign JSON', '{"user":1}'],
  ])('reports a state that is %s as unreadable, and overwrites it on request', async (_, value) => {
    const store = await start();
    await use.ground.spoil(use.namespace, value);
    const { version, stored, unreadable } = await store.sync(null, null, soon());
    expect(stored).toBeUndefined();
    expect(unreadable).toEqual(expect.any(String));
    expect(outcomesOf(await store.write([writing('a')], '', soon()))).toEqual(['conflict']);
    const { records } = await put(store, [writing('a')], version);
    expect(shown(await store.sync(null, null, soon()))).toEqual({ a: records[0] });
  });

  it.each([
    ['empty', '', false],
    ['truncated', '1 abc 1 1000\n{"switch":', false],
    ['foreign', 'hello', false],
    ['of a newer version', '2 abc 1 1000\n???', true],
  ])('reports a record that is %s as unreadable, and returns the others', async (_, text, newer) => {
    const store = await start();
    const { version, records } = await put(store, [writing('a'), writing('b')], '');
    await use.ground.spoilRecord(use.namespace, 'a', text);
    const { stored } = await store.sync(null, null, soon());
    expect(stored?.records.get('b')).toEqual({ record: records[1] });
    const spoilt = stored?.records.get('a');
    expect(spoilt).toMatchObject({ unreadable: expect.any(String) as string, newer });
    expect(outcomesOf(await store.write([writing('a', {}, records[0])], version, soon()))).toEqual([
      'conflict',
    ]);
    const mark = spoilt && 'mark' in spoilt ? spoilt.mark : '';
    const again = { name: 'a', expected: mark, record: records[0]!, kept: true };
    expect(outcomesOf(await store.write([again], version, soon()))).toEqual(['written']);
    expect(shown(await store.sync(null, null, soon()))).toEqual({ a: records[0], b: records[1] });
  });

  it('returns everything again when a record was removed by others', async () => {
    const store = await start();
    const { version, records } = await put(store, [writing('a'), writing('b')], '');
    await use.ground.spoilRecord(use.namespace, 'a', undefined);
    const seen = await store.sync(version, presence(), soon());
    expect(seen.stored?.all).toBe(true);
    expect(shown(seen)).toEqual({ b: records[1] });
  });

  it('refuses a record that is too long, and keeps the old one', async () => {
    const store = await start();
    const { version, records } = await put(store, [writing('a', saying('short'))], '');
    const long = saying('x'.repeat(MAX_RECORD_BYTES));
    expect(outcomesOf(await store.write([writing('a', long, records[0])], version, soon()))).toEqual([
      'full',
    ]);
    expect(outcomesOf(await store.write([writing('b', long)], version, soon()))).toEqual(['full']);
    expect(shown(await store.sync(null, null, soon()))).toEqual({ a: records[0] });
  });

  it('reads a record that is longer than it would write, and lets it get shorter', async () => {
    const store = await start();
    const { version, records } = await put(store, [writing('a')], '');
    const long = record({ ...saying('x'.repeat(MAX_RECORD_BYTES + 1_000)), past: [records[0]!.write] });
    await use.ground.spoilRecord(use.namespace, 'a', stampBody(encodeBody(long), long.write, long.change));
    expect(shown(await store.sync(null, null, soon()))).toEqual({ a: long });
    const shorter = writing('a', saying('x'.repeat(MAX_RECORD_BYTES)), long);
    expect(outcomesOf(await store.write([shorter], version, soon()))).toEqual(['written']);
  });

  it('lets a key open even if its record gets too long by that, and restores such a record', async () => {
    const store = await start();
    const { version, records } = await put(store, [writing('a', saying('short'))], '');
    const past = saying('x'.repeat(MAX_RECORD_BYTES));
    const closing = writing('a', { ...past, change: change({ to: true }) }, records[0]);
    expect(outcomesOf(await store.write([closing], version, soon()))).toEqual(['full']);
    const opening = writing('a', { ...past, change: change({ to: false }) }, records[0]);
    const opened = await put(store, [opening], version);
    expect(outcomesOf(opened)).toEqual(['written']);
    await use.ground.forget();
    const lost = { name: 'a', expected: '', record: opened.records[0]!, kept: true };
    expect(outcomesOf(await store.write([lost], '', soon()))).toEqual(['written']);
    const without = { ...saying('x'.repeat(MAX_RECORD_BYTES * 2)), change: change({ to: false }) };
    expect(outcomesOf(await store.write([writing('b', without)], '', soon()))).toEqual(['full']);
  });

  it('returns more than fits into one answer', async () => {
    const [one, two] = [await start(), await start()];
    const names = Array.from({ length: 30 }, (_, i) => `key-${i}`);
    const long = saying('x'.repeat(100_000));
    let version = '';
    for (const name of names) ({ version } = await put(one, [writing(name, long)], version));
    const seen = await two.sync(null, presence(), soon());
    expect(seen.version).toBe(version);
    expect(Object.keys(shown(seen)).sort()).toEqual([...names].sort());
    expect((await two.sync(version, presence(), soon())).stored).toBeUndefined();
  }, 20_000);

  it('lists live replicas, and not those that have left', async () => {
    const store = await start();
    const before = store.now();
    await store.sync(null, presence({ id: 'one' }), soon());
    expect((await store.sync(null, presence({ id: 'two' }), soon())).present).toBe(true);
    const seen = await store.replicas(soon());
    expect(seen.map(({ id }) => id).sort()).toEqual(['one', 'two']);
    expect(seen[0]).toMatchObject({
      host: 'here',
      pid: 1,
      silentFor: 0,
      told: presence({ id: seen[0]!.id }),
    });
    expect(seen[0]!.lastSeen).toBeGreaterThanOrEqual(Math.floor(before) - 5);
    await store.leave('one', soon());
    expect((await store.replicas(soon())).map(({ id }) => id)).toEqual(['two']);
  });

  it('keeps namespaces apart', async () => {
    const store = await start();
    await put(store, [writing('a')], '');
    use.namespace = randomId();
    const other = await start();
    expect(shown(await other.sync(null, null, soon()))).toEqual({});
  });

  it('notifies others of a write, and of its content if it can', async () => {
    const heard: unknown[] = [];
    const one = await start();
    const two = await start({ pushed: (news) => heard.push(news) });
    expect(two.shared).toBe(true);
    // it learns how to tell what the store has said from what anybody may say
    await two.sync(null, presence({ id: 'two' }), soon());
    await until(() => heard.length === (two.clustered ? 1 : 0), { what: 'the subscription' });
    heard.length = 0;
    const first = await put(one, [writing('a')], '');
    const second = await put(one, [writing('b')], first.version);
    const pushes = [
      { name: 'a', record: first.records[0], version: first.version, before: '' },
      { name: 'b', record: second.records[0], version: second.version, before: first.version },
    ];
    // in a cache, only those of this process hear of it; other processes poll
    const expected = one.clustered ? pushes : [undefined, undefined];
    await until(() => heard.length >= expected.length, { what: 'the pushes' });
    expect(heard).toEqual(expected);
  });
});

describe('the embedded store', () => {
  it('is private: no other process can write to it', async () => {
    const stores = [new CacheStore(undefined, 'same'), new CacheStore(undefined, 'same')] as const;
    for (const store of stores) {
      await store.start({ pushed() {}, reconnected() {}, woken() {}, warn() {} });
      expect(store.shared).toBe(false);
    }
    await put(stores[0], [writing('a')], '');
    expect(Object.keys(shown(await stores[0].sync(null, null, soon())))).toEqual(['a']);
    expect(shown(await stores[1].sync(null, null, soon()))).toEqual({});
  });
});
