import { createCache } from 'cache-manager';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { startService } from '../state/service.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

it.each(['stay', 'leave'] as const)(
  'keepLock and "%s" in a cache: work that outlives its application opens the key when it ends',
  async (onShutdown) => {
    const cache = createCache();
    const one = await startService({ cache });
    await using two = await startService({ cache });
    let end = (): void => undefined;
    const ends = new Promise<void>((resolve) => (end = resolve));
    const begun = vi.fn();
    const work = one.service
      .maintain('general', () => (begun(), ends), { onShutdown, keepLock: true })
      .catch((error: Error) => error.name);
    await vi.waitUntil(() => begun.mock.calls.length > 0);
    const closed = one[Symbol.asyncDispose]();
    await vi.advanceTimersByTimeAsync(11_000);
    await closed;
    await two.service.refresh();
    expect(two.service.isActive('general')).toBe(onShutdown === 'stay');
    await expect(two.service.maintain('general')).rejects.toThrow('locked');
    end();
    expect(await work).toBe('MaintenanceLockLostError');
    await vi.waitUntil(() => !two.service.isActive('general'));
    await using next = await two.service.maintain('general');
    expect(next.signal.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1_000);
  },
);
