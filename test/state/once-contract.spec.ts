import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StateStore, StoreListener } from '../../lib/core/store/store.js';
import { storeKinds } from './stores.js';

const soon = () => performance.now() + 5_000;
const quiet: StoreListener = {
  pushed: () => undefined,
  reconnected: () => undefined,
  woken: () => undefined,
  warn: () => undefined,
};

describe.each(storeKinds)('what must be done once, on $name', ({ prepare }) => {
  let ground: Awaited<ReturnType<typeof prepare>>;
  const stores: StateStore[] = [];

  beforeAll(async () => {
    ground = await prepare();
  }, 60_000);
  afterEach(() => Promise.all(stores.splice(0).map((store) => store.stop())));
  afterAll(() => ground.close());

  async function start(namespace: string): Promise<StateStore> {
    const store = ground.open(namespace);
    stores.push(store);
    await store.start(quiet, soon());
    return store;
  }

  it('is one claimant’s, until that has done it', async () => {
    const [one, two] = [await start('claimed'), await start('claimed')];
    expect(await one.once.claim('x', 'a', 60_000, soon())).toBe('granted');
    expect(await two.once.claim('x', 'b', 60_000, soon())).toBe('taken');
    // the same one may ask again, and others are about something else
    expect(await one.once.claim('x', 'a', 60_000, soon())).toBe('granted');
    expect(await two.once.claim('y', 'b', 60_000, soon())).toBe('granted');
    await one.once.finish('x', 'a', soon());
    expect(await two.once.claim('x', 'b', 60_000, soon())).toBe('done');
    expect(await one.once.claim('x', 'a', 60_000, soon())).toBe('done');
  });

  it('is taken over from a claimant that dies in between', async () => {
    const [one, two] = [await start('dying'), await start('dying')];
    expect(await one.once.claim('x', 'a', 300, soon())).toBe('granted');
    await delay(350);
    expect(await two.once.claim('x', 'b', 60_000, soon())).toBe('granted');
    expect(await one.once.claim('x', 'a', 60_000, soon())).toBe('taken');
  });
});
