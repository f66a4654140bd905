import { describe, expect, it } from 'vitest';
import { until } from '../support/until.js';
import { storeKinds } from './stores.js';
import { soon, useStores } from './use-stores.js';

describe.each(storeKinds)('work to be done once, on $name', ({ prepare }) => {
  const { start } = useStores(prepare);

  it('belongs to one claimant until it is done', async () => {
    const [one, two] = [await start(), await start()];
    expect(await one.once.claim('x', 'a', 60_000, soon())).toBe('granted');
    expect(await two.once.claim('x', 'b', 60_000, soon())).toBe('taken');
    // the same one may ask again, and others are about something else
    expect(await one.once.claim('x', 'a', 60_000, soon())).toBe('granted');
    expect(await two.once.claim('y', 'b', 60_000, soon())).toBe('granted');
    await one.once.finish('x', 'a', soon());
    expect(await two.once.claim('x', 'b', 60_000, soon())).toBe('done');
    expect(await one.once.claim('x', 'a', 60_000, soon())).toBe('done');
  });

  it('is taken over from a claimant that dies', async () => {
    const [one, two] = [await start(), await start()];
    expect(await one.once.claim('x', 'a', 1_500, soon())).toBe('granted');
    expect(await two.once.claim('x', 'b', 60_000, soon())).toBe('taken');
    await until(async () => (await two.once.claim('x', 'b', 60_000, soon())) === 'granted');
    expect(await one.once.claim('x', 'a', 60_000, soon())).toBe('taken');
  });
});
