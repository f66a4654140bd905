import { setImmediate } from 'node:timers/promises';
import {
  Controller,
  Get,
  Injectable,
  Module,
  Scope,
  type ModuleMetadata,
  type OnModuleInit,
} from '@nestjs/common';
import { LazyModuleLoader } from '@nestjs/core';
import {
  MaintenanceConfigurationError,
  MaintenanceExempt,
  MaintenanceKey,
  MaintenanceKeys,
  OnMaintenance,
  RegisterMaintenanceKey,
  type MaintenanceChange,
} from 'nestjs-maintenance';
import { firstValueFrom, Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { failure, started } from '../module/started.js';

@Injectable()
class Staff {
  isFinance(): boolean {
    return false;
  }
}

@RegisterMaintenanceKey('billing', { label: 'Billing', scope: 'marked', order: 2 })
class BillingKey extends MaintenanceKey {
  constructor(private readonly staff: Staff) {
    super();
  }

  override isEditable(): boolean {
    return this.staff.isFinance();
  }
}

@RegisterMaintenanceKey('plain', { order: 1 })
class PlainKey extends MaintenanceKey {}

@RegisterMaintenanceKey('named')
class NamedKey extends MaintenanceKey {
  constructor() {
    super('named', { label: 'From the constructor', order: 3 });
  }
}

@Injectable()
class Members {
  private readonly made: string[] = [];

  @RegisterMaintenanceKey()
  readonly property = new MaintenanceKey('property');

  @RegisterMaintenanceKey()
  readonly several = [new MaintenanceKey('first'), new MaintenanceKey('second')];

  @RegisterMaintenanceKey()
  method(): MaintenanceKey {
    this.made.push('method');
    return new MaintenanceKey('method', { helpText: `made ${this.made.length} time` });
  }

  @RegisterMaintenanceKey()
  methods(): MaintenanceKey[] {
    return [new MaintenanceKey('third'), new MaintenanceKey('fourth')];
  }

  @RegisterMaintenanceKey()
  get getter(): MaintenanceKey {
    return new MaintenanceKey('getter');
  }

  @RegisterMaintenanceKey()
  none(): MaintenanceKey[] {
    return [];
  }
}

const names = async (metadata: ModuleMetadata) => {
  await using running = await started({}, metadata);
  return running.service.getKeys().map(({ name }) => name);
};

/** Not decorated itself. */
@Injectable()
class HeirOfPlain extends PlainKey {}

describe('@RegisterMaintenanceKey(name, options?) on a provider class', () => {
  it('registers it, with its dependencies, with and without a constructor', async () => {
    await using running = await started({}, { providers: [Staff, BillingKey, PlainKey, NamedKey] });
    const keys = running.service.getKeys();
    expect(keys.map(({ name, label, order }) => [name, label, order])).toEqual([
      ['general', 'General maintenance', 0],
      ['plain', 'plain', 1],
      ['billing', 'Billing', 2],
      ['named', 'From the constructor', 3],
    ]);
    expect(keys[2]).toBe(running.app.get(BillingKey));
    expect(keys[2]?.isEditable(undefined)).toBe(false);
    await running.service.setMaintenance(true, running.app.get(BillingKey));
    expect(await running.app.get(BillingKey).isMaintenance()).toBe(true);
  });

  it('finds it in feature modules, and once despite several tokens', async () => {
    @Module({
      providers: [
        PlainKey,
        { provide: 'alias', useExisting: PlainKey },
        { provide: 'alias of an alias', useExisting: 'alias' },
      ],
      exports: [PlainKey],
    })
    class FeatureModule {}

    @Module({ imports: [FeatureModule], providers: [Staff, BillingKey] })
    class OtherModule {}

    expect(await names({ imports: [OtherModule, FeatureModule] })).toEqual(['general', 'plain', 'billing']);
  });

  it.each([
    ['a factory', { provide: 'key', useFactory: () => new PlainKey() }],
    ['an asynchronous factory', { provide: 'key', useFactory: async () => new PlainKey() }],
    ['a factory that injects', { provide: 'key', useFactory: () => new PlainKey(), inject: [Staff] }],
    ['a value', { provide: 'key', useValue: new PlainKey() }],
    ['a class under another token', { provide: 'key', useClass: PlainKey }],
  ])('finds what %s provides', async (_what, provider) => {
    expect(await names({ providers: [Staff, provider] })).toEqual(['general', 'plain']);
  });

  it('finds one value under two tokens once', async () => {
    const useValue = new PlainKey();
    const providers = [
      { provide: 'one', useValue },
      { provide: 'two', useValue },
    ];
    expect(await names({ providers })).toEqual(['general', 'plain']);
  });

  it('ignores a class that only inherits from one', async () => {
    @Injectable()
    class Child extends PlainKey {}
    expect(await names({ providers: [Child] })).toEqual(['general']);
  });

  it.each([
    ['a class that inherits', { useClass: HeirOfPlain }],
    ['a value', { useValue: new MaintenanceKey('plain') }],
    ['a factory', { useFactory: () => new HeirOfPlain() }],
  ])('takes what replaces it under its own token, %s', async (_what, source) => {
    expect(await names({ providers: [HeirOfPlain, { provide: PlainKey, ...source }] })).toEqual([
      'general',
      'plain',
    ]);
  });

  it('does not take a mock that is no key in its place', async () => {
    const mock = { provide: PlainKey, useValue: { isEditable: () => true } };
    expect(await names({ providers: [mock] })).toEqual(['general']);
  });

  it('lets an inheriting class be a separate key', async () => {
    @RegisterMaintenanceKey('child', { label: 'Child' })
    class Child extends BillingKey {}
    await using running = await started({}, { providers: [Staff, BillingKey, Child] });
    expect(running.service.getKeys().map(({ name }) => name)).toEqual(['general', 'child', 'billing']);
    expect(running.app.get(Child)).toMatchObject({ label: 'Child', scope: 'site' });
  });

  it('stops the start if the constructor passes another name', async () => {
    @RegisterMaintenanceKey('one')
    class Confused extends MaintenanceKey {
      constructor() {
        super('two');
      }
    }
    const error = await failure(started({}, { providers: [Confused] }));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toMatch(/Confused is registered as maintenance key "one" but names itself "two"/);
  });

  it.each(['a:b', '__proto__', '', 'a'.repeat(10_240)])('stops the start over the name %o', async (name) => {
    @RegisterMaintenanceKey(name)
    class Hostile extends MaintenanceKey {}
    expect(await failure(started({}, { providers: [Hostile] }))).toBeInstanceOf(
      MaintenanceConfigurationError,
    );
  });

  it('stops the start over a wrong option', async () => {
    @RegisterMaintenanceKey('a', { timeout: -1 })
    class Wrong extends MaintenanceKey {}
    expect((await failure(started({}, { providers: [Wrong] }))).message).toMatch(
      /"timeout of key a" received -1/,
    );
  });

  it('refuses contradictory declarations', () => {
    expect(() => {
      @RegisterMaintenanceKey('a')
      class NotAKey {}
      return NotAKey;
    }).toThrow(/on class NotAKey; accepted: .+ on a class that extends MaintenanceKey/);
    expect(() => {
      class Holder {
        @((RegisterMaintenanceKey as unknown as (name: string) => PropertyDecorator)('a'))
        key = new MaintenanceKey('a');
      }
      return Holder;
    }).toThrow(/on Holder\.key takes no arguments/);
    expect(() => {
      class Holder {
        @RegisterMaintenanceKey()
        static key = new MaintenanceKey('a');

        readonly other = 1;
      }
      return Holder;
    }).toThrow(/on static member Holder\.key; accepted: a member of instances/);
  });
});

describe('@RegisterMaintenanceKey() on members of a provider', () => {
  it('registers what properties, getters and methods return: one key, or an array', async () => {
    await using running = await started({}, { providers: [Members] });
    const found = running.service.getKeys().map(({ name }) => name);
    expect(found.toSorted()).toEqual([
      'first',
      'fourth',
      'general',
      'getter',
      'method',
      'property',
      'second',
      'third',
    ]);
    const method = running.service.getKeys().find(({ name }) => name === 'method');
    expect(method?.helpText).toBe('made 1 time');
  });

  it('registers what a provider creates in onModuleInit(), before anything is served', async () => {
    @Injectable()
    class Tenants implements OnModuleInit {
      @RegisterMaintenanceKey()
      property?: MaintenanceKey;

      @RegisterMaintenanceKey()
      list: MaintenanceKey[] = [];

      private made?: MaintenanceKey;

      @RegisterMaintenanceKey()
      method(): MaintenanceKey | undefined {
        return this.made;
      }

      async onModuleInit(): Promise<void> {
        await setImmediate();
        this.property = new MaintenanceKey('north');
        this.list.push(new MaintenanceKey('south'));
        this.made = new MaintenanceKey('west');
      }
    }
    await using running = await started({}, { providers: [Tenants] });
    const names = running.service.getKeys().map(({ name }) => name);
    expect(names.toSorted()).toEqual(['general', 'north', 'south', 'west']);
    expect((await running.service.setMaintenance(true, 'north')).to).toBe(true);
  });

  it('registers nothing for an empty list', async () => {
    @Injectable()
    class None {
      @RegisterMaintenanceKey()
      readonly list: MaintenanceKey[] = [];
    }
    await using running = await started({}, { providers: [None] });
    expect(running.service.getKeys().map(({ name }) => name)).toEqual(['general']);
  });

  it('works on controllers and ancestors; an override counts once', async () => {
    class Base {
      @RegisterMaintenanceKey()
      inherited(): MaintenanceKey {
        return new MaintenanceKey('inherited');
      }

      @RegisterMaintenanceKey()
      overridden(): MaintenanceKey {
        return new MaintenanceKey('base');
      }
    }

    @Controller()
    class Child extends Base {
      @RegisterMaintenanceKey()
      override overridden(): MaintenanceKey {
        return new MaintenanceKey('child');
      }
    }
    expect((await names({ controllers: [Child] })).toSorted()).toEqual(['child', 'general', 'inherited']);
  });

  it.each([
    ['nothing', () => undefined, 'provided undefined; accepted: a MaintenanceKey'],
    ['a name', () => 'billing', 'provided "billing"; accepted: a MaintenanceKey'],
    [
      'a promise',
      async () => new MaintenanceKey('a'),
      'provided an object (Promise); accepted: a MaintenanceKey',
    ],
    ['a bad item', () => [new MaintenanceKey('a'), null], 'provided null; accepted: a MaintenanceKey'],
    [
      'an error',
      () => {
        throw new Error('on purpose');
      },
      'threw while its maintenance keys were read: on purpose',
    ],
  ])('stops the start if one returns %s', async (_what, give, message) => {
    @Injectable()
    class Holder {
      @RegisterMaintenanceKey()
      keys(): unknown {
        return give();
      }
    }
    const error = await failure(started({}, { providers: [Holder] }));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toBe(`Holder.keys in RootModule ${message}.`.replace(/purpose\.$/, 'purpose'));
  });
});

describe('a name that is declared twice', () => {
  it('stops the start, naming both places', async () => {
    @Injectable()
    class Holder {
      @RegisterMaintenanceKey()
      key = new MaintenanceKey('plain');
    }
    @Module({ providers: [Holder] })
    class HolderModule {}

    const error = await failure(started({}, { imports: [HolderModule], providers: [PlainKey] }));
    expect(error).toBeInstanceOf(MaintenanceConfigurationError);
    expect(error.message).toContain('"plain" is declared twice');
    expect(error.message).toContain('class PlainKey in RootModule');
    expect(error.message).toContain('Holder.key in HolderModule');
  });

  it('names the modules when one class is provided in two', async () => {
    @Module({ providers: [PlainKey] })
    class OneModule {}
    @Module({ providers: [PlainKey] })
    class TwoModule {}
    const { message } = await failure(started({}, { imports: [OneModule, TwoModule] }));
    expect(message).toMatch(/class PlainKey in OneModule and by class PlainKey in TwoModule/);
  });

  it('includes the option and a class', async () => {
    const error = await failure(started({ keys: [new MaintenanceKey('plain')] }, { providers: [PlainKey] }));
    expect(error.message).toMatch(/by the option "keys" \(index 0\) and by class PlainKey/);
  });
});

describe('providers that are not singletons', () => {
  it.each([Scope.REQUEST, Scope.TRANSIENT])('are warned about, scope %s', async (scope) => {
    @Injectable({ scope })
    class Scoped {
      @RegisterMaintenanceKey()
      key = new MaintenanceKey('scoped');
    }
    @RegisterMaintenanceKey('scoped-class')
    @Injectable({ scope })
    class ScopedKey extends MaintenanceKey {}

    await using running = await started({}, { providers: [Scoped, ScopedKey] });
    expect(running.service.getKeys()).toHaveLength(1);
    const warnings = running.log.filter((line) => line.startsWith('warn'));
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/Scoped is not a singleton: its maintenance keys cannot be registered/);
    expect(warnings[1]).toMatch(/ScopedKey is not a singleton/);
  });

  it('also if they are not singletons because of what they inject', async () => {
    @Injectable({ scope: Scope.REQUEST })
    class Tenant {}
    @RegisterMaintenanceKey('tenant')
    class TenantKey extends MaintenanceKey {
      constructor(readonly tenant: Tenant) {
        super();
      }
    }
    await using running = await started({}, { providers: [Tenant, TenantKey] });
    expect(running.service.getKeys()).toHaveLength(1);
    expect(running.log.join('\n')).toMatch(/TenantKey is not a singleton/);
  });
});

describe('modules that are loaded lazily', () => {
  it('add keys and hooks that are found at the next lookup', async () => {
    const changes: MaintenanceChange[] = [];

    @Injectable()
    class Hooks {
      @OnMaintenance('changed', 'plain')
      changed(change: MaintenanceChange): void {
        changes.push(change);
      }
    }
    @Module({ providers: [PlainKey, Hooks] })
    class LazyModule {}

    await using running = await started();
    expect(() => running.service.isInMaintenance(undefined, 'plain')).toThrow(
      /Unknown maintenance key "plain"/,
    );
    await running.app.get(LazyModuleLoader).load(() => LazyModule);
    expect(running.service.isInMaintenance(undefined, 'plain').value).toBe(false);
    expect(running.service.getKeys().map(({ name }) => name)).toEqual(['general', 'plain']);
    await running.service.setMaintenance(true, 'plain');
    expect(running.service.isInMaintenance(undefined, 'plain').value).toBe(true);
    expect(changes.map(({ key, to }) => [key, to])).toEqual([['plain', true]]);
    expect(Object.keys(await running.service.getKeyData())).toEqual(['general', 'plain']);
  });

  it('are found once they exist, whoever asks while their module is being loaded', async () => {
    class Rates {}
    @RegisterMaintenanceKey('rates')
    class RatesKey extends MaintenanceKey {
      constructor(readonly rates: Rates) {
        super();
      }
    }
    @Injectable()
    class RatesHooks {
      readonly heard: string[] = [];
      constructor(readonly rates: Rates) {}

      @OnMaintenance('changed')
      changed({ key }: MaintenanceChange): void {
        this.heard.push(key);
      }
    }
    const asked = new Subject<void>();
    const rates = new Subject<Rates>();
    const useFactory = (): Promise<Rates> => {
      asked.next();
      return firstValueFrom(rates);
    };
    @Module({ providers: [{ provide: Rates, useFactory }, RatesKey, RatesHooks] })
    class RatesModule {}

    await using running = await started();
    const { service } = running;
    const begun = firstValueFrom(asked);
    const loading = running.app.get(LazyModuleLoader).load(() => RatesModule);
    await begun;
    expect(service.getKeys().map(({ name }) => name)).toEqual(['general']);
    await service.setMaintenance(true);
    rates.next(new Rates());
    const loaded = await loading;

    await service.setMaintenance(true, 'rates');
    const key = loaded.get(RatesKey);
    expect(service.getKeys()).toContain(key);
    expect(key.rates).toBeInstanceOf(Rates);
    expect(loaded.get(RatesHooks).heard).toEqual(['rates']);
  });
});

describe('names that are not registered', () => {
  it('are warned about once, wherever a decorator names them', async () => {
    @MaintenanceKeys('ghost-1')
    @Controller()
    class GhostController {
      @MaintenanceExempt('ghost-2', 'plain')
      @Get()
      get(): void {}

      @MaintenanceKeys('plain', 'ghost-3')
      @Get('b')
      other(): void {}
    }
    @Injectable()
    class GhostHooks {
      @OnMaintenance('changed', 'ghost-4', 'plain')
      changed(): void {}
    }
    await using running = await started(
      {},
      { controllers: [GhostController], providers: [GhostHooks, PlainKey] },
    );
    const warnings = running.log.filter((line) => line.includes('not registered')).toSorted();
    expect(warnings).toEqual([
      'warn @MaintenanceExempt() on GhostController.get names maintenance key "ghost-2", which is not registered (yet).',
      'warn @MaintenanceKeys() on GhostController.other names maintenance key "ghost-3", which is not registered (yet).',
      'warn GhostController names maintenance key "ghost-1", which is not registered (yet).',
      'warn GhostHooks.changed listens to maintenance key "ghost-4", which is not registered (yet).',
    ]);
  });

  it('cause no warning if all are registered', async () => {
    @MaintenanceKeys('plain', 'general')
    @MaintenanceExempt()
    @Controller()
    class TidyController {}
    await using running = await started({}, { controllers: [TidyController], providers: [PlainKey] });
    expect(running.log.filter((line) => line.startsWith('warn'))).toEqual([]);
  });
});
