import { Controller, Injectable, Scope, type ModuleMetadata } from '@nestjs/common';
import {
  GENERAL_MAINTENANCE,
  HOUR,
  MaintenanceError,
  MaintenanceKey,
  MaintenanceService,
  OnMaintenance,
  type MaintenanceChange,
} from 'nestjs-maintenance';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { failure, started } from '../module/started.js';

const KEY = 'key';

/** Records every event, and does what the test sets. */
@Injectable()
class Hooks {
  readonly heard: string[] = [];
  readonly changes: MaintenanceChange[] = [];
  act: (event: string, change: MaintenanceChange) => unknown = () => undefined;

  @OnMaintenance('changing')
  changing(change: MaintenanceChange): unknown {
    return this.hear('changing', change);
  }

  @OnMaintenance('entering')
  entering(change: MaintenanceChange): unknown {
    return this.hear('entering', change);
  }

  @OnMaintenance('exiting')
  exiting(change: MaintenanceChange): unknown {
    return this.hear('exiting', change);
  }

  @OnMaintenance('changed')
  changed(change: MaintenanceChange): unknown {
    return this.hear('changed', change);
  }

  take(): string[] {
    return this.heard.splice(0);
  }

  private hear(event: string, change: MaintenanceChange): unknown {
    this.heard.push(event);
    this.changes.push(change);
    return this.act(event, change);
  }
}

async function site(metadata: ModuleMetadata = {}) {
  const keys = [new MaintenanceKey(KEY, { timeout: HOUR }), new MaintenanceKey('other')];
  const providers = [Hooks, ...(metadata.providers ?? [])];
  const running = await started({ keys }, { ...metadata, providers });
  const { app, log, service } = running;
  return { app, log, service, hooks: app.get(Hooks), [Symbol.asyncDispose]: () => app.close() };
}

describe('@OnMaintenance()', () => {
  it('is called before and after a change', async () => {
    await using at = await site();
    const words = { message: 'Back soon', reason: 'upgrade', actor: 'ada' };
    const seen: unknown[] = [];
    at.hooks.act = (event) => seen.push([event, at.service.isInMaintenance(undefined, KEY).value]);
    const change = await at.service.setMaintenance(true, KEY, words);
    expect(seen).toEqual([
      ['changing', false],
      ['changed', true],
      ['entering', true],
    ]);
    const [before, ...after] = at.hooks.changes;
    // by the clock of the moment when it was asked
    const moments = { at: expect.any(Date) as Date, endsAt: expect.any(Date) as Date };
    expect(before).toEqual({ ...change, revision: 0, ...moments });
    expect(after).toEqual([change, change]);
  });

  it('gets "entering" and "exiting" for real transitions only, and "changed" for everything', async () => {
    await using at = await site();
    await at.service.setMaintenance(true, KEY);
    expect(at.hooks.take()).toEqual(['changing', 'changed', 'entering']);
    await at.service.setMaintenance(true, KEY, { message: 'other words' });
    expect(at.hooks.take()).toEqual(['changing', 'changed']);
    const held = await at.service.maintain(KEY);
    expect(at.hooks.take()).toEqual(['changing', 'changed']);
    await at.service.setMaintenance(false, KEY);
    expect(at.hooks.take()).toEqual(['changing', 'changed']);
    await held.leave();
    expect(at.hooks.take()).toEqual(['changed', 'exiting']);
    await at.service.setMaintenance(true, KEY);
    await at.service.unsetMaintenance(KEY);
    expect(at.hooks.take()).toEqual(['changing', 'changed', 'entering', 'changing', 'changed', 'exiting']);
  });

  it('is called for maintain(), too', async () => {
    await using at = await site();
    await at.service.maintain(KEY, () => at.hooks.heard.push('work'));
    expect(at.hooks.take()).toEqual(['changing', 'changed', 'entering', 'work', 'changed', 'exiting']);
    expect(at.hooks.changes.map(({ cause }) => cause)).toEqual([
      'maintain',
      'maintain',
      'maintain',
      'release',
      'release',
    ]);
  });

  it('reports the resulting state: switching off a held key leaves it on', async () => {
    await using at = await site();
    await at.service.setMaintenance(true, KEY);
    const held = await at.service.maintain(KEY);
    at.hooks.changes.length = 0;
    await at.service.setMaintenance(false, KEY);
    expect(at.hooks.changes.map(({ from, to }) => [from, to])).toEqual([
      [true, true],
      [true, true],
    ]);
    await held.leave();
  });

  it('is not called with callHooks: false', async () => {
    await using at = await site();
    at.hooks.act = () => {
      throw new Error('never called');
    };
    await at.service.setMaintenance(true, KEY, { callHooks: false });
    await at.service.setMaintenance(false, KEY, { callHooks: false });
    expect(at.hooks.take()).toEqual([]);
  });

  it('is called for the keys it names, by name or object', async () => {
    const heard: string[] = [];

    @Injectable()
    class Picky {
      @OnMaintenance('changed', KEY, GENERAL_MAINTENANCE)
      some({ key }: MaintenanceChange): void {
        heard.push(`some ${key}`);
      }

      @OnMaintenance('entering', 'other')
      @OnMaintenance('exiting', 'other')
      both({ key, to }: MaintenanceChange): void {
        heard.push(`both ${key} ${String(to)}`);
      }
    }
    await using at = await site({ providers: [Picky] });
    await at.service.setMaintenance(true, KEY);
    await at.service.setMaintenance(true);
    await at.service.setMaintenance(true, 'other');
    await at.service.setMaintenance(false, 'other');
    expect(heard).toEqual([`some ${KEY}`, 'some general', 'both other true', 'both other false']);
  });

  it('may use the service itself', async () => {
    await using at = await site();
    at.hooks.act = (event, { key }) =>
      event === 'entering' && key === KEY ? at.service.setMaintenance(true, 'other') : undefined;
    await at.service.setMaintenance(true, KEY);
    expect(at.service.isInMaintenance(undefined, 'other').value).toBe(true);
  });
});

describe('a "changing" hook', () => {
  class Refusal extends Error {}

  it.each([
    [
      'throws',
      () => {
        throw new Refusal('no');
      },
    ],
    ['rejects', () => Promise.reject(new Refusal('no'))],
  ])('that %s refuses the change: its error is thrown, and nothing has changed', async (_how, refuse) => {
    await using at = await site();
    await at.service.setMaintenance(true, 'other');
    const held = await at.service.maintain('other');
    at.hooks.take();
    at.hooks.act = refuse;
    expect(await failure(at.service.setMaintenance(true, KEY))).toBeInstanceOf(Refusal);
    let ran = false;
    expect(await failure(at.service.maintain(KEY, () => (ran = true)))).toBeInstanceOf(Refusal);
    expect(await failure(at.service.unsetMaintenance('other'))).toBeInstanceOf(Refusal);
    expect(await failure(at.service.setMaintenance(false, 'other'))).toBeInstanceOf(Refusal);
    expect(ran).toBe(false);
    expect(held.signal.aborted).toBe(false);
    expect(at.hooks.take()).toEqual(['changing', 'changing', 'changing', 'changing']);
    expect(at.service.isInMaintenance(undefined, KEY).value).toBe(false);
    expect(at.service.isInMaintenance(undefined, 'other').state).toMatchObject({ switched: true });
    at.hooks.act = () => undefined;
    await held.leave();
    expect(await at.service.maintain(KEY, () => 'the lock is free')).toBe('the lock is free');
  });

  it.each([
    ['at once', () => undefined],
    ['later', () => Promise.resolve()],
  ])('that changes the key again %s whenever it is asked refuses the change', async (_when, first) => {
    await using at = await site();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    at.hooks.act = (event, { key }) => {
      if (event !== 'changing') return undefined;
      const again = (): Promise<unknown> => at.service.setMaintenance(true, key);
      const before = first();
      return before ? before.then(again) : again();
    };
    const error = await failure(at.service.setMaintenance(true, KEY));
    expect(error).toBeInstanceOf(MaintenanceError);
    expect(error.message).toMatch(/Hooks\.changing.+each time it is asked/);
    expect(at.hooks.heard.length).toBeLessThan(20);
    expect(at.service.isActive(KEY)).toBe(false);
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('may change the key again once, and may leave behind what changes it for ever', async () => {
    await using at = await site();
    let left = 30;
    let ended: () => void = () => undefined;
    const end = new Promise<void>((resolve) => (ended = resolve));
    at.hooks.act = (event, { key, message }) => {
      if (event !== 'changing') return undefined;
      if (message === 'outer') return at.service.setMaintenance(true, key, { message: 'inner' });
      setImmediate(() => (left-- > 0 ? void at.service.setMaintenance(left % 2 === 0, key) : ended()));
      return undefined;
    };
    expect(await at.service.setMaintenance(true, KEY, { message: 'outer' })).toMatchObject({
      message: 'outer',
      previous: { message: 'inner' },
    });
    await end;
    expect(left).toBe(-1);
  });

  it('cannot prevent a maintain() from leaving', async () => {
    await using at = await site();
    const held = await at.service.maintain(KEY);
    at.hooks.act = (event) => {
      if (event === 'changing') throw new Refusal('no');
    };
    await held.leave();
    expect(at.service.isInMaintenance().value).toBe(false);
  });

  it('runs in order, and not after another one has refused', async () => {
    const asked: string[] = [];

    @Injectable()
    class First {
      @OnMaintenance('changing')
      async changing({ to }: MaintenanceChange): Promise<void> {
        await Promise.resolve();
        asked.push('first');
        if (!to) throw new Refusal('no');
      }
    }
    @Injectable()
    class Second {
      @OnMaintenance('changing')
      changing(): void {
        asked.push('second');
      }
    }
    await using at = await site({ providers: [First, Second] });
    await at.service.setMaintenance(true, KEY);
    await failure(at.service.setMaintenance(false, KEY));
    expect(asked).toEqual(['first', 'second', 'first']);
  });
});

describe('a hook that fails after the change', () => {
  it.each(['entering', 'changed'])('%s: is logged and stops nothing', async (which) => {
    await using at = await site();
    at.hooks.act = (event) => {
      if (event === which) throw new Error('on purpose');
    };
    expect(await at.service.setMaintenance(true, KEY)).toMatchObject({ to: true });
    const errors = at.log.filter((line) => line.startsWith('error'));
    expect(errors).toEqual([`error Maintenance hook Hooks.${which} (${which} "${KEY}") failed: on purpose`]);
  });

  describe('by hanging', () => {
    afterEach(() => {
      vi.useRealTimers();
    });

    /** What comes of a change one of whose hooks never ends, before and after five seconds. */
    async function hanging(which: string) {
      vi.useFakeTimers();
      const at = await site();
      at.hooks.act = (event) => (event === which ? new Promise(() => undefined) : undefined);
      let outcome: unknown = 'pending';
      at.service.setMaintenance(true, KEY).then(
        ({ to }) => (outcome = to),
        (error: unknown) => (outcome = error),
      );
      await vi.advanceTimersByTimeAsync(4_999);
      const before = outcome;
      await vi.advanceTimersByTimeAsync(2);
      const isOn = at.service.isInMaintenance().value;
      await at.app.close();
      return { before, after: outcome, isOn, log: at.log.join('\n') };
    }

    it('"changing" has five seconds; then the change is refused', async () => {
      const { before, after, isOn } = await hanging('changing');
      expect(before).toBe('pending');
      expect(after).toBeInstanceOf(MaintenanceError);
      expect(String(after)).toMatch(/Hooks\.changing.+did not finish within 5000 ms/);
      expect(isOn).toBe(false);
    });

    it.each([
      ['entering', 'pending'],
      ['changed', true],
    ])('"%s" has five seconds; then it is logged', async (which, early) => {
      const { before, after, isOn, log } = await hanging(which);
      expect(before).toBe(early);
      expect(after).toBe(true);
      expect(isOn).toBe(true);
      expect(log).toMatch(new RegExp(`Hooks\\.${which}.+did not finish within 5000 ms`));
    });
  });
});

describe('maintenance that ends by itself', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([true, false])('calls "changed" only, set with callHooks: %s', async (callHooks) => {
    vi.useFakeTimers();
    await using at = await site();
    await at.service.setMaintenance(true, KEY, { timeout: 5_000, callHooks });
    at.hooks.take();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(at.hooks.take()).toEqual(['changed']);
    expect(at.hooks.changes.at(-1)).toMatchObject({ key: KEY, from: true, to: false, cause: 'expiry' });
  });
});

describe('hooks are found', () => {
  class Plain {
    readonly heard: string[] = [];

    @OnMaintenance('changed')
    changed({ key }: MaintenanceChange): void {
      this.heard.push(key);
    }
  }

  it.each([
    ['a class', { provide: 'plain', useClass: Plain }],
    ['a factory', { provide: 'plain', useFactory: () => new Plain() }],
    ['an asynchronous factory', { provide: 'plain', useFactory: async () => new Plain() }],
    ['a value', { provide: 'plain', useFactory: () => new Plain(), inject: [MaintenanceService] }],
  ])('in what %s provides, once, including aliases', async (_what, provider) => {
    const alias = { provide: 'alias', useExisting: 'plain' };
    await using at = await site({ providers: [provider, alias] });
    await at.service.setMaintenance(true, KEY);
    expect(at.app.get<Plain>('plain').heard).toEqual([KEY]);
  });

  it('in controllers, and in ancestors once', async () => {
    @Controller()
    class Child extends Plain {
      @OnMaintenance('changed')
      override changed(change: MaintenanceChange): void {
        super.changed(change);
      }
    }
    await using at = await site({ controllers: [Child] });
    await at.service.setMaintenance(true, KEY);
    expect(at.app.get(Child).heard).toEqual([KEY]);
  });

  it('not in providers that are not singletons, which cause a warning', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class PerRequest extends Plain {}
    await using at = await site({ providers: [PerRequest] });
    await at.service.setMaintenance(true, KEY);
    expect(at.log.join('\n')).toMatch(/warn PerRequest is not a singleton: its maintenance hooks cannot be/);
  });

  it('not where they cannot be hooks', () => {
    const decorate = (event: unknown, ...keys: unknown[]) =>
      OnMaintenance(event as 'changed', ...(keys as string[]));
    expect(() => decorate('leaving')).toThrow(
      /"event of @OnMaintenance\(\)" received "leaving"; accepted: changing, entering, exiting, changed/,
    );
    expect(() => decorate('changed', 5)).toThrow(/"keys of @OnMaintenance\(\)" received 5/);
    expect(() => decorate('changed', '')).toThrow(/"keys of @OnMaintenance\(\)" received ""/);
    expect(() => decorate('changed')(Plain, 'name', {})).toThrow(/on static member Plain\.name/);
  });
});
