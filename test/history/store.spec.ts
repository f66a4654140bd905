import { describe, expect, it } from 'vitest';
import type { HistoryNote } from '../../lib/core/history/entry-record.js';
import { RedisStore } from '../../lib/core/store/redis/redis-store.js';
import type { KeyRecord } from '../../lib/core/document/record.js';
import type { StateStore } from '../../lib/core/store/store.js';
import { writing } from '../state/documents.js';
import { redisOptions, storeKinds } from '../state/stores.js';
import { soon, useStores } from '../state/use-stores.js';
import { RedisServer } from '../support/redis.js';

const note = (id: string, revision = 1): HistoryNote => ({
  id,
  text: JSON.stringify({ id, key: 'general', message: 'Grüße 😀' }),
  revision,
  at: 1_000 + revision,
});
/** Writes `general`. */
async function put(
  store: StateStore,
  notes: HistoryNote[],
  version = '',
  before?: KeyRecord,
  write = writing('general', {}, before),
) {
  const { outcomes, version: at } = await store.write([write], version, soon(), notes);
  return { outcome: outcomes[0]!, at };
}
const recordOf = ({ outcome }: { outcome: KeyRecord | 'conflict' | 'full' }) => outcome as KeyRecord;
const ids = (notes: readonly { text: string }[]) =>
  notes.map(({ text }) => (JSON.parse(text) as { id: string }).id);

describe.each(storeKinds)('the history of a store on $name', ({ prepare }) => {
  const { start } = useStores(prepare);

  it('returns what was written, newest first, and nothing that was refused', async () => {
    const [one, two] = [await start(), await start()];
    expect(await one.history.read(10, undefined, soon())).toEqual([]);
    const first = await put(one, [note('a'), note('b')]);
    expect((await put(two, [note('never')], first.at)).outcome).toBe('conflict');
    await put(two, [note('c', 2)], first.at, recordOf(first));
    const read = await one.history.read(10, undefined, soon());
    expect(ids(read)).toEqual(['c', 'b', 'a']);
    expect(read[0]).toMatchObject({ revision: 2, at: 1_002, text: note('c').text });
    expect(Math.abs((read[0]?.stored ?? 0) - Date.now())).toBeLessThan(5_000);
  });

  it('is read in pages', async () => {
    const store = await start();
    await put(
      store,
      ['a', 'b', 'c', 'd', 'e'].map((id) => note(id)),
    );
    const first = await store.history.read(2, undefined, soon());
    const second = await store.history.read(2, first.at(-1)?.place, soon());
    const third = await store.history.read(2, second.at(-1)?.place, soon());
    expect([first, second, third].map(ids)).toEqual([['e', 'd'], ['c', 'b'], ['a']]);
    expect(await store.history.read(2, third.at(-1)?.place, soon())).toEqual([]);
  });

  it('stores an entry without a change once, even if several add it', async () => {
    const [one, two] = [await start(), await start()];
    await put(one, [note('a')]);
    await Promise.all([one, two, one].map((store) => store.history.add(note('died'), soon())));
    expect(ids(await two.history.read(10, undefined, soon()))).toEqual(['died', 'a']);
  });
});

describe.each(storeKinds)('an entry about a change in $name', ({ prepare }) => {
  const { start } = useStores(prepare);

  it('has the number and the time that the store assigned to the change', async () => {
    const store = await start();
    await put(store, [], '', undefined, writing('other'));
    const { version } = await store.sync(null, null, soon());
    const write = writing('general');
    const { outcome } = await put(store, [note(write.record.write, 99)], version, undefined, write);
    const { revision, at } = (outcome as KeyRecord).change;
    expect(await store.history.read(10, undefined, soon())).toMatchObject([{ revision, at }]);
    expect(revision).toBe(2);
  });
});

describe('the history in Redis', () => {
  it('keeps the last entries, and starts over if its Redis key holds something else', async () => {
    await using server = await RedisServer.start();
    const admin = server.client();
    const store = new RedisStore(server.url, 'n', { ...redisOptions, historyKeep: 3 });
    await store.start({ pushed() {}, reconnected() {}, woken() {}, warn() {} }, soon());
    let last: { outcome: KeyRecord | 'conflict' | 'full'; at: string } | undefined;
    for (let i = 1; i <= 5; i++) {
      last = await put(store, [note(`n${i}`, i)], last?.at, last && recordOf(last));
    }
    expect(ids(await store.history.read(10, undefined, soon()))).toEqual(['n5', 'n4', 'n3']);
    await admin.set('n:{n}:history', 'something else');
    expect(await store.history.read(10, undefined, soon())).toEqual([]);
    expect(typeof (await put(store, [note('n6', 6)], last!.at, recordOf(last!))).outcome).toBe('object');
    expect(ids(await store.history.read(10, undefined, soon()))).toEqual(['n6']);
    await store.stop();
  });

  it.each(['xadd', 'del', 'hset', 'zadd', 'zremrangebyrank'])(
    'is written with the change or not at all by a user without %s',
    async (command) => {
      await using server = await RedisServer.start();
      const admin = server.client();
      await admin.call('ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '&*', '+@all', `-${command}`);
      const url = server.url.replace('redis://', 'redis://app:secret@');
      const store = new RedisStore(url, 'n', redisOptions);
      await store.start({ pushed() {}, reconnected() {}, woken() {}, warn() {} }, soon());
      await expect(put(store, [note('a')])).rejects.toMatchObject({
        outcome: 'refused',
        message: expect.stringContaining(command) as unknown,
      });
      for (const entry of ['records', 'order', 'writes', 'history']) {
        expect(await admin.exists(`n:{n}:${entry}`), entry).toBe(0);
      }
      await store.stop();
    },
  );
});
