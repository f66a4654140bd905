import { afterAll, afterEach, beforeAll } from 'vitest';
import { randomId } from '../../lib/core/document/codec.js';
import type { StateStore, StoreListener } from '../../lib/core/store/store.js';
import type { StoreKind } from './stores.js';

/** Tells nobody anything. */
export const quiet: StoreListener = {
  pushed: () => undefined,
  reconnected: () => undefined,
  woken: () => undefined,
  warn: () => undefined,
};

export const soon = (): number => performance.now() + 5_000;

/** Stores of one kind for the tests of a suite: started in a namespace of each test's own, and stopped after it. */
export function useStores(prepare: StoreKind['prepare']) {
  let ground: Awaited<ReturnType<typeof prepare>>;
  const stores: StateStore[] = [];
  const use = {
    namespace: randomId(),
    get ground() {
      return ground;
    },
    async start(listener: Partial<StoreListener> = {}): Promise<StateStore> {
      const store = ground.open(use.namespace);
      stores.push(store);
      await store.start({ ...quiet, ...listener }, soon());
      return store;
    },
  };
  beforeAll(async () => {
    ground = await prepare();
  }, 60_000);
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.stop()));
    use.namespace = randomId();
  });
  afterAll(() => ground.close());
  return use;
}
