import { describe, expect, it } from 'vitest';
import { Notifier } from '../../lib/core/common/notifier.js';

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Whether a wait that began is over, one turn of the event loop later; it ends with the notifier. */
function waiting(notifier: Notifier, mark: number, needed?: number): () => Promise<boolean> {
  let woken = false;
  void notifier.wait(mark, 60_000, undefined, needed).then(() => (woken = true));
  return () => turn().then(() => woken);
}

const isWoken = (notifier: Notifier, mark: number, needed?: number): Promise<boolean> =>
  waiting(notifier, mark, needed)();

describe('those who wait for other replicas', () => {
  it.each([
    ['anything that happens', 0, 5, true],
    ['a revision that all have applied', 5, 5, true],
    ['a revision that all are past', 5, 6, true],
    ['a later revision', 5, 4, false],
    ['no revision', Infinity, 4, false],
    ['a revision, and anything may have happened', 5, undefined, true],
    ['no revision, and anything may have happened', Infinity, undefined, true],
  ])('are woken by what concerns them only: %s', async (_what, needed, reached, woken) => {
    const notifier = new Notifier();
    const later = waiting(notifier, notifier.mark, needed);
    notifier.call(reached);
    expect(await later()).toBe(woken);
    // who has read the mark before, and looked meanwhile, misses nothing
    const { mark } = notifier;
    notifier.call(reached);
    notifier.call(1);
    expect(await isWoken(notifier, mark, needed)).toBe(woken);
    expect(await isWoken(notifier, notifier.mark, needed)).toBe(false);
    notifier.stop();
  });

  it('look again after more calls than are remembered', async () => {
    const notifier = new Notifier();
    const { mark } = notifier;
    for (let i = 0; i < 64; i++) notifier.call(1);
    expect(await isWoken(notifier, mark, 2)).toBe(false);
    notifier.call(1);
    expect(await isWoken(notifier, mark, 2)).toBe(true);
    notifier.stop();
  });
});
