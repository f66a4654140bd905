import { describe, expect, it } from 'vitest';
import { randomId } from '../../lib/core/document/codec.js';
import type { HistoryNote } from '../../lib/core/history/entry-record.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import { document, notice, record } from '../state/documents.js';
import { redisOptions, storeKinds } from '../state/stores.js';
import { soon, useStores } from '../state/use-stores.js';
import { RedisServer } from '../support/redis.js';

const note = (id: string, revision = 1): HistoryNote => ({
  id,
  text: JSON.stringify({ id, key: 'general', message: 'Grüße 😀' }),
  revision,
  at: 1_000 + revision,
});
const some = (revision = 1) =>
  document({ general: record({ switch: notice() }) }, { revision, write: randomId() });
const ids = (notes: readonly { text: string }[]) =>
  notes.map(({ text }) => (JSON.parse(text) as { id: string }).id);

describe.each(storeKinds)('the history of a store on $name', ({ prepare }) => {
  const { start } = useStores(prepare);

  it('holds what was written, the newest first, and nothing of what was refused', async () => {
    const [one, two] = [await start(), await start()];
    expect(await one.history.read(10, undefined, soon())).toEqual([]);
    const version = (await one.write(some(), '', soon(), [note('a'), note('b')])) as string;
    expect(await two.write(some(), '', soon(), [note('never')])).toBe('conflict');
    await two.write(some(2), version, soon(), [note('c', 2)]);
    const read = await one.history.read(10, undefined, soon());
    expect(ids(read)).toEqual(['c', 'b', 'a']);
    expect(read[0]).toMatchObject({ revision: 2, at: 1_002, text: note('c').text });
    expect(Math.abs((read[0]?.stored ?? 0) - Date.now())).toBeLessThan(5_000);
  });

  it('is read in pages', async () => {
    const store = await start();
    await store.write(
      some(),
      '',
      soon(),
      ['a', 'b', 'c', 'd', 'e'].map((id) => note(id)),
    );
    const first = await store.history.read(2, undefined, soon());
    const second = await store.history.read(2, first.at(-1)?.place, soon());
    const third = await store.history.read(2, second.at(-1)?.place, soon());
    expect([first, second, third].map(ids)).toEqual([['e', 'd'], ['c', 'b'], ['a']]);
    expect(await store.history.read(2, third.at(-1)?.place, soon())).toEqual([]);
  });

  it('takes what was no change once, whoever adds it', async () => {
    const [one, two] = [await start(), await start()];
    await one.write(some(), '', soon(), [note('a')]);
    await Promise.all([one, two, one].map((store) => store.history.add(note('died'), soon())));
    expect(ids(await two.history.read(10, undefined, soon()))).toEqual(['died', 'a']);
  });
});

describe('the history in Redis', () => {
  it('keeps the last entries, and begins again where something else stands in its place', async () => {
    await using server = await RedisServer.start();
    const admin = server.client();
    const store = new RedisStore(server.url, 'n', { ...redisOptions, historyKeep: 3 });
    await store.start({ pushed() {}, reconnected() {}, woken() {}, warn() {} }, soon());
    let version = '';
    for (let i = 1; i <= 5; i++) {
      version = (await store.write(some(i), version, soon(), [note(`n${i}`, i)])) as string;
    }
    expect(ids(await store.history.read(10, undefined, soon()))).toEqual(['n5', 'n4', 'n3']);
    await admin.set('n:{n}:history', 'something else');
    expect(await store.history.read(10, undefined, soon())).toEqual([]);
    expect(await store.write(some(6), version, soon(), [note('n6', 6)])).not.toBe('conflict');
    expect(ids(await store.history.read(10, undefined, soon()))).toEqual(['n6']);
    await store.stop();
  });

  it('is written with the change or not at all', async () => {
    await using server = await RedisServer.start();
    const admin = server.client();
    await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', '-xadd');
    const url = server.url.replace('redis://', 'redis://app:secret@');
    const store = new RedisStore(url, 'n', redisOptions);
    await store.start({ pushed() {}, reconnected() {}, woken() {}, warn() {} }, soon());
    await expect(store.write(some(), '', soon(), [note('a')])).rejects.toMatchObject({ outcome: 'refused' });
    expect(await admin.exists('n:{n}:state')).toBe(0);
    await store.stop();
  });
});
