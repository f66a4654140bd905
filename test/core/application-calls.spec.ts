import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ApplicationCalls } from '../../lib/core/common/application-calls.js';
import { withDeadline } from '../../lib/core/common/with-deadline.js';
import { MINUTE } from '../../lib/core/keys/durations.js';

const never = () => new Promise<never>(() => undefined);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('a deadline', () => {
  it('settles as the promise does in time', async () => {
    expect(await withDeadline(Promise.resolve(1), 10, () => 'late')).toBe(1);
    await expect(withDeadline(Promise.reject(new Error('no')), 10, () => 'late')).rejects.toThrow('no');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('rejects once, with the given error, if the promise is late', async () => {
    const late = vi.fn<() => Error>(() => new Error('late'));
    const settled = withDeadline(never(), 10, late).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(9);
    expect(late).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(2);
    expect(await settled).toEqual(new Error('late'));
    expect(late).toHaveBeenCalledOnce();
  });

  it('ignores late results and errors', async () => {
    let fail: (error: Error) => void = () => undefined;
    const promise = new Promise<never>((_, reject) => (fail = reject));
    const settled = withDeadline(promise, 10, () => 'late').catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(11);
    fail(new Error('too late'));
    expect(await settled).toBe('late');
  });
});

describe('functions of the application', () => {
  const log: string[] = [];
  const calls = () => new ApplicationCalls(100, (message) => log.push(message));
  afterEach(() => void log.splice(0));

  it('stay synchronous if they are', () => {
    expect(calls().ask('"f"', 'no', false, () => true)).toBe(true);
    expect(log).toEqual([]);
  });

  it('may return promises', async () => {
    expect(await calls().ask('"f"', 'no', false, () => Promise.resolve(true))).toBe(true);
  });

  it('may throw whatever they like', async () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    for (const thrown of [undefined, null, Symbol('s'), Object.create(null), proxy] as unknown[]) {
      const broken = (): boolean => {
        throw thrown;
      };
      expect(calls().ask('"f"', 'no', false, broken)).toBe(false);
      expect(await calls().ask('"f"', 'no', false, async () => broken())).toBe(false);
      expect(calls().askNow('"f"', 'no', false, broken)).toBe(false);
      expect(await calls().eventually('"f"', 'no', false, broken)).toBe(false);
    }
    expect(log).toHaveLength(20);
    expect(log.at(-1)).toBe('"f" threw: an object that cannot be shown; no.');
  });

  it('are replaced by a fallback when they throw, reject or are late', async () => {
    const at = calls();
    const broken = (): boolean => {
      throw new Error('on purpose');
    };
    expect(at.ask('"a"', 'denied', false, broken)).toBe(false);
    expect(await at.ask('"b"', 'denied', false, async () => broken())).toBe(false);
    const late = at.ask('"c"', 'denied', false, never);
    await vi.advanceTimersByTimeAsync(101);
    expect(await late).toBe(false);
    expect(log).toEqual([
      '"a" threw: on purpose; denied.',
      '"b" threw: on purpose; denied.',
      '"c" did not answer within 100 ms (the option "callTimeout"); denied.',
    ]);
  });

  it('must not return a promise where it cannot be awaited; a rejected one does no harm', async () => {
    const rejected = Promise.reject(new Error('on purpose')) as never;
    expect(calls().askNow('"translate"', 'English', 'English', () => rejected)).toBe('English');
    expect(log).toEqual(['"translate" returned a promise but must be synchronous; English.']);
    await vi.advanceTimersByTimeAsync(1);
  });

  it('are logged once a minute and cause', async () => {
    const at = calls();
    const fail = (why: string) =>
      at.ask('"f"', 'no', false, () => {
        throw new Error(why);
      });
    for (let i = 0; i < 1_000; i++) {
      fail('away');
    }
    fail('denied');
    expect(log).toEqual(['"f" threw: away; no.', '"f" threw: denied; no.']);
    // each time another text
    for (let i = 0; i < 1_000; i++) {
      fail(`request ${i}`);
    }
    expect(log).toHaveLength(5);
    await vi.advanceTimersByTimeAsync(MINUTE);
    fail('away');
    expect(log.slice(5)).toEqual(['"f" threw: away; no. (1996 more like this were not logged)']);
  });

  it('may throw any value', () => {
    const at = calls();
    for (const thrown of [Object.create(null) as object, Symbol('x'), null, undefined, '']) {
      at.ask('"f"', 'no', false, () => {
        throw thrown;
      });
    }
    expect(log).toHaveLength(5);
  });
});
