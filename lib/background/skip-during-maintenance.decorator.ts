import 'reflect-metadata';
import { NamedKeys } from '../core/calls/work-scope.js';
import { checkOptionNames, oneOf } from '../core/service/call-options.js';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { MaintenanceKeyLike } from '../core/keys/maintenance-key-like.js';
import { nameKeys } from '../decision/decorators.js';
import { scheduledMethods } from './scheduled-methods.js';
import { skippedMethod, type Skipping } from './skipped-method.js';
import { noteSkipping } from './skipping-classes.js';

/** Options of `@SkipDuringMaintenance()`. @publicApi */
export interface MaintenanceSkipOptions {
  /**
   * What becomes of calls that were skipped: `'skip'` forgets them, `'once'` makes up for them once, with the arguments of the
   * last, as soon as the keys are open; not in a process that ends before. Default `'skip'`.
   */
  missed?: 'skip' | 'once';
}

/**
 * Skips a method while one of these keys is on: it is not called, and gives `undefined`, or a promise for that where it is
 * `async`. What runs counts like a request: a `maintain()` that holds one of the keys waits for it. For `@Cron`, `@Interval` and
 * `@Timeout` of `@nestjs/schedule` above as well as below them, and for any other method, static ones included.
 *
 * On a class: all its methods that carry another decorator's metadata, such as `@Cron`; in a class without any, all but Nest's
 * lifecycle hooks.
 *
 * @param keys names or keys, whatever their `scope`, and options at the end. Without keys it is as for a handler: keys of
 * `scope: 'site'` and those of `@MaintenanceKeys`, without those of `@MaintenanceExempt`
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
    noteSkipping(target);
    if (property === undefined) {
      for (const [name, own] of scheduledMethods(target as Function)) {
        Object.defineProperty((target as Function).prototype, name, {
          ...own,
          value: skippedMethod(own.value as Function, skipping),
        });
      }
      nameKeys(target, undefined, skipping.names, DECORATOR);
      return;
    }
    if (typeof descriptor?.value !== 'function') {
      throw new MaintenanceConfigurationError(
        `${DECORATOR} on ${String(property)}; accepted: a method or a class.`,
      );
    }
    descriptor.value = skippedMethod(descriptor.value as Function, skipping);
    nameKeys(target, property, skipping.names, DECORATOR);
  };
}

const DECORATOR = '@SkipDuringMaintenance()';

function parse(given: readonly unknown[]): Skipping {
  const last = given.at(-1);
  const hasOptions = typeof last === 'object' && last !== null && !(last instanceof MaintenanceKey);
  const keys = hasOptions ? given.slice(0, -1) : given;
  const options = (hasOptions ? last : {}) as MaintenanceSkipOptions;
  checkOptionNames(DECORATOR.slice(0, -2), options, ['missed']);
  const missed = oneOf('missed', options.missed ?? 'skip', ['skip', 'once']);
  const names = keys.map((key) => (key instanceof MaintenanceKey ? key.name : key));
  const wrong = names.findIndex((name) => typeof name !== 'string' || name === '');
  if (wrong >= 0) {
    throw MaintenanceConfigurationError.of(
      `keys of ${DECORATOR}`,
      names[wrong],
      'names of keys or MaintenanceKey objects, and { missed } at the end',
    );
  }
  return {
    names: names as string[],
    scope: names.length > 0 ? new NamedKeys(new Set(names as string[])) : undefined,
    missed,
  };
}
