import { describe, expect, it } from 'vitest';
import { MAX_BYTES, randomId } from '../../lib/core/document/codec.js';
import { CacheStore } from '../../lib/core/store/cache/cache-store.js';
import { until } from '../support/until.js';
import { document, notice, presence, record } from './documents.js';
import { storeKinds } from './stores.js';
import { soon, useStores } from './use-stores.js';

const some = (revision = 1, message: string | null = null) =>
  document({ general: record({ switch: notice({ message }) }) }, { revision, write: randomId() });
describe.each(storeKinds)('a store on $name', ({ prepare }) => {
  const use = useStores(prepare);
  const { start } = use;

  it('holds nothing at first', async () => {
    const store = await start();
    expect(await store.sync(null, null, soon())).toMatchObject({ version: '', document: null });
    expect((await store.sync('', null, soon())).document ?? null).toBeNull();
  });

  it('returns what was written, to others too, and nothing twice', async () => {
    const [one, two] = [await start(), await start()];
    const written = some(1, 'Grüße 😀');
    const version = await one.write(written, '', soon());
    const seen = await two.sync(null, null, soon());
    expect(seen).toMatchObject({ version, document: written });
    expect(await two.sync(seen.version, null, soon())).toMatchObject({ version, document: undefined });
  });

  it('writes only over what the writer has seen', async () => {
    const [one, two] = [await start(), await start()];
    const first = some();
    const version = await one.write(first, '', soon());
    expect(await two.write(some(), '', soon())).toBe('conflict');
    expect(await two.write(some(), 'another', soon())).toBe('conflict');
    expect((await two.sync(null, null, soon())).document).toEqual(first);
    expect(await two.write(some(2), version, soon())).not.toBe('conflict');
    expect(await one.write(some(2), version, soon())).toBe('conflict');
  });

  it('lets one of many who write at once win', async () => {
    const [one, two] = [await start(), await start()];
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, (_, i) => (i % 2 ? one : two).write(some(), '', soon())),
    );
    expect(outcomes.filter((outcome) => outcome !== 'conflict')).toHaveLength(1);
  });

  it('writes nothing when its time is over', async () => {
    const store = await start();
    await expect(store.write(some(), '', performance.now() - 1)).rejects.toMatchObject({
      name: 'MaintenanceStoreError',
    });
    expect((await store.sync(null, null, soon())).document).toBeNull();
  });

  it.each([
    ['empty', ''],
    ['truncated', '{"v":1,"w":"AAAAAAAA'],
    ['foreign JSON', '{"user":1}'],
    ['of another version', '{"v":2,"w":"AAAAAAAAAAAAAAAAAAAAAA"}'],
    ['too long', 'x'.repeat(MAX_BYTES + 1)],
  ])('reports that a value that is %s cannot be read, and overwrites it on request', async (_, value) => {
    const store = await start();
    await use.ground.spoil(use.namespace, value);
    const { version, document, unreadable } = await store.sync(null, null, soon());
    expect(document).toBeUndefined();
    expect(unreadable).toEqual(expect.any(String));
    expect(await store.write(some(), '', soon())).toBe('conflict');
    const good = some();
    expect(await store.write(good, version, soon())).not.toBe('conflict');
    expect((await store.sync(null, null, soon())).document).toEqual(good);
  });

  it('shows that it has forgotten', async () => {
    const store = await start();
    const version = await store.write(some(), '', soon());
    await use.ground.forget();
    expect(await store.sync(version as string, null, soon())).toMatchObject({ version: '', document: null });
  });

  it('lists who is there, and who has left no longer', async () => {
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
    await store.write(some(), '', soon());
    use.namespace = randomId();
    const other = await start();
    expect((await other.sync(null, null, soon())).document).toBeNull();
  });

  it('notifies others of a write and its content if it can, and is polled if it cannot', async () => {
    const heard: unknown[] = [];
    const one = await start();
    const two = await start({ pushed: (news) => heard.push(news) });
    expect(two.shared).toBe(true);
    // it learns how to tell what the store has said from what anybody may say
    await two.sync(null, presence({ id: 'two' }), soon());
    heard.length = 0;
    const [first, second] = [some(), some()];
    const before = (await one.write(first, '', soon())) as string;
    const version = await one.write(second, before, soon());
    const pushes = [
      { document: first, version: before, before: '' },
      { document: second, version, before },
    ];
    const expected = one.clustered ? pushes : [];
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
    await stores[0].write(some(), '', soon());
    expect((await stores[0].sync(null, null, soon())).document).not.toBeNull();
    expect((await stores[1].sync(null, null, soon())).document).toBeNull();
  });
});
