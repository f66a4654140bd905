import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createPoller } from '../../lib/client/poller.js';
import type { PingAnswer } from '../../lib/client/ping-endpoint.js';

const OPEN: PingAnswer = { code: 200, state: { maintenanceMode: false } };
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A poller that notes when it looks; `answer` says what it sees, an error that it sees nothing. */
function watch(answer: () => PingAnswer | Promise<PingAnswer>) {
  const looks: number[] = [];
  const seen: string[] = [];
  const view = { wanted: true };
  const poller = createPoller({
    ask: async () => {
      looks.push(performance.now());
      return answer();
    },
    wanted: () => view.wanted,
    found: () => seen.push('found'),
    missed: () => seen.push('missed'),
  });
  const gaps = () => looks.slice(1).map((at, index) => at - (looks[index] as number));
  return { poller, looks, seen, view, gaps };
}

const nobody = (): never => {
  throw new TypeError('fetch failed');
};

describe('a poller', () => {
  it('notices within half a second when a server that has just gone is back', async () => {
    const { poller, gaps, looks } = watch(nobody);
    const gone = performance.now();
    poller.lookSoon();
    await vi.advanceTimersByTimeAsync(4 * SECOND);
    for (const gap of [(looks[0] as number) - gone, ...gaps()]) {
      expect(gap).toBeGreaterThanOrEqual(149);
      expect(gap).toBeLessThanOrEqual(451);
    }
  });

  it('polls less often the longer it takes, but every few seconds, and not in step with others', async () => {
    const { poller, looks, gaps } = watch(nobody);
    poller.lookSoon();
    await vi.advanceTimersByTimeAsync(10 * MINUTE);
    const begun = looks[0] as number;
    gaps().forEach((gap, index) => {
      const away = (looks[index] as number) - begun;
      expect(gap).toBeLessThanOrEqual(Math.max(450, Math.min((away + 500) / 16, 3_000) * 1.5) + 1);
    });
    const late = gaps().slice(-100);
    expect(Math.max(...late)).toBeGreaterThan(3_500);
    expect(Math.min(...late)).toBeLessThan(2_500);
    const mean = late.reduce((sum, gap) => sum + gap, 0) / late.length;
    expect(mean).toBeGreaterThan(2_500);
    expect(mean).toBeLessThan(3_500);
  });

  it('starts over with every outage', async () => {
    let answer: () => PingAnswer = nobody;
    const { poller, looks, seen } = watch(() => answer());
    poller.lookSoon();
    await vi.advanceTimersByTimeAsync(5 * MINUTE);
    answer = () => OPEN;
    await vi.advanceTimersByTimeAsync(5 * SECOND);
    expect(seen.at(-1)).toBe('found');
    poller.rest();
    const before = looks.length;
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(looks).toHaveLength(before);
    poller.lookSoon();
    await vi.advanceTimersByTimeAsync(SECOND / 2);
    expect(looks.length).toBeGreaterThan(before);
  });

  it('never polls during a poll, and ignores a result that is no longer needed', async () => {
    let settle: (answer: PingAnswer) => void = () => undefined;
    const { poller, looks, seen, view } = watch(() => new Promise((resolve) => (settle = resolve)));
    poller.lookSoon();
    await vi.advanceTimersByTimeAsync(SECOND);
    expect(looks).toHaveLength(1);
    poller.lookIn(0);
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect(looks).toHaveLength(1);
    view.wanted = false;
    settle(OPEN);
    await vi.advanceTimersByTimeAsync(MINUTE);
    expect([looks.length, seen]).toEqual([1, []]);
    view.wanted = true;
    poller.lookIn(0);
    await vi.advanceTimersByTimeAsync(SECOND);
    expect(looks).toHaveLength(2);
  });

  it.each([
    ['a proxy without a backend counts as no server', 502, 150, 450],
    ['a server that knows nothing of maintenance is polled rarely', 404, 5_000, 15_000],
  ])('%s', async (_what, code, least, most) => {
    const { poller, seen, gaps } = watch(() => ({ code, state: null }));
    poller.lookIn(0);
    await vi.advanceTimersByTimeAsync(20 * SECOND);
    expect(seen).toContain('missed');
    expect(gaps()[0]).toBeGreaterThanOrEqual(least - 1);
    expect(gaps()[0]).toBeLessThanOrEqual(most + 1);
  });
});
