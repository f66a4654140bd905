import { createCache, type Cache } from 'cache-manager';
import { Keyv } from 'keyv';
import { describe, expect, it } from 'vitest';
import { request } from '../support/http.js';
import { until } from '../support/until.js';
import { startService, type Running } from './service.js';

/** A cache outside this process, as far as the library can tell. */
const remote = (kept = new Map<string, unknown>()): Cache => {
  const store = {
    get: (key: string) => Promise.resolve(kept.get(key)),
    set: (key: string, value: unknown) => Promise.resolve(kept.set(key, value) !== undefined),
    delete: (key: string) => Promise.resolve(kept.delete(key)),
    clear: () => Promise.resolve(kept.clear()),
  };
  return createCache({ stores: [new Keyv({ store })] });
};

describe.each([
  ['in memory', (): Cache => createCache()],
  ['elsewhere', (): Cache => remote()],
])('two applications of one process with the same cache %s', (_, create) => {
  it('know of a change at once, not with their next poll', async () => {
    const cache = create();
    await using one = await startService({ cache });
    await using other = await startService({ cache });
    const begun = performance.now();
    for (let round = 0; round < 10; round++) {
      await one.service.setMaintenance(true);
      await until(() => other.isOn());
      expect((await request(other.port, '/page')).status).toBe(503);
      await other.service.setMaintenance(false);
      await until(() => !one.isOn());
    }
    // a poll comes once a second: half of that, twenty times
    expect(performance.now() - begun).toBeLessThan(5_000);
    expect(one.changes.map(({ to }) => to)).toEqual(Array.from({ length: 20 }, (_, i) => i % 2 === 0));
    expect(other.changes.map(({ revision }) => revision)).toEqual(
      one.changes.map(({ revision }) => revision),
    );
  });

  it('end work for one another at once', async () => {
    const cache = create();
    await using one = await startService({ cache });
    await using other = await startService({ cache });
    const begun = performance.now();
    for (let round = 0; round < 20; round++) {
      const held = await one.service.maintain('import-export');
      await other.service.unsetMaintenance('import-export');
      await until(() => held.signal.aborted);
      await held.leave();
    }
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('are not notified any more once they are closed', async () => {
    const cache = create();
    await using one = await startService({ cache });
    const other = await startService({ cache });
    await other[Symbol.asyncDispose]();
    await one.service.setMaintenance(true);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect([one.isOn(), other.isOn()]).toEqual([true, false]);
  });
});

describe('a hold in a cache', () => {
  const KEY = 'import-export';
  const keyData = async (app: Running) => (await app.service.getKeyData())[KEY]!;

  it('that a closed application has left on is abandoned, and taken over by the next maintain()', async () => {
    const cache = createCache();
    const holder = await startService({ cache });
    const held = await holder.service.maintain(KEY, { onShutdown: 'stay' });
    await using other = await startService({ cache });
    expect(await keyData(other)).toMatchObject({ value: true, abandoned: false });
    await holder[Symbol.asyncDispose]();
    expect(held.signal.aborted).toBe(true);
    // the application that was created last has the log
    expect(other.logged('marked as abandoned')).toBe(1);
    await until(async () => (await keyData(other)).abandoned);
    await using later = await startService({ cache });
    expect(await keyData(later)).toMatchObject({ value: true, abandoned: true });
    expect(await later.service.maintain(KEY, () => 'done')).toBe('done');
    expect([later.isOn(KEY), (await keyData(later)).abandoned]).toEqual([false, false]);
  });

  it('of another application is alive, even if that has the same entries in a cache of its own', async () => {
    const kept = new Map<string, unknown>();
    await using holder = await startService({ cache: remote(kept) });
    await using other = await startService({ cache: remote(kept) });
    const held = await holder.service.maintain(KEY);
    await until(() => other.isOn(KEY));
    await other.service.refresh();
    expect(await keyData(other)).toMatchObject({ value: true, abandoned: false });
    // it does not know that lock, but leaves the key as it was
    expect(await other.service.maintain(KEY, () => 'beside')).toBe('beside');
    expect([other.isOn(KEY), held.signal.aborted]).toEqual([true, false]);
    await held.leave();
    await until(() => !other.isOn(KEY));
  });
});
