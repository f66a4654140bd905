import {
  MaintenanceActiveError,
  MaintenanceConfigurationError,
  MaintenanceDrainError,
  MaintenanceKey,
  MaintenanceLockedError,
  MaintenanceStatus,
  UnknownMaintenanceKeyError,
} from 'nestjs-maintenance';
import { describe, expect, it } from 'vitest';
import { InFlight } from '../../lib/in-flight/in-flight.js';
import { failure, started } from '../module/started.js';
import { Gates } from '../support/gates.js';
import { until } from '../support/until.js';

class NightsOnly extends MaintenanceStatus {
  override maintaining(): boolean {
    return this.value && night;
  }
}
let night = false;

async function site() {
  const keys = [
    new MaintenanceKey('billing', { scope: 'marked' }),
    new MaintenanceKey('mail'),
    new MaintenanceKey('reads', { readOnly: true }),
    new MaintenanceKey('nights', { statusClass: NightsOnly }),
  ];
  const running = await started({ keys });
  const gates = new Gates();
  const { service, app } = running;
  return {
    ...running,
    gates,
    /** Work that goes on until its gate is opened. */
    work: (gate: string) => () => gates.pass(gate),
    reaches: (gate: string) => until(() => gates.begun.includes(gate)),
    inFlight: () => app.get(InFlight).size,
    on: (key: string) => service.setMaintenance(true, key),
    off: (key: string) => service.setMaintenance(false, key),
    [Symbol.asyncDispose]: () => app.close(),
  };
}

describe('whileOpen()', () => {
  it('runs work at once, and resolves with its result', async () => {
    await using at = await site();
    let ran = false;
    const result = at.service.whileOpen('billing', () => {
      ran = true;
      return 42;
    });
    expect(ran).toBe(true);
    expect(await result).toBe(42);
    expect(await at.service.whileOpen(['billing', 'mail'], async () => 'later')).toBe('later');
    expect(
      await failure(at.service.whileOpen('mail', () => Promise.reject(new RangeError('own')))),
    ).toBeInstanceOf(RangeError);
    const thrown = at.service.whileOpen('mail', () => {
      throw new RangeError('own');
    });
    expect(await failure(thrown)).toBeInstanceOf(RangeError);
    expect(at.inFlight()).toBe(0);
  });

  it('keeps none of the objects that it is given: one entry per key', async () => {
    await using at = await site();
    for (let i = 0; i < 100; i++) {
      await at.service.whileOpen(new MaintenanceKey('mail'), () => i);
      await at.service.whileOpen('mail', () => i);
      await at.service.whileOpen(new MaintenanceKey('nothing'), () => i).catch(() => undefined);
    }
    const { single } = at.service as unknown as { single: Map<unknown, unknown> };
    expect([...single.keys()]).toEqual(['mail']);
  });

  it.each(['billing', 'reads'])('rejects while a key is on, whatever its scope: %s', async (key) => {
    await using at = await site();
    const end = new Date(Date.now() + 60_000);
    await at.service.setMaintenance(true, key, { until: end });
    let ran = false;
    const error = await failure(at.service.whileOpen(['mail', key], () => (ran = true)));
    expect(error).toBeInstanceOf(MaintenanceActiveError);
    expect(error).toMatchObject({ code: 'MAINTENANCE_ACTIVE', key, until: end });
    expect(ran).toBe(false);
    expect(await at.service.whileOpen('mail', () => 'other keys do not matter')).toMatch('other');
  });

  it("skips the work with otherwise: 'skip'", async () => {
    await using at = await site();
    await at.on('mail');
    expect(await at.service.whileOpen('mail', () => 'ran', { otherwise: 'skip' })).toBeUndefined();
  });

  it('waits, and starts as soon as the last key opens', async () => {
    await using at = await site();
    await at.on('mail');
    await at.on('billing');
    let ran = 0;
    const waiting = at.service.whileOpen(['mail', 'billing'], () => ++ran, { otherwise: 'wait' });
    await at.off('mail');
    await at.service.waitUntilOpen('mail');
    expect(ran).toBe(0);
    await at.off('billing');
    expect(await waiting).toBe(1);
  });

  it('consults the status class of a key as for a request', async () => {
    await using at = await site();
    await at.on('nights');
    night = false;
    expect(await at.service.whileOpen('nights', () => 'day')).toBe('day');
    night = true;
    expect(await failure(at.service.whileOpen('nights', () => 'day'))).toBeInstanceOf(MaintenanceActiveError);
    const waiting = at.service.whileOpen('nights', () => 'morning', { otherwise: 'wait' });
    night = false;
    expect(await waiting).toBe('morning');
  });

  it('gives up waiting when its signal aborts, and when the application closes', async () => {
    const at = await site();
    await at.on('mail');
    const stop = new AbortController();
    const impatient = at.service.whileOpen('mail', () => 1, { otherwise: 'wait', signal: stop.signal });
    const patient = failure(at.service.whileOpen('mail', () => 1, { otherwise: 'wait' }));
    stop.abort(new RangeError('enough'));
    expect(await failure(impatient)).toBe(stop.signal.reason);
    const late = at.service.whileOpen('billing', () => 1, { signal: stop.signal });
    expect(await failure(late)).toBe(stop.signal.reason);
    await at.app.close();
    expect((await patient).message).toMatch(/shutting down/);
  });

  it.each([
    [
      'not a function',
      (at: Awaited<ReturnType<typeof site>>) => at.service.whileOpen('mail', 5 as never),
      /work of whileOpen/,
    ],
    [
      'otherwise',
      (at: Awaited<ReturnType<typeof site>>) =>
        at.service.whileOpen('mail', () => 1, { otherwise: 'queue' as never }),
      /"otherwise" received "queue"; accepted: 'throw', 'wait', 'skip'/,
    ],
    [
      'no otherwise',
      (at: Awaited<ReturnType<typeof site>>) =>
        at.service.whileOpen('mail', () => 1, { otherwise: null as never }),
      /"otherwise" received null; accepted: 'throw', 'wait', 'skip'/,
    ],
    [
      'signal',
      (at: Awaited<ReturnType<typeof site>>) => at.service.whileOpen('mail', () => 1, { signal: 5 as never }),
      /"signal" received 5; accepted: an AbortSignal/,
    ],
    [
      'a misspelt option',
      (at: Awaited<ReturnType<typeof site>>) =>
        at.service.whileOpen('mail', () => 1, { else: 'skip' } as never),
      /Unknown option "else" of whileOpen/,
    ],
    [
      'timeout',
      (at: Awaited<ReturnType<typeof site>>) => at.service.waitUntilOpen('mail', { timeout: 0.5 }),
      /"timeout" received 0.5; accepted: whole milliseconds/,
    ],
  ])('refuses wrong arguments: %s', async (_what, call, message) => {
    await using at = await site();
    const error = await failure(call(at));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toMatch(message);
    const unknown = await failure(at.service.whileOpen('biling', () => 1));
    expect(unknown).toBeInstanceOf(UnknownMaintenanceKeyError);
  });
});

describe('work under whileOpen()', () => {
  it('is waited for by a maintain() of one of its keys, and of no other', async () => {
    await using at = await site();
    const working = at.service.whileOpen(['billing', 'mail'], at.work('job'));
    await at.reaches('job');
    expect(at.inFlight()).toBe(1);
    const error = await failure(at.service.maintain('billing', () => 'never', { drain: 50 }));
    expect(error).toBeInstanceOf(MaintenanceDrainError);
    expect(error).toMatchObject({ routes: ['whileOpen(billing, mail)'] });
    expect(await at.service.maintain('general', () => 'not concerned', { drain: 50 })).toMatch('not');

    const patient = at.service.maintain('mail', () => at.gates.ended.includes('job'));
    at.gates.open('job');
    expect(await patient).toBe(true);
    expect(await working).toBe('job');
    expect(at.inFlight()).toBe(0);
  });

  it('starts nothing while a maintain() waits for earlier work', async () => {
    await using at = await site();
    const working = at.service.whileOpen('mail', at.work('job'));
    await at.reaches('job');
    const maintenance = at.service.maintain('mail', () => 'done');
    await until(() => at.service.isInMaintenance(undefined, 'mail').active);
    expect(await failure(at.service.whileOpen('mail', () => 'late'))).toBeInstanceOf(MaintenanceActiveError);
    at.gates.open('job');
    expect(await maintenance).toBe('done');
    await working;
  });

  it('runs nested work at once although the key is on, and counts it until it ends', async () => {
    await using at = await site();
    let inner: Promise<string> | undefined;
    const outer = at.service.whileOpen(['mail', 'billing'], async () => {
      await at.gates.pass('outer');
      // nobody waits for it but the drain
      inner = at.service.whileOpen('mail', at.work('inner'));
      return 'outer is over';
    });
    await at.reaches('outer');
    const maintenance = at.service.maintain('mail', () => at.gates.ended.includes('inner'));
    await until(() => at.service.isInMaintenance(undefined, 'mail').active);
    at.gates.open('outer');
    expect(await outer).toBe('outer is over');
    await at.reaches('inner');
    at.gates.open('inner');
    expect(await maintenance).toBe(true);
    expect(await inner).toBe('inner');
  });

  it('decides separately about nested work of a key that it does not cover', async () => {
    await using at = await site();
    const outcome = at.service.whileOpen('mail', async () => {
      await at.gates.pass('outer');
      return failure(at.service.whileOpen(['mail', 'billing'], () => 'inside'));
    });
    await at.reaches('outer');
    await at.on('billing');
    at.gates.open('outer');
    expect(await outcome).toMatchObject({ key: 'billing' });
  });

  it('is no longer a call after its end, even if it left something running', async () => {
    await using at = await site();
    let late: Promise<unknown> | undefined;
    await at.service.whileOpen('mail', () => {
      late = at.gates.pass('late').then(() => failure(at.service.whileOpen('mail', () => 'inside')));
    });
    await at.on('mail');
    at.gates.open('late');
    expect(await late).toBeInstanceOf(MaintenanceActiveError);
  });
});

describe('waitUntilOpen()', () => {
  it('waits for all keys, or for some', async () => {
    await using at = await site();
    await at.service.waitUntilOpen();
    await at.on('mail');
    await at.service.waitUntilOpen('billing');
    const ends: string[] = [];
    const all = at.service.waitUntilOpen().then(() => ends.push('all'));
    const mail = at.service.waitUntilOpen(['mail', 'billing']).then(() => ends.push('mail'));
    await at.on('general');
    await at.off('mail');
    await mail;
    expect(ends).toEqual(['mail']);
    await at.off('general');
    await all;
  });

  it('ends with the maintenance, with its own timeout, and with its signal', async () => {
    await using at = await site();
    await at.service.setMaintenance(true, 'mail', { timeout: 60 });
    await at.service.waitUntilOpen('mail');
    await at.on('mail');
    const late = await failure(at.service.waitUntilOpen('mail', { timeout: 20 }));
    expect(late).toBeInstanceOf(MaintenanceActiveError);
    expect(late.message).toMatch(/"mail" is on, even after waiting 20 ms/);
    const stop = new AbortController();
    const waiting = at.service.waitUntilOpen('mail', { signal: stop.signal });
    stop.abort(new RangeError('enough'));
    expect(await failure(waiting)).toBe(stop.signal.reason);
  });
});

describe('a call that waits', () => {
  it.each([
    [
      'whileOpen()',
      (at: Awaited<ReturnType<typeof site>>) =>
        at.service.whileOpen('mail', () => 'x', { otherwise: 'wait' }),
    ],
    ['waitUntilOpen()', (at: Awaited<ReturnType<typeof site>>) => at.service.waitUntilOpen('mail')],
    [
      'maintain()',
      (at: Awaited<ReturnType<typeof site>>) => at.service.maintain('mail', () => 'x', { blocking: true }),
    ],
    [
      'setMaintenance()',
      (at: Awaited<ReturnType<typeof site>>) => at.service.setMaintenance(true, 'mail', { blocking: true }),
    ],
  ])('is not waited for in %s, and is again when it goes on', async (_name, wait) => {
    await using at = await site();
    const held = await at.service.maintain('mail');
    const call = at.service.whileOpen('billing', async () => {
      await wait(at);
      return at.gates.pass('after');
    });
    await until(async () => {
      await at.service.maintain('billing', () => 'drained', { drain: 20 });
      return true;
    });
    expect(at.inFlight()).toBe(1);
    await held.leave();
    await at.reaches('after');
    expect(await failure(at.service.maintain('billing', () => 'x', { drain: 50 }))).toBeInstanceOf(
      MaintenanceDrainError,
    );
    at.gates.open('after');
    await call;
  });
});

describe('a wait that would never end rejects', () => {
  const deadlock = { deadlock: true };

  it.each([
    ['maintain()', (at: Awaited<ReturnType<typeof site>>) => at.service.maintain('mail', () => 'x')],
    [
      'maintain() that waits',
      (at: Awaited<ReturnType<typeof site>>) => at.service.maintain('mail', () => 'x', { blocking: true }),
    ],
    [
      'setMaintenance()',
      (at: Awaited<ReturnType<typeof site>>) => at.service.setMaintenance(false, 'mail', { blocking: true }),
    ],
    [
      'whileOpen()',
      (at: Awaited<ReturnType<typeof site>>) =>
        at.service.whileOpen('mail', () => 'x', { otherwise: 'wait' }),
    ],
    ['waitUntilOpen()', (at: Awaited<ReturnType<typeof site>>) => at.service.waitUntilOpen()],
  ])('if the call holds the key itself: %s', async (_name, wait) => {
    await using at = await site();
    const inside = await at.service.maintain('mail', () => failure(wait(at) as Promise<unknown>));
    expect(inside).toBeInstanceOf(MaintenanceLockedError);
    expect(inside).toMatchObject(deadlock);
    // by a handle, where calls are followed
    const held = await at.service.whileOpen('billing', async () => {
      const own = await at.service.maintain('mail');
      return failure(wait(at) as Promise<unknown>).finally(() => own.leave());
    });
    expect(held).toMatchObject(deadlock);
    expect(await at.service.maintain('mail', () => 'free')).toBe('free');
  });

  it('one of two calls that take two locks in opposite order', async () => {
    await using at = await site();
    const nested = (mine: string, other: string) =>
      at.service.maintain(mine, async () => {
        await at.gates.pass(mine);
        return at.service.maintain(other, () => 'both', { blocking: true });
      });
    const calls = [nested('mail', 'billing'), nested('billing', 'mail')];
    await Promise.all([at.reaches('mail'), at.reaches('billing')]);
    at.gates.open('mail');
    at.gates.open('billing');
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toEqual([
      { status: 'fulfilled', value: 'both' },
    ]);
    expect(outcomes.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { name: 'MaintenanceLockedError', ...deadlock },
    });
  });

  it('one of three in a ring, of which one waits for a key to be open', async () => {
    await using at = await site();
    const wait = {
      mail: () => at.service.maintain('billing', () => 'x', { blocking: true }),
      billing: () => at.service.waitUntilOpen('reads'),
      reads: () => at.service.whileOpen('mail', () => 'x', { otherwise: 'wait' }),
    };
    const outcomes: unknown[] = [];
    const run = (key: keyof typeof wait) =>
      at.service
        .maintain(key, async () => {
          await at.gates.pass(key);
          return (wait[key]() as Promise<unknown>).then(
            () => outcomes.push('got'),
            (error: unknown) => outcomes.push(error),
          );
        })
        .then(() => outcomes.push(`${key} left`));
    const all = [run('mail'), run('billing'), run('reads')];
    await Promise.all([at.reaches('mail'), at.reaches('billing'), at.reaches('reads')]);
    (['mail', 'billing', 'reads'] as const).forEach((key) => at.gates.open(key));
    await Promise.all(all);
    expect(outcomes.filter((outcome) => outcome instanceof MaintenanceLockedError)).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'got')).toHaveLength(2);
  });
});
