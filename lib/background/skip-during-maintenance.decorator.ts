import 'reflect-metadata';
import { NamedKeys } from '../core/calls/work-scope.js';
import { checkOptionNames, oneOf } from '../core/service/call-options.js';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { MaintenanceKeyLike } from '../core/keys/maintenance-key-like.js';
import { decoratedNames } from '../decision/decorated-names.js';
import { noteDecorator } from '../decision/decorator-copies.js';
import { EXEMPT, nameKeys } from '../decision/decorators.js';
import { completeMarks, ownerOf } from '../decision/restored-marks.js';
import { scheduledMethods } from './scheduled-methods.js';
import { skippedMethod, type Skipping } from './skipped-method.js';
import { noteSkipping } from './skipping-classes.js';
import { noteMember } from './skipping-members.js';

/** Options of `@SkipDuringMaintenance()`. @publicApi */
export interface MaintenanceSkipOptions {
  /**
   * What happens to skipped calls: `'skip'` forgets them, `'once'` runs the method once as soon as the keys are open, with the
   * arguments of the last call. This is kept in memory: a process that ends before that forgets it. Default `'skip'`.
   */
  missed?: 'skip' | 'once';
}

/**
 * Skips a method while one of these keys is on: the method is not called, and the call returns `undefined`, or an empty value of
 * the same kind: a promise of `undefined` if the method is `async` or declared to return a `Promise`, an observable that completes
 * at once if it is declared to return an `Observable`. A running call counts like a request: a `maintain()` of one of the keys
 * waits for it. For an observable, each subscription is decided and counted separately. It works above and below `@Cron`,
 * `@Interval` and `@Timeout` of `@nestjs/schedule`, and on any other method, including static ones, except generators.
 *
 * On a class it applies to all methods that carry metadata of another decorator, such as `@Cron`, or, if there are none, to all
 * methods except Nest's lifecycle hooks; static ones need their own. If a method has the decorator too, the keys of both count:
 * `missed` is that of the method, or of the class if the method does not say, and a missed call is made up for once the keys of
 * both are open. `@MaintenanceExempt()` on a method excludes it.
 *
 * What stands above it, such as a decorator that opens a transaction, runs around each call, skipped or not, but not around a call
 * that is made up for. A method with two of them, also if one is on the class, must not have a decorator in between that replaces
 * the method, if one of them has `missed: 'once'`.
 *
 * Where no application runs, the method is always called: before its providers exist, in a script or a unit test, and after
 * `app.close()` as soon as nothing that drains wait for is running in it any more.
 *
 * @param keys names or keys, whatever their `scope`, with options at the end. Without keys, the same keys count as for a handler:
 * those of `scope: 'site'` and of `@MaintenanceKeys`, except those of `@MaintenanceExempt`
 * @example
 * ```ts
 * @SkipDuringMaintenance('billing', { missed: 'once' })
 * @Cron('0 3 * * *')
 * async sendInvoices() {}
 * ```
 * @publicApi
 */
export function SkipDuringMaintenance(
  ...keys: MaintenanceKeyLike[] | [...MaintenanceKeyLike[], MaintenanceSkipOptions]
): ClassDecorator & MethodDecorator {
  const skipping = parse(keys);
  return (target: object, property?: string | symbol, descriptor?: PropertyDescriptor): void => {
    noteDecorator(DECORATOR, target, property);
    noteSkipping(target);
    if (property === undefined) {
      const { prototype } = target as { prototype: object };
      for (const [name, own] of scheduledMethods(target as Function)) {
        const method = own.value as Function;
        const owner = ownerOf(prototype, name);
        completeMarks(owner, name, method);
        const spared = withoutExempt(skipping, method);
        if (spared) {
          noteMember(prototype, name, method, spared.missed);
          const value = skippedMethod(method, spared, returnTypeOf(prototype, name), [owner, name]);
          Object.defineProperty(prototype, name, { ...own, value });
        }
      }
      nameKeys(target, undefined, skipping.names, DECORATOR);
      return;
    }
    if (typeof descriptor?.value !== 'function') {
      throw new MaintenanceConfigurationError(
        `${DECORATOR} on ${String(property)}; accepted: a method or a class.`,
      );
    }
    noteMember(target, property, descriptor.value as Function, skipping.missed);
    const returns = returnTypeOf(target, property);
    descriptor.value = skippedMethod(descriptor.value as Function, skipping, returns, [target, property]);
    nameKeys(target, property, skipping.names, DECORATOR);
  };
}

const DECORATOR = '@SkipDuringMaintenance()';

/** What TypeScript has noted of a method, with `emitDecoratorMetadata`. */
const returnTypeOf = (target: object, property: string | symbol): unknown =>
  Reflect.getMetadata('design:returntype', target, property);

/**
 * What a decorator of a class means for one of its methods, whose own decorator may exempt it.
 * @returns `undefined` if nothing is left
 */
function withoutExempt(skipping: Skipping, method: Function): Skipping | undefined {
  const exempt = (Reflect.getMetadata(EXEMPT, method) ?? []) as string[][];
  if (exempt.length === 0 || skipping.names.length === 0) {
    return skipping;
  }
  const names = exempt.some((keys) => keys.length === 0)
    ? []
    : skipping.names.filter((name) => !exempt.flat().includes(name));
  return names.length > 0 ? { ...skipping, names, scope: new NamedKeys(new Set(names)) } : undefined;
}

function parse(given: readonly unknown[]): Skipping {
  const last = given.at(-1);
  const hasOptions = typeof last === 'object' && last !== null && !(last instanceof MaintenanceKey);
  const keys = hasOptions ? given.slice(0, -1) : given;
  const options = (hasOptions ? last : {}) as MaintenanceSkipOptions;
  checkOptionNames(DECORATOR.slice(0, -2), options, ['missed']);
  const { missed } = options;
  if (missed !== undefined) {
    oneOf('missed', missed, ['skip', 'once']);
  }
  const names = decoratedNames(
    DECORATOR,
    keys,
    'names of keys or MaintenanceKey objects, and { missed } at the end',
  );
  return {
    names,
    scope: names.length > 0 ? new NamedKeys(new Set(names)) : undefined,
    missed,
  };
}
