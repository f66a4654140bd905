import {
  HOUR,
  MaintenanceConfigurationError,
  MaintenanceKey,
  MaintenanceLockedError,
  OnMaintenance,
  UnknownMaintenanceKeyError,
  type MaintenanceChange,
  type MaintenanceSetOptions,
} from 'nestjs-maintenance';
import type { Type } from '@nestjs/common';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { failure, started } from '../module/started.js';
import { until } from '../support/until.js';

async function site(timeout = HOUR, providers: Type[] = []) {
  const key = new MaintenanceKey('key', { timeout });
  const running = await started({ keys: [key] }, { providers });
  const changes: MaintenanceChange[] = [];
  running.service.changes.subscribe((change) => changes.push(change));
  return { key, service: running.service, changes, [Symbol.asyncDispose]: () => running.app.close() };
}

const told = { message: null, reason: null, actor: null };

describe('setMaintenance()', () => {
  it('turns the switch on and off, and resolves with the change', async () => {
    await using at = await site();
    const before = Date.now();
    const words = { message: 'Back soon', reason: 'upgrade', actor: 'ada' };
    const on = await at.service.setMaintenance(true, 'key', words);
    expect(on).toEqual({
      key: 'key',
      from: false,
      to: true,
      cause: 'set',
      ...words,
      until: null,
      endsAt: expect.any(Date) as Date,
      previous: { message: null, until: null },
      extended: false,
      revision: 1,
      at: expect.any(Date) as Date,
    });
    expect(Math.abs(on.endsAt!.getTime() - on.at.getTime() - at.key.timeout)).toBeLessThan(5_000);
    expect(on.at.getTime()).toBeGreaterThanOrEqual(before);
    expect(on.at.getTime()).toBeLessThanOrEqual(Date.now());
    expect(at.service.isInMaintenance().value).toBe(true);
    const off = await at.service.setMaintenance(false, at.key);
    expect(off).toMatchObject({ key: 'key', from: true, to: false, cause: 'set', revision: 2, ...told });
    expect(at.service.isInMaintenance().value).toBe(false);
    expect(at.changes).toEqual([on, off]);
  });

  it('affects the whole site without a key', async () => {
    await using at = await site();
    expect(await at.service.setMaintenance(true)).toMatchObject({ key: 'general', to: true });
  });

  it('writes and announces nothing when there is nothing to turn off', async () => {
    await using at = await site();
    expect(await at.service.setMaintenance(false, 'key')).toMatchObject({
      key: 'key',
      from: false,
      to: false,
      cause: 'set',
      revision: 0,
    });
    expect(at.changes).toEqual([]);
  });

  it('keeps "since" while the key stays on, and fields that are not given', async () => {
    await using at = await site();
    const end = new Date(Date.now() + HOUR);
    await at.service.setMaintenance(true, 'key', { message: 'one', reason: 'why', actor: 'one', until: end });
    const { since } = at.key.toJSON();
    await until(() => Date.now() > Date.parse(since ?? ''));
    const again = await at.service.setMaintenance(true, 'key', { message: 'two' });
    expect(again).toMatchObject({ from: true, to: true, message: 'two', reason: 'why', actor: null });
    const kept = { since, message: 'two', reason: 'why', actor: null, until: end.toISOString() };
    expect(at.key.toJSON()).toMatchObject(kept);

    const later = new Date(Date.now() + 2 * HOUR);
    const extended = await at.service.setMaintenance(true, 'key', { until: later });
    expect(extended).toMatchObject({ message: 'two', reason: 'why' });
    expect(at.key.toJSON()).toMatchObject({ ...kept, until: later.toISOString() });
    expect(at.changes.map(({ message }) => message)).toEqual(['one', 'two', 'two']);
  });

  it('keeps a safety net, and returns to it, never to "for ever"', async () => {
    await using at = await site();
    await at.service.setMaintenance(true, 'key');
    const { endsAt } = at.key.toJSON();
    expect(Date.parse(endsAt ?? '')).toBeGreaterThan(Date.now() + HOUR / 2);
    await until(() => Date.now() + HOUR > Date.parse(endsAt ?? ''));
    await at.service.setMaintenance(true, 'key', { message: 'two' });
    expect(at.key.toJSON()).toMatchObject({ until: null, endsAt });
    for (const none of [{ timeout: null }, { until: null }]) {
      await at.service.setMaintenance(true, 'key', { timeout: 0 });
      expect(at.key.toJSON()).toMatchObject({ until: null, endsAt: null });
      await at.service.setMaintenance(true, 'key', none);
      expect(at.key.toJSON().until).toBeNull();
      expect(Date.parse(at.key.toJSON().endsAt ?? '')).toBeGreaterThan(Date.now() + HOUR / 2);
    }
  });

  it('clears fields with null, and starts over after the key was off', async () => {
    await using at = await site();
    await at.service.setMaintenance(true, 'key', { message: 'one', reason: 'why', timeout: 0 });
    await at.service.setMaintenance(true, 'key', { message: null, reason: null });
    expect(at.key.toJSON()).toMatchObject({ message: null, reason: null, endsAt: null });
    await at.service.setMaintenance(true, 'key', { message: 'one', reason: 'why' });
    await at.service.setMaintenance(false, 'key');
    await at.service.setMaintenance(true, 'key');
    expect(at.key.toJSON()).toMatchObject({ message: null, reason: null });
    expect(at.key.toJSON().endsAt).not.toBeNull();
  });

  it('passes the resulting change to hooks, not only the given fields', async () => {
    const asked: unknown[] = [];
    class Ask {
      @OnMaintenance('changing')
      ask({ message, reason }: MaintenanceChange): void {
        asked.push([message, reason]);
      }
    }
    await using at = await site(HOUR, [Ask]);
    await at.service.setMaintenance(true, 'key', { message: 'one', reason: 'why' });
    await at.service.setMaintenance(true, 'key', { reason: null });
    await at.service.setMaintenance(false, 'key');
    expect(asked).toEqual([
      ['one', 'why'],
      ['one', null],
      [null, null],
    ]);
  });

  it('counts "since" from a maintain() that held the key before', async () => {
    await using at = await site();
    const held = await at.service.maintain('key');
    const { since } = at.key.toJSON();
    await until(() => Date.now() > Date.parse(since ?? ''));
    await at.service.setMaintenance(true, 'key');
    await held.leave();
    expect(at.key.toJSON()).toMatchObject({ value: true, since });
  });

  it('leaves a held key on when it is switched off, and reports that', async () => {
    await using at = await site();
    await at.service.setMaintenance(true, 'key');
    const held = await at.service.maintain('key');
    const off = await at.service.setMaintenance(false, 'key');
    expect(off).toMatchObject({ from: true, to: true, cause: 'set' });
    expect(at.service.isInMaintenance().value).toBe(true);
    expect(held.signal.aborted).toBe(false);
    await held.leave();
    expect(at.service.isInMaintenance().value).toBe(false);
  });

  it('changes a key at once although a maintain() has the lock, unless blocking is set', async () => {
    await using at = await site();
    const held = await at.service.maintain('key');
    expect(await at.service.setMaintenance(true, 'key')).toMatchObject({ to: true });
    const error = await failure(at.service.setMaintenance(false, 'key', { blocking: 20 }));
    expect(error).toBeInstanceOf(MaintenanceLockedError);
    expect(error.message).toMatch(/"key" is locked by another maintain\(\), even after waiting 20 ms/);
    let done = false;
    const waiting = at.service.setMaintenance(false, 'key', { blocking: true }).then((change) => {
      done = true;
      return change;
    });
    await at.service.refresh();
    expect(done).toBe(false);
    await held.leave();
    expect(await waiting).toMatchObject({ from: true, to: false });
  });

  it('without blocking is not delayed by a free lock', async () => {
    await using at = await site();
    expect(await at.service.setMaintenance(true, 'key', { blocking: true })).toMatchObject({ to: true });
    expect(await at.service.setMaintenance(false, 'key', { blocking: 0 })).toMatchObject({ to: false });
  });

  it('reports who has acknowledged: without Redis, this replica alone', async () => {
    await using at = await site();
    const change = await at.service.setMaintenance(true, 'key', { acknowledge: 1_000 });
    const [replica] = await at.service.replicas();
    expect(change).toMatchObject({ acknowledged: [replica?.id], missing: [] });
  });

  it.each<unknown>(['unknown', '', '__proto__', 'constructor', 'a'.repeat(10_240), null, 5, { timeout: 5 }])(
    'rejects for the unknown key %o and changes nothing',
    async (key) => {
      await using at = await site();
      expect(await failure(at.service.setMaintenance(true, key as string))).toBeInstanceOf(
        UnknownMaintenanceKeyError,
      );
      expect(await failure(at.service.unsetMaintenance(key as string))).toBeInstanceOf(
        UnknownMaintenanceKeyError,
      );
      expect(await failure(at.service.maintain(key as string))).toBeInstanceOf(UnknownMaintenanceKeyError);
      expect(at.changes).toEqual([]);
    },
  );
});

describe('the end of maintenance', () => {
  it("is shown if it was given with the change, not if it is the key's safety net", async () => {
    await using at = await site();
    await at.service.setMaintenance(true, 'key');
    expect(at.key.toJSON().until).toBeNull();
    const change = await at.service.setMaintenance(true, 'key', { timeout: 5_000 });
    expect(at.key.toJSON().until).toBe(new Date(change.at.getTime() + 5_000).toISOString());
    const end = new Date(Date.now() + HOUR);
    await at.service.setMaintenance(true, 'key', { until: end });
    expect(at.key.toJSON().until).toBe(end.toISOString());
    await at.service.setMaintenance(true, 'key', { timeout: 0 });
    expect(at.key.toJSON().until).toBeNull();
  });

  it.each<[string, MaintenanceSetOptions, RegExp]>([
    ['both', { timeout: 5, until: new Date(Date.now() + HOUR) }, /Both "timeout" and "until"/],
    ...[-1, 1.5, Number.NaN, Infinity, 8.64e15, Number.MAX_SAFE_INTEGER, '5', true].map(
      (timeout): [string, MaintenanceSetOptions, RegExp] => [
        `timeout ${String(timeout)}`,
        { timeout: timeout as number },
        /"timeout" received .+; accepted: whole milliseconds, 0 for ever/,
      ],
    ),
    ...[
      new Date(0),
      new Date(Date.now() - 1),
      new Date(Number.NaN),
      Date.now() + HOUR,
      '2999-01-01T00:00:00Z',
      {},
    ].map((end): [string, MaintenanceSetOptions, RegExp] => [
      `until ${String(end)}`,
      { until: end as Date },
      /"until" received .+; accepted: a Date in the future/,
    ]),
    ['message', { message: 5 as never }, /"message" received 5; accepted: a string/],
    ['a long message', { message: 'a'.repeat(10_001) }, /"message" received "aaa.+at most 10000/],
    ['reason', { reason: {} as never }, /"reason" received an object/],
    ['actor', { actor: ['ada'] as never }, /"actor" received an array/],
    [
      'blocking',
      { blocking: -1 },
      /"blocking" received -1; accepted: a boolean or whole milliseconds, at least 0/,
    ],
    ['blocking', { blocking: 'yes' as never }, /"blocking" received "yes"/],
    ['callHooks', { callHooks: 1 as never }, /"callHooks" received 1; accepted: a boolean/],
    [
      'acknowledge',
      { acknowledge: -1 },
      /"acknowledge" received -1; accepted: whole milliseconds, at least 0/,
    ],
    ['ifRevision', { ifRevision: 'x' as never }, /"ifRevision" received "x"; accepted: the revision/],
    ['a misspelt option', { timeOut: 5 } as never, /Unknown option "timeOut" of setMaintenance\(\)/],
    ['too long a time', { timeout: 8.64e15 }, /"timeout" received 8640000000000000; .* at most 86\d{14}/],
    ['a date', new Date(Date.now() + HOUR) as never, /"options of setMaintenance\(\)" received 2/],
    ['a signal', new AbortController().signal as never, /received an object \(AbortSignal\); accepted: an/],
    ['no options', null as never, /"options of setMaintenance\(\)" received null; accepted: an object/],
  ])('refuses %s and changes nothing', async (_what, options, message) => {
    await using at = await site();
    for (const mode of [true, false]) {
      const error = await failure(at.service.setMaintenance(mode, 'key', options));
      expect(error).toBeInstanceOf(MaintenanceConfigurationError);
      expect(error.message).toMatch(message);
    }
    expect(at.changes).toEqual([]);
    expect(at.key.toJSON().value).toBe(false);
  });

  it.each<MaintenanceSetOptions>([
    { timeout: 5_000 },
    { timeout: 0 },
    { until: new Date(Date.now() + HOUR) },
  ])('has no effect on a key that is switched off: %o', async (end) => {
    await using at = await site();
    await at.service.setMaintenance(true, 'key');
    const change = await at.service.setMaintenance(false, 'key', end);
    expect(change).toMatchObject({ to: false, until: null, endsAt: null });
    expect(at.service.isActive('key')).toBe(false);
  });

  it('counts a null beside an end as not given', async () => {
    await using at = await site();
    const set = (end: MaintenanceSetOptions) => at.service.setMaintenance(true, 'key', end);
    const end = new Date(Date.now() + 2 * HOUR);
    expect(await set({ timeout: null, until: end })).toMatchObject({ until: end, endsAt: end });
    const change = await set({ timeout: 5_000, until: null });
    expect(change.until).toEqual(new Date(change.at.getTime() + 5_000));
    const net = await set({ timeout: null, until: null });
    expect(net.until).toBeNull();
    expect(net.endsAt!.getTime() - net.at.getTime()).toBeGreaterThan(HOUR / 2);
  });

  it.each([undefined, null, 1, 'on'])('refuses the mode %o', async (mode) => {
    await using at = await site();
    const error = await failure(at.service.setMaintenance(mode as never, 'key'));
    expect(error.message).toMatch(/"mode" received .+; accepted: a boolean/);
  });

  describe('with the clock moved on', () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    const clock = () => vi.useFakeTimers({ now: new Date('2030-01-01T00:00:00Z') });

    it.each([
      ['timeout', 5_000, () => ({ timeout: 5_000 })],
      ['until', 5_000, () => ({ until: new Date(Date.now() + 5_000) })],
      ["the key's own timeout", HOUR, () => ({})],
      ['more than 2^31 ms', 2 ** 33, () => ({ timeout: 2 ** 33 })],
    ])('%s ends it to the millisecond, and the end is announced', async (_what, length, options) => {
      clock();
      await using at = await site();
      const on = await at.service.setMaintenance(true, 'key', { ...options(), message: 'Back soon' });
      await vi.advanceTimersByTimeAsync(length - 1);
      expect(at.service.isInMaintenance().value).toBe(true);
      expect(at.changes).toEqual([on]);
      await vi.advanceTimersByTimeAsync(1);
      expect(at.changes).toHaveLength(2);
      expect(at.changes[1]).toMatchObject({
        key: 'key',
        from: true,
        to: false,
        cause: 'expiry',
        at: new Date(on.at.getTime() + length),
      });
      expect(at.service.isInMaintenance().value).toBe(false);
      expect(at.key.toJSON()).toMatchObject({ value: false, until: null, since: null, message: null });
    });

    it('is seen by a caller that asks before the timer has fired', async () => {
      clock();
      await using at = await site();
      await at.service.setMaintenance(true, 'key', { timeout: 5_000 });
      vi.setSystemTime(Date.now() + 5_000);
      expect(at.service.isInMaintenance().value).toBe(false);
      expect(at.changes.map(({ cause }) => cause)).toEqual(['set', 'expiry']);
      await vi.advanceTimersByTimeAsync(HOUR);
      expect(at.changes).toHaveLength(2);
    });

    it.each<[string, number, MaintenanceSetOptions]>([
      ['timeout: 0', HOUR, { timeout: 0 }],
      ['a key without timeout', 0, {}],
      ['a key whose timeout is longer than time', Number.MAX_SAFE_INTEGER, {}],
    ])('never comes with %s', async (_what, timeout, options) => {
      clock();
      await using at = await site(timeout);
      await at.service.setMaintenance(true, 'key', options);
      expect(at.key.toJSON()).toMatchObject({ value: true, until: null });
      await vi.advanceTimersByTimeAsync(2 ** 40);
      expect(at.service.isInMaintenance().value).toBe(true);
    });

    it('a change reports its end, the state before, and whether it extends the maintenance', async () => {
      const start = clock().getMockedSystemTime()!.getTime();
      const after = (ms: number) => new Date(start + ms);
      await using at = await site();
      const set = (options: MaintenanceSetOptions) => at.service.setMaintenance(true, 'key', options);
      const nothing = { message: null, until: null };

      expect(await set({ message: 'one' })).toMatchObject({
        until: null,
        endsAt: after(HOUR),
        previous: nothing,
        extended: false,
      });
      // an end that visitors hear of, and earlier than the safety net
      expect(await set({ timeout: 5_000 })).toMatchObject({
        message: 'one',
        until: after(5_000),
        endsAt: after(5_000),
        previous: { message: 'one', until: null },
        extended: false,
      });
      expect(await set({ until: after(9_000) })).toMatchObject({
        message: 'one',
        until: after(9_000),
        previous: { message: 'one', until: after(5_000) },
        extended: true,
      });
      // other words are no extension
      expect(await set({ message: 'two' })).toMatchObject({
        until: after(9_000),
        previous: { message: 'one', until: after(9_000) },
        extended: false,
      });
      expect(await set({ timeout: 0 })).toMatchObject({ until: null, endsAt: null, extended: true });
      expect(await set({ timeout: 7_000 })).toMatchObject({ until: after(7_000), extended: false });
      // a job that has the key for longer
      const held = await at.service.maintain('key', { timeout: 8_000, drain: false });
      expect(at.changes.at(-1)).toMatchObject({
        cause: 'maintain',
        until: after(8_000),
        previous: { message: 'two', until: after(7_000) },
        extended: true,
      });
      await held.leave();
      expect(at.changes.at(-1)).toMatchObject({ until: after(7_000), previous: { until: after(8_000) } });
      await vi.advanceTimersByTimeAsync(7_000);
      expect(at.changes.at(-1)).toMatchObject({
        cause: 'expiry',
        to: false,
        until: null,
        endsAt: null,
        previous: { message: 'two', until: after(7_000) },
        extended: false,
      });
    });

    it('a change of a key that is only held reports what visitors read: the texts of the job, which end with it', async () => {
      await using at = await site();
      const held = await at.service.maintain('key', {
        message: 'Importing',
        reason: 'nightly',
        drain: false,
      });
      const words = { message: 'Importing', reason: 'nightly', actor: 'ann' };
      expect(await at.service.setMaintenance(true, 'key', { actor: 'ann' })).toMatchObject(words);
      expect(at.changes.at(-1)).toMatchObject({ ...words, previous: { message: 'Importing' } });
      expect(await at.service.setMaintenance(true, 'key', { message: 'Closed' })).toMatchObject({
        message: 'Closed',
        reason: 'nightly',
      });
      await at.service.setMaintenance(true, 'key', { message: null });
      await held.leave();
      expect(at.key.toJSON()).toMatchObject({ value: true, message: null });
    });

    it('a later change moves the end', async () => {
      clock();
      await using at = await site();
      await at.service.setMaintenance(true, 'key', { timeout: 5_000 });
      await at.service.setMaintenance(true, 'key', { timeout: 10_000 });
      await vi.advanceTimersByTimeAsync(9_999);
      expect(at.service.isInMaintenance().value).toBe(true);
      await vi.advanceTimersByTimeAsync(1);
      expect(at.service.isInMaintenance().value).toBe(false);
      expect(at.changes.map(({ cause }) => cause)).toEqual(['set', 'set', 'expiry']);
    });

    it('a held key stays on when the switch has ended', async () => {
      clock();
      await using at = await site();
      await at.service.setMaintenance(true, 'key', { timeout: 5_000 });
      const held = await at.service.maintain('key', { timeout: 10_000 });
      await vi.advanceTimersByTimeAsync(5_000);
      expect(at.service.isInMaintenance()).toMatchObject({ value: true, state: { switched: false } });
      await held.leave();
      expect(at.service.isInMaintenance().value).toBe(false);
      expect(at.changes.at(-1)).toMatchObject({ cause: 'release', to: false });
    });
  });
});

describe('unsetMaintenance()', () => {
  it('forgets the switch and every hold', async () => {
    await using at = await site();
    await at.service.setMaintenance(true, 'key');
    const held = await at.service.maintain('key');
    await at.service.unsetMaintenance('key');
    expect(at.service.isInMaintenance().value).toBe(false);
    expect(held.signal.aborted).toBe(true);
    expect(at.changes.at(-1)).toMatchObject({ from: true, to: false, cause: 'unset' });
    await held.leave();
  });

  it('affects the whole site without a key, and does nothing the second time', async () => {
    await using at = await site();
    await at.service.setMaintenance(true);
    await at.service.unsetMaintenance();
    await at.service.unsetMaintenance();
    expect(at.changes.map(({ cause }) => cause)).toEqual(['set', 'unset']);
  });

  it('records who ended the maintenance, and why', async () => {
    await using at = await site();
    await at.service.setMaintenance(true, 'key');
    await at.service.unsetMaintenance('key', { reason: 'Done', actor: 'ada' });
    expect(at.changes.at(-1)).toMatchObject({ cause: 'unset', reason: 'Done', actor: 'ada' });
    await expect(at.service.unsetMaintenance('key', { reason: 5 as never })).rejects.toThrow(
      '"reason" received 5',
    );
  });
});
