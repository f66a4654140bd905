import {
  DAY,
  HOUR,
  MaintenanceConfigurationError,
  MaintenanceKey,
  MaintenanceLockedError,
  MaintenanceLockLostError,
  type MaintenanceHoldOptions,
  type Maintenance,
  type MaintenanceChange,
} from 'nestjs-maintenance';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { withoutHold } from '../../lib/core/document/holds.js';
import { StateManager } from '../../lib/core/state/state-manager.js';
import { failure, started } from '../module/started.js';

async function site() {
  const key = new MaintenanceKey('key', { timeout: HOUR });
  const running = await started({ keys: [key, new MaintenanceKey('other')] });
  const changes: MaintenanceChange[] = [];
  running.service.changes.subscribe((change) => changes.push(change));
  return {
    key,
    app: running.app,
    log: running.log,
    service: running.service,
    changes,
    isOn: () => running.service.isInMaintenance(undefined, key).value,
    causes: () => changes.map(({ cause, from, to }) => `${cause} ${String(from)} ${String(to)}`),
    [Symbol.asyncDispose]: () => running.app.close(),
  };
}

/** Work that goes on until it is told to end. */
function work() {
  let end: () => void = () => undefined;
  let begin: (maintenance: Maintenance) => void = () => undefined;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const begun = new Promise<Maintenance>((resolve) => (begin = resolve));
  const run = async (maintenance: Maintenance): Promise<string> => {
    begin(maintenance);
    await ended;
    return 'done';
  };
  return { run, begun, end };
}

describe('maintain() with work', () => {
  it('runs it and resolves with its result', async () => {
    await using at = await site();
    const words = { message: 'Importing', reason: 'nightly', actor: 'cron' };
    const result = await at.service.maintain(
      'key',
      (maintenance) => {
        expect(at.isOn()).toBe(true);
        expect(at.key.toJSON()).toMatchObject({ value: true, until: null, ...words });
        expect(maintenance).toMatchObject({ key: 'key', fence: expect.any(Number) as number });
        expect(maintenance.signal.aborted).toBe(false);
        return 42;
      },
      words,
    );
    expect(result).toBe(42);
    expect(at.isOn()).toBe(false);
    expect(at.causes()).toEqual(['maintain false true', 'release true false']);
    expect(at.changes[0]).toMatchObject({ key: 'key', ...words });
  });

  it('affects the whole site without a key', async () => {
    await using at = await site();
    await at.service.maintain(undefined, () => {
      expect(at.service.isInMaintenance().key?.name).toBe('general');
    });
    expect(at.service.isInMaintenance().value).toBe(false);
  });

  it.each([
    ['throws', () => Promise.reject(new RangeError('on purpose'))],
    [
      'throws at once',
      () => {
        throw new RangeError('on purpose');
      },
    ],
  ])('also leaves when work %s, and rethrows its error', async (_how, fail) => {
    await using at = await site();
    const error = await failure(at.service.maintain('key', fail));
    expect(error).toBeInstanceOf(RangeError);
    expect(at.isOn()).toBe(false);
    expect(await at.service.maintain('key', () => 'free')).toBe('free');
  });

  it('leaves on a key that was on before', async () => {
    await using at = await site();
    await at.service.setMaintenance(true, 'key', { message: 'Closed' });
    await at.service.maintain('key', () => undefined, { message: 'Importing' });
    expect(at.isOn()).toBe(true);
    expect(at.key.toJSON()).toMatchObject({ value: true, message: 'Closed' });
    expect(at.causes()).toEqual(['set false true', 'maintain true true', 'release true true']);
  });

  it('takes options as the third argument, also without work', async () => {
    await using at = await site();
    const given = { message: 'Importing' };
    const maintain = at.service.maintain.bind(at.service) as (...args: unknown[]) => Promise<Maintenance>;
    const held = await maintain('key', undefined, given);
    expect(at.key.toJSON().message).toBe('Importing');
    await held.leave();
  });
});

describe('maintain() without work', () => {
  it('is left by `await using`', async () => {
    await using at = await site();
    {
      await using maintenance = await at.service.maintain('key');
      expect(maintenance.key).toBe('key');
      expect(at.isOn()).toBe(true);
    }
    expect(at.isOn()).toBe(false);
  });

  it('is left by `await using` when the block throws', async () => {
    await using at = await site();
    const block = async () => {
      await using maintenance = await at.service.maintain('key');
      throw new RangeError(maintenance.key);
    };
    expect(await failure(block())).toBeInstanceOf(RangeError);
    expect(at.isOn()).toBe(false);
  });

  it('is left once, however often leave() is called', async () => {
    await using at = await site();
    const held = await at.service.maintain('key');
    const again = await at.service.maintain('key', { lock: false });
    await Promise.all([held.leave(), held.leave()]);
    await held[Symbol.asyncDispose]();
    expect(at.isOn()).toBe(true);
    await again.leave();
    expect(at.isOn()).toBe(false);
    expect(at.causes()).toHaveLength(4);
  });
});

describe('two holders', () => {
  it('do not reopen one another', async () => {
    await using at = await site();
    const one = await at.service.maintain('key', { lock: false });
    const two = await at.service.maintain('key', { lock: false });
    expect(two.fence).toBeGreaterThan(one.fence);
    await one.leave();
    expect(at.isOn()).toBe(true);
    await two.leave();
    expect(at.isOn()).toBe(false);
    expect(at.causes()).toEqual([
      'maintain false true',
      'maintain true true',
      'release true true',
      'release true false',
    ]);
  });

  it('of different keys are independent, also when nested', async () => {
    await using at = await site();
    const result = await at.service.maintain('key', () =>
      at.service.maintain('other', async () => {
        expect(at.service.isInMaintenance(undefined, 'other').value).toBe(true);
        return 'nested';
      }),
    );
    expect(result).toBe('nested');
    expect(at.service.isInMaintenance().value).toBe(false);
  });

  it('of one key may be nested without its lock', async () => {
    await using at = await site();
    await at.service.maintain('key', async () => {
      await at.service.maintain('key', () => undefined, { lock: false });
      expect(at.isOn()).toBe(true);
    });
    expect(at.isOn()).toBe(false);
  });

  it('both count in "since"; the latest message wins', async () => {
    await using at = await site();
    const one = await at.service.maintain('key', { lock: false, message: 'one', timeout: 5_000 });
    const { since } = at.key.toJSON();
    const two = await at.service.maintain('key', { lock: false, message: 'two', timeout: 9_000 });
    const end = at.service.isInMaintenance(undefined, 'key').state?.until?.getTime() ?? 0;
    expect(at.key.toJSON()).toMatchObject({ since, message: 'two' });
    expect(end - Date.parse(since ?? '')).toBeGreaterThanOrEqual(9_000);
    await two.leave();
    expect(at.key.toJSON().message).toBe('one');
    await one.leave();
  });
});

describe('the lock of a key', () => {
  it('makes a second maintain() reject at once', async () => {
    await using at = await site();
    await using held = await at.service.maintain('key');
    const error = await failure(at.service.maintain('key', () => 'never'));
    expect(error).toBeInstanceOf(MaintenanceLockedError);
    expect(error).toMatchObject({ key: held.key });
    expect(error.message).toMatch(/"key" is locked by another maintain\(\); pass \{ blocking: true \}/);
    expect(at.causes()).toHaveLength(1);
  });

  it('is waited for with blocking: true, one after another', async () => {
    await using at = await site();
    const running: number[] = [];
    let most = 0;
    const one = (id: number) =>
      at.service.maintain(
        'key',
        async ({ fence }) => {
          most = Math.max(most, running.push(id));
          await at.service.refresh();
          running.pop();
          return fence;
        },
        { blocking: true },
      );
    const fences = await Promise.all([1, 2, 3, 4, 5].map(one));
    expect(most).toBe(1);
    expect(new Set(fences).size).toBe(5);
    expect(at.isOn()).toBe(false);
  });

  it('is waited for as many milliseconds as given', async () => {
    await using at = await site();
    const held = await at.service.maintain('key');
    const late = await failure(at.service.maintain('key', { blocking: 30 }));
    expect(late).toBeInstanceOf(MaintenanceLockedError);
    expect(late.message).toMatch(/even after waiting 30 ms/);
    const waiting = at.service.maintain('key', () => 'mine', { blocking: 20_000 });
    await held.leave();
    expect(await waiting).toBe('mine');
  });

  it('is free again however the work ended', async () => {
    await using at = await site();
    await failure(at.service.maintain('key', () => Promise.reject(new Error('x'))));
    await failure(at.service.maintain('key', { timeout: -1 }));
    expect(await at.service.maintain('key', () => 'free')).toBe('free');
  });

  it('hands out fences that only grow', async () => {
    await using at = await site();
    let last = 0;
    for (let round = 0; round < 20; round++) {
      const fence = await at.service.maintain('key', (maintenance) => maintenance.fence);
      expect(Number.isSafeInteger(fence)).toBe(true);
      expect(fence).toBeGreaterThan(last);
      last = fence;
    }
  });
});

describe('maintenance that is lost', () => {
  it('by unset: the signal aborts at once, and the work does not count as protected', async () => {
    await using at = await site();
    const job = work();
    const result = at.service.maintain('key', job.run);
    const { signal } = await job.begun;
    await at.service.unsetMaintenance('key');
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toBeInstanceOf(MaintenanceLockLostError);
    expect(at.isOn()).toBe(false);
    job.end();
    const error = await failure(result);
    expect(error).toBeInstanceOf(MaintenanceLockLostError);
    expect(error).toMatchObject({ key: 'key', message: expect.stringContaining('unset') as string });
    expect(at.causes()).toEqual(['maintain false true', 'unset true false']);
  });

  it('rethrows what the work throws', async () => {
    await using at = await site();
    const result = at.service.maintain('key', async ({ signal }) => {
      await at.service.unsetMaintenance('key');
      throw new RangeError(String(signal.aborted));
    });
    expect(await failure(result)).toEqual(new RangeError('true'));
  });

  it('ends every holder', async () => {
    await using at = await site();
    const holders = await Promise.all([1, 2].map(() => at.service.maintain('key', { lock: false })));
    await at.service.unsetMaintenance('key');
    expect(holders.map(({ signal }) => signal.aborted)).toEqual([true, true]);
    await Promise.all(holders.map((held) => held.leave()));
  });

  it('does not affect later maintenance', async () => {
    await using at = await site();
    const lost = await at.service.maintain('key', { lock: false });
    await at.service.unsetMaintenance('key');
    const next = await at.service.maintain('key', { lock: false });
    await lost.leave();
    expect(at.isOn()).toBe(true);
    expect(next.signal.aborted).toBe(false);
    await next.leave();
  });

  describe('at its own end', () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    it.each([
      ['a timeout of its own', 5_000, { timeout: 5_000 }],
      ["the key's timeout", HOUR, {}],
    ])('%s opens the key and aborts', async (_what, length, options) => {
      vi.useFakeTimers({ now: new Date('2030-01-01T00:00:00Z') });
      await using at = await site();
      const job = work();
      const result = at.service.maintain('key', job.run, options);
      const { signal } = await job.begun;
      await vi.advanceTimersByTimeAsync(length - 1);
      expect([at.isOn(), signal.aborted]).toEqual([true, false]);
      await vi.advanceTimersByTimeAsync(1);
      expect([at.isOn(), signal.aborted]).toEqual([false, true]);
      expect(at.causes()).toEqual(['maintain false true', 'expiry true false']);
      job.end();
      expect((await failure(result)).message).toMatch(/its time is over/);
      expect(await at.service.maintain('key', () => 'free')).toBe('free');
    });

    it('never with timeout: 0', async () => {
      vi.useFakeTimers({ now: new Date('2030-01-01T00:00:00Z') });
      await using at = await site();
      const held = await at.service.maintain('key', { timeout: 0 });
      await vi.advanceTimersByTimeAsync(400 * DAY);
      expect([at.isOn(), held.signal.aborted]).toEqual([true, false]);
      await held.leave();
    });

    it('has an end for visitors only if it was given', async () => {
      await using at = await site();
      const silent = await at.service.maintain('key', { lock: false });
      expect(at.key.toJSON().until).toBeNull();
      const told = await at.service.maintain('key', { lock: false, timeout: 5_000 });
      // the key ends with its last part, and of one the end is not known
      expect(at.key.toJSON().until).toBeNull();
      await silent.leave();
      expect(at.key.toJSON().until).not.toBeNull();
      await told.leave();
    });
  });
});

describe('wrong options of maintain()', () => {
  it.each<[string, MaintenanceHoldOptions, RegExp]>([
    ['timeout -1', { timeout: -1 }, /"timeout" received -1; accepted: whole milliseconds, 0 for ever/],
    ['timeout NaN', { timeout: Number.NaN }, /"timeout" received NaN/],
    ['timeout 1.5', { timeout: 1.5 }, /"timeout" received 1\.5/],
    ['lock', { lock: 'yes' as never }, /"lock" received "yes"; accepted: a boolean/],
    ['blocking', { blocking: 1.5 }, /"blocking" received 1\.5; accepted: a boolean or whole milliseconds/],
    ['blocking NaN', { blocking: Number.NaN }, /"blocking" received NaN/],
    ['drain', { drain: -1 }, /"drain" received -1; accepted: whole milliseconds, at least 0, or false/],
    ['drain true', { drain: true as never }, /"drain" received true/],
    ['message', { message: 5 as never }, /"message" received 5/],
    ['reason', { reason: {} as never }, /"reason" received an object/],
    ['actor', { actor: [] as never }, /"actor" received an array/],
    ['onShutdown', { onShutdown: 'go' as never }, /"onShutdown" received "go"; accepted: 'stay' or 'leave'/],
    ['until', { until: new Date(Date.now() + HOUR) } as never, /Unknown option "until" of maintain\(\)/],
    ['no options', 5 as never, /"options of maintain\(\)" received 5/],
    [
      'keepLock',
      { keepLock: true, lock: false },
      /"keepLock" received true; accepted: false with lock: false/,
    ],
  ])('%s: refused, work never runs, nothing changes', async (_what, options, message) => {
    await using at = await site();
    let ran = false;
    const withWork = await failure(at.service.maintain('key', () => (ran = true), options));
    const without = await failure(at.service.maintain('key', options));
    for (const error of [withWork, without]) {
      expect(error).toBeInstanceOf(MaintenanceConfigurationError);
      expect(error.message).toMatch(message);
    }
    expect(ran).toBe(false);
    expect(at.changes).toEqual([]);
  });

  it('work that is no function, before options: refused, and nothing changes', async () => {
    await using at = await site();
    const error = await failure(at.service.maintain('key', { timeout: 5 } as never, { drain: false }));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toMatch(/"work of maintain\(\)" received an object .+; accepted: a function/);
    expect(at.changes).toEqual([]);
  });
});

describe('an application that closes during maintain()', () => {
  it('aborts the signal, waits for the work, and opens the key', async () => {
    const at = await site();
    const job = work();
    const result = at.service.maintain('key', job.run);
    const { signal } = await job.begun;
    const aborted = new Promise((resolve) => {
      signal.addEventListener('abort', resolve);
    });
    const closing = at.app.close();
    await aborted;
    expect(signal.reason).toMatchObject({ message: expect.stringContaining('shutting down') as string });
    job.end();
    expect(await failure(result)).toBeInstanceOf(MaintenanceLockLostError);
    await closing;
    expect(at.causes()).toEqual(['maintain false true', 'release true false']);
  });

  describe('whose work does not end in time', () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    it.each([
      ['stay', ['maintain false true'], /did not end in time; the key stays on, marked as abandoned/],
      ['leave', ['maintain false true', 'release true false'], /^$/],
    ] as const)('follows onShutdown: %s', async (onShutdown, causes, warned) => {
      vi.useFakeTimers();
      const at = await site();
      await at.service.maintain('key', { onShutdown });
      const closing = at.app.close();
      await vi.advanceTimersByTimeAsync(10_000);
      await closing;
      expect(at.causes()).toEqual(causes);
      expect(at.log.filter((line) => line.startsWith('warn')).join('\n')).toMatch(warned);
    });

    it.each([
      [
        'was unset',
        {},
        (at) => at.service.unsetMaintenance('key'),
        /did not end in time; the key is open, unless/,
      ],
      [
        'has run out of time',
        { timeout: 2_000 },
        () => vi.advanceTimersByTimeAsync(3_000),
        /did not end in time; the key is open, unless/,
      ],
      [
        'was unset, with keepLock',
        { keepLock: true },
        (at) => at.service.unsetMaintenance('key'),
        /did not end in time; the key is locked until the work or this process ends/,
      ],
    ] as [
      string,
      MaintenanceHoldOptions,
      (at: Awaited<ReturnType<typeof site>>) => Promise<unknown>,
      RegExp,
    ][])('is not said to keep the key on if that %s', async (_, options, lose, warned) => {
      vi.useFakeTimers();
      const at = await site();
      const job = work();
      const result = failure(at.service.maintain('key', job.run, options));
      await job.begun;
      await lose(at);
      const closing = at.app.close();
      await vi.advanceTimersByTimeAsync(20_000);
      await closing;
      expect(at.log.filter((line) => line.startsWith('warn')).join('\n')).toMatch(warned);
      job.end();
      expect(await result).toBeInstanceOf(MaintenanceLockLostError);
    });
  });
});

it('says that nobody unset the key when its hold is gone all the same', async () => {
  await using running = await site();
  const maintenance = await running.service.maintain('key');
  const manager = running.app.get(StateManager);
  await manager.write(
    'key',
    (record) => withoutHold(record, record?.holds[0]?.id ?? ''),
    performance.now() + 5_000,
  );
  expect(maintenance.signal.reason).toBeInstanceOf(MaintenanceLockLostError);
  expect(String(maintenance.signal.reason)).toMatch(/its hold is gone from the store/);
});
