import { Injectable, Scope, SetMetadata } from '@nestjs/common';
import { createCache } from 'cache-manager';
import { Cron, Interval, ScheduleModule, Timeout } from '@nestjs/schedule';
import {
  MaintenanceConfigurationError,
  MaintenanceDrainError,
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  SkipDuringMaintenance,
  type MaintenanceRootOptions,
} from 'nestjs-maintenance';
import { defer, lastValueFrom, Observable, Subject, toArray } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { InFlight } from '../../lib/in-flight/in-flight.js';
import { failure, started } from '../module/started.js';
import { Gates } from '../support/gates.js';
import { until } from '../support/until.js';

let gates = new Gates();
let calls: string[] = [];
const note = (call: string): string => {
  calls.push(call);
  return call;
};
const count = (call: string): number => calls.filter((other) => other === call).length;

@Injectable()
class Jobs {
  readonly own = 'jobs';

  @SkipDuringMaintenance('billing')
  sync(argument: string): string {
    return note(`${this.own} ${argument}`);
  }

  @SkipDuringMaintenance('billing', 'mail')
  async waits(gate: string): Promise<string> {
    return gates.pass(gate);
  }

  @SkipDuringMaintenance()
  plain(): string {
    return note('plain');
  }

  @MaintenanceKeys('billing')
  @SkipDuringMaintenance()
  marked(): string {
    return note('marked');
  }

  @SkipDuringMaintenance()
  @MaintenanceExempt('general')
  exempt(): string {
    return note('exempt');
  }

  @SkipDuringMaintenance(new MaintenanceKey('mail'), { missed: 'once' })
  async once(argument: string): Promise<string> {
    return note(`once ${argument}`);
  }

  @SkipDuringMaintenance('mail', { missed: 'once' })
  fails(): string {
    note('fails');
    throw new RangeError('on purpose');
  }

  @SkipDuringMaintenance('mail')
  static total(): string {
    return note('total');
  }
}

@SkipDuringMaintenance('mail')
@Injectable()
class Plain {
  onModuleInit(): void {
    note('initialised');
  }

  run(): string {
    return note('run');
  }
}

class Base {
  @SetMetadata('role', 'inherited')
  inherited(): string {
    return note('inherited');
  }
}

@SkipDuringMaintenance('mail')
@Injectable()
class Decorated extends Base {
  @SetMetadata('role', 'marked')
  marked(): string {
    return note(`marked, ${this.helper()}`);
  }

  helper(): string {
    return 'helped';
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Transient {
  @SkipDuringMaintenance('mail')
  run(): string {
    return note('transient');
  }
}

async function site(options: MaintenanceRootOptions = {}) {
  gates = new Gates();
  calls = [];
  const keys = [new MaintenanceKey('billing', { scope: 'marked' }), new MaintenanceKey('mail')];
  const running = await started({ keys, ...options }, { providers: [Jobs, Plain, Decorated, Transient] });
  const { app, service } = running;
  return {
    ...running,
    jobs: app.get(Jobs),
    on: (key: string) => service.setMaintenance(true, key),
    off: (key: string) => service.setMaintenance(false, key),
  };
}

describe('@SkipDuringMaintenance() on a method', () => {
  it('calls the method with its arguments and object, or skips it', async () => {
    await using at = await site();
    expect(at.jobs.sync('a')).toBe('jobs a');
    await at.on('billing');
    expect(at.jobs.sync('b')).toBeUndefined();
    await at.on('general');
    await at.off('billing');
    // only its own keys
    expect(at.jobs.sync('c')).toBe('jobs c');
  });

  it('returns a promise if the method does', async () => {
    await using at = await site();
    await at.on('mail');
    expect(at.jobs.waits('a')).toBeInstanceOf(Promise);
    expect(await at.jobs.waits('a')).toBeUndefined();
    expect(gates.begun).toEqual([]);
  });

  it('without keys does what the decorators of a handler would do', async () => {
    await using at = await site();
    await at.on('general');
    expect([at.jobs.plain(), at.jobs.marked(), at.jobs.exempt()]).toEqual([undefined, undefined, 'exempt']);
    await at.off('general');
    await at.on('billing');
    expect([at.jobs.plain(), at.jobs.marked(), at.jobs.exempt()]).toEqual(['plain', undefined, 'exempt']);
  });

  it('counts as work: a maintain() of one of its keys waits for it, and names it', async () => {
    await using at = await site();
    const running = at.jobs.waits('a');
    expect(at.app.get(InFlight).size).toBe(1);
    const error = await failure(at.service.maintain('mail', () => 'never', { drain: 50 }));
    expect(error).toBeInstanceOf(MaintenanceDrainError);
    expect(error).toMatchObject({ routes: ['Jobs.waits'] });
    expect(await at.service.maintain('general', () => 'not concerned', { drain: 50 })).toMatch('not');
    const maintenance = at.service.maintain('mail', () => gates.ended);
    gates.open('a');
    expect(await maintenance).toEqual(['a']);
    expect(await running).toBe('a');
  });

  it('catches up once, with the last arguments', async () => {
    await using at = await site();
    await at.on('mail');
    await at.jobs.once('first');
    await at.jobs.once('second');
    expect(calls).not.toContainEqual(expect.stringMatching(/^once/));
    await at.off('mail');
    await until(() => count('once second') === 1);
    await at.on('mail');
    await at.off('mail');
    expect(calls.filter((call) => call.startsWith('once'))).toEqual(['once second']);
    await at.jobs.once('third');
    expect(count('once third')).toBe(1);
  });

  it('logs a failed catch-up call, and forgets missed calls when the application ends', async () => {
    const at = await site();
    await at.on('mail');
    at.jobs.fails();
    await at.off('mail');
    await until(() =>
      at.log.some((line) => /^error Jobs.fails, run once after maintenance.*on purpose/.test(line)),
    );
    await at.on('mail');
    await at.jobs.once('late');
    await at.app.close();
    expect(count('once late')).toBe(0);
  });

  it('also skips calls from within the maintenance itself', async () => {
    await using at = await site();
    await at.service.maintain('mail', async () => expect(await at.jobs.once('inside')).toBeUndefined());
    await until(() => count('once inside') === 1);
  });

  it('works on static methods, on objects that are not providers, and without an application', async () => {
    {
      await using at = await site();
      await at.on('mail');
      expect([Jobs.total(), new Transient().run(), new Jobs().sync('own')]).toEqual([
        undefined,
        undefined,
        'jobs own',
      ]);
      expect((await at.app.resolve(Transient)).run()).toBeUndefined();
    }
    // closed, it no longer decides
    expect([Jobs.total(), new Transient().run()]).toEqual(['total', 'transient']);
  });

  it('uses the application that an object belongs to', async () => {
    await using one = await site();
    await using two = await site();
    await one.on('billing');
    expect([one.jobs.sync('one'), two.jobs.sync('two')]).toEqual([undefined, 'jobs two']);
    // it is unknown whose this is
    expect(new Jobs().sync('nobody')).toBeUndefined();
    await using third = await site();
    await one.off('billing');
    await third.on('billing');
    expect([one.jobs.sync('one'), third.jobs.sync('three')]).toEqual(['jobs one', undefined]);
  });
});

describe('@SkipDuringMaintenance() on a class', () => {
  it('affects all methods except lifecycle hooks of Nest', async () => {
    await using at = await site();
    expect(count('initialised')).toBe(1);
    const plain = at.app.get(Plain);
    expect(plain.run()).toBe('run');
    await at.on('mail');
    expect(plain.run()).toBeUndefined();
  });

  it('affects only the methods that another decorator marks, if there are any, including inherited ones', async () => {
    await using at = await site();
    const decorated = at.app.get(Decorated);
    await at.on('mail');
    expect([decorated.marked(), decorated.inherited(), decorated.helper()]).toEqual([
      undefined,
      undefined,
      'helped',
    ]);
    expect(new Base().inherited()).toBe('inherited');
    await at.off('mail');
    expect([decorated.marked(), decorated.inherited()]).toEqual(['marked, helped', 'inherited']);
    const { marked, inherited } = Decorated.prototype;
    expect([Reflect.getMetadata('role', marked), Reflect.getMetadata('role', inherited)]).toEqual([
      'marked',
      'inherited',
    ]);
    expect([marked.name, inherited.name]).toEqual(['marked', 'inherited']);
  });
});

describe('@SkipDuringMaintenance() on a class and on its methods', () => {
  @SkipDuringMaintenance('mail')
  @Injectable()
  class Both {
    @SkipDuringMaintenance('mail', { missed: 'once' })
    async once(): Promise<string> {
      return note('once');
    }

    @SkipDuringMaintenance('billing')
    other(): string {
      return note('other');
    }

    @MaintenanceExempt()
    exempt(): string {
      return note('exempt');
    }

    @MaintenanceExempt('mail')
    spared(): string {
      return note('spared');
    }

    @MaintenanceKeys('billing')
    plain(): string {
      return note('plain');
    }
  }

  it('combines the keys of both, leaves out exempt ones, and catches up as the method says', async () => {
    calls = [];
    const keys = [new MaintenanceKey('billing', { scope: 'marked' }), new MaintenanceKey('mail')];
    await using at = await started({ keys }, { providers: [Both] });
    const both = at.app.get(Both);
    const all = () => [both.other(), both.exempt(), both.spared(), both.plain()];
    await at.service.setMaintenance(true, 'billing');
    expect(all()).toEqual([undefined, 'exempt', 'spared', 'plain']);
    await at.service.setMaintenance(false, 'billing');
    await at.service.setMaintenance(true, 'mail');
    expect(all()).toEqual([undefined, 'exempt', 'spared', undefined]);
    const skipped = both.once();
    expect(skipped).toBeInstanceOf(Promise);
    expect(await skipped).toBeUndefined();
    await at.service.setMaintenance(false, 'mail');
    await until(() => count('once') === 1);
  });

  @SkipDuringMaintenance('mail', { missed: 'once' })
  @Injectable()
  class CatchingUp {
    @SkipDuringMaintenance('billing', { missed: 'once' })
    both(argument: string): void {
      note(`both ${argument}`);
    }

    @SkipDuringMaintenance('billing')
    silent(): void {
      note('silent');
    }

    @SkipDuringMaintenance('billing', { missed: 'skip' })
    forgets(): void {
      note('forgets');
    }
  }

  const replaces: MethodDecorator = (_target, _property, descriptor: PropertyDescriptor) => {
    const inner = descriptor.value as (...args: unknown[]) => unknown;
    descriptor.value = function (this: unknown, ...args: unknown[]) {
      note('around');
      return inner.apply(this, args);
    };
  };

  it('counts the keys of both if another decorator replaces the method in between', async () => {
    class Around {
      @SkipDuringMaintenance('billing')
      @replaces
      @SkipDuringMaintenance('mail')
      run(): string {
        return note('run');
      }
    }
    const keys = [new MaintenanceKey('billing'), new MaintenanceKey('mail')];
    await using at = await started({ keys }, { providers: [Around] });
    const jobs = at.app.get(Around);
    for (const [key, expected] of [
      ['billing', []],
      ['mail', ['around']],
    ] as const) {
      await at.service.setMaintenance(true, key);
      calls = [];
      expect(jobs.run()).toBeUndefined();
      expect(calls).toEqual(expected);
      await at.service.setMaintenance(false, key);
    }
    expect(jobs.run()).toBe('run');
  });

  it.each<[string, () => unknown]>([
    [
      'on the method, below',
      () => {
        class Around {
          @SkipDuringMaintenance('billing')
          @replaces
          @SkipDuringMaintenance('mail', { missed: 'once' })
          run(): void {}
        }
        return Around;
      },
    ],
    [
      'on the method, above',
      () => {
        class Around {
          @SkipDuringMaintenance('billing', { missed: 'once' })
          @replaces
          @SkipDuringMaintenance('mail')
          run(): void {}
        }
        return Around;
      },
    ],
    [
      'on a static method',
      () => {
        class Around {
          @SkipDuringMaintenance('billing', { missed: 'once' })
          @replaces
          @SkipDuringMaintenance('mail')
          static run(): void {}

          other(): void {}
        }
        return Around;
      },
    ],
    [
      'on the class of an inherited method',
      () => {
        class Base {
          @replaces
          @SkipDuringMaintenance('mail', { missed: 'once' })
          run(): void {}
        }
        @SkipDuringMaintenance('billing')
        class Around extends Base {}
        return Around;
      },
    ],
  ])("refuses such a decorator with missed: 'once' %s", (_where, declare) => {
    expect(declare).toThrow(MaintenanceConfigurationError);
    expect(declare).toThrow(/apply to Around\.run\(\), with a decorator in between that replaces the method/);
  });

  it("accepts missed: 'once' above and below it, once for each method", async () => {
    calls = [];
    class Base {
      @SkipDuringMaintenance('mail', { missed: 'once' })
      @replaces
      run(): string {
        return note('base');
      }
    }
    @SkipDuringMaintenance('billing')
    class Overrides extends Base {
      @replaces
      override run(): string {
        return note('overrides');
      }
    }
    const keys = [new MaintenanceKey('billing'), new MaintenanceKey('mail')];
    await using at = await started({ keys }, { providers: [Base, Overrides] });
    await at.service.setMaintenance(true, 'mail');
    expect(at.app.get(Base).run()).toBeUndefined();
    expect(at.app.get(Overrides).run()).toBe('overrides');
    calls = [];
    await at.service.setMaintenance(false, 'mail');
    await until(() => count('base') === 1);
    expect(calls).toEqual(['around', 'base']);
  });

  it('catches up only once the keys of both are open, as the class says if the method says nothing', async () => {
    calls = [];
    const keys = [new MaintenanceKey('billing', { scope: 'marked' }), new MaintenanceKey('mail')];
    await using at = await started({ keys }, { providers: [CatchingUp] });
    const jobs = at.app.get(CatchingUp);
    const turn = (value: boolean, key: string) => at.service.setMaintenance(value, key);
    await turn(true, 'billing');
    jobs.both('1');
    jobs.silent();
    jobs.forgets();
    await turn(true, 'mail');
    await turn(false, 'billing');
    jobs.both('2');
    await turn(true, 'billing');
    await turn(false, 'mail');
    await turn(true, 'mail');
    await turn(false, 'billing');
    await at.service.waitUntilOpen('billing');
    expect(calls).toEqual([]);
    await turn(false, 'mail');
    await until(() => calls.length === 2);
    await turn(true, 'mail');
    await turn(false, 'mail');
    expect(calls.sort()).toEqual(['both 2', 'silent']);
  });
});

describe('what a skipped method returns', () => {
  class Kinds {
    @SkipDuringMaintenance('mail')
    promise(): Promise<string> {
      return Promise.resolve(note('promise'));
    }

    @SkipDuringMaintenance('mail', { missed: 'once' })
    observable(gate: string): Observable<string> {
      return defer(() => gates.pass(gate));
    }

    @SkipDuringMaintenance('mail')
    subject(): Subject<string> {
      return new Subject<string>();
    }
  }

  it('is an empty value of the same kind, so that the caller can go on', async () => {
    await using at = await site();
    const kinds = new Kinds();
    await at.on('mail');
    expect(await kinds.promise().then((value) => [value])).toEqual([undefined]);
    expect(await lastValueFrom(kinds.observable('a').pipe(toArray()))).toEqual([]);
    await at.off('mail');
    expect(await kinds.promise()).toBe('promise');
    // made up for
    await until(() => gates.begun.includes('a'));
    gates.open('a');
    expect(kinds.subject()).toBeInstanceOf(Subject);
  });

  it('counts as long as somebody is subscribed, and starts only while the keys are open', async () => {
    await using at = await site();
    const kinds = new Kinds();
    const early = kinds.observable('a');
    const values = lastValueFrom(early);
    await until(() => gates.begun.includes('a'));
    const error = await failure(at.service.maintain('mail', () => 'never', { drain: 50 }));
    expect(error).toMatchObject({ routes: ['Kinds.observable'] });
    gates.open('a');
    expect(await values).toBe('a');
    const abandoned = early.subscribe();
    abandoned.unsubscribe();
    expect(
      await at.service.maintain('mail', () => lastValueFrom(early.pipe(toArray())), { drain: 50 }),
    ).toEqual([]);
  });
});

describe('a request-scoped provider', () => {
  @Injectable({ scope: Scope.REQUEST })
  class Scoped {
    @SkipDuringMaintenance('mail', { missed: 'once' })
    run(argument: string): string {
      return note(`scoped ${argument}`);
    }
  }

  it('catches up once for calls that several instances have missed', async () => {
    calls = [];
    await using at = await started({ keys: [new MaintenanceKey('mail')] }, { providers: [Scoped] });
    await at.service.setMaintenance(true, 'mail');
    for (const argument of ['first', 'second', 'third']) {
      (await at.app.resolve(Scoped)).run(argument);
    }
    await at.service.setMaintenance(false, 'mail');
    await until(() => calls.length > 0);
    await new Promise((resolve) => setImmediate(resolve));
    expect(calls).toEqual(['scoped third']);
  });
});

describe('scheduled methods', () => {
  @Injectable()
  class Scheduled {
    @SkipDuringMaintenance('mail')
    @Cron('* * * * * *')
    above(): void {
      note('above');
    }

    @Cron('* * * * * *')
    @SkipDuringMaintenance('mail')
    below(): void {
      note('below');
    }

    @SkipDuringMaintenance('mail')
    @Interval(20)
    interval(): void {
      note('interval');
    }

    @Timeout(60)
    @SkipDuringMaintenance('mail', { missed: 'once' })
    timeout(): void {
      note('timeout');
    }

    @Interval(20)
    other(): void {
      note('other');
    }
  }

  @SkipDuringMaintenance('mail')
  @Injectable()
  class ScheduledClass {
    @Interval(20)
    inClass(): void {
      note('inClass');
    }
  }

  it('are skipped, and go on afterwards', async () => {
    calls = [];
    const options = { keys: [new MaintenanceKey('mail')], cache: createCache() };
    // on before anything is scheduled
    await using before = await started(options);
    await before.service.setMaintenance(true, 'mail');
    await using at = await started(options, {
      imports: [ScheduleModule.forRoot()],
      providers: [Scheduled, ScheduledClass],
    });
    await until(() => count('other') > 60, { timeout: 10_000 });
    expect(new Set(calls)).toEqual(new Set(['other']));
    await at.service.setMaintenance(false, 'mail');
    const all = ['above', 'below', 'interval', 'inClass', 'timeout', 'other'];
    await until(() => all.every((call) => count(call) > 0));
    expect(count('timeout')).toBe(1);
  });
});

describe('a wrong use', () => {
  it.each([
    [
      'an invalid key',
      () => SkipDuringMaintenance(5 as never),
      /keys of @SkipDuringMaintenance\(\)" received 5/,
    ],
    ['an empty name', () => SkipDuringMaintenance(''), /received ""/],
    [
      'missed',
      () => SkipDuringMaintenance('mail', { missed: 'twice' as never }),
      /"missed" received "twice"/,
    ],
    [
      'no missed',
      () => SkipDuringMaintenance('mail', { missed: null as never }),
      /"missed" received null; accepted: 'skip', 'once'/,
    ],
    [
      'a generator',
      () =>
        SkipDuringMaintenance('mail')({}, 'values', {
          value: async function* values() {},
        }),
      /on the generator values\(\)/,
    ],
    ['an unknown option', () => SkipDuringMaintenance('mail', { miss: 'once' } as never), /"miss"/],
    [
      'a property',
      () => SkipDuringMaintenance('mail')({}, 'property', undefined as never),
      /on property; accepted: a method or a class/,
    ],
  ])('is refused by the decorator: %s', (_what, decorate, message) => {
    expect(decorate).toThrow(MaintenanceConfigurationError);
    expect(decorate).toThrow(message);
  });
});
