import 'reflect-metadata';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import { decoratedNames } from './decorated-names.js';
import { noteDecorator } from './decorator-copies.js';
import { addMetadata, markedMembers, markMember } from './marked-members.js';
import { noteMemberMark } from './restored-marks.js';
import type { MaintenanceKeyLike } from '../core/keys/maintenance-key-like.js';

/** Set by `@MaintenanceExempt()`: names of keys, or `'all'`. */
export const EXEMPT = Symbol('nestjs-maintenance:exempt');
/** Set by `@MaintenanceKeys()`: names of keys. */
export const KEYS = Symbol('nestjs-maintenance:keys');

/** Keys that other decorators of a class name. */
const NAMES = Symbol('nestjs-maintenance:names');

/** The members of a class that name keys. */
export const NAMING_MEMBERS = Symbol('nestjs-maintenance:naming-members');

/** A member, and the keys that one of its decorators names. */
interface NamingMark {
  readonly property: string | symbol;
  readonly names: readonly string[];
  readonly decorator: string;
}

/**
 * Exempts a controller, gateway or resolver, or one of their handlers, from maintenance: no key refuses it. With arguments, only
 * these keys do not refuse it.
 *
 * @example
 * ```ts
 * @MaintenanceExempt()
 * @Controller('health')
 * export class HealthController {}
 * ```
 * @publicApi
 */
export function MaintenanceExempt(...keys: MaintenanceKeyLike[]): ClassDecorator & MethodDecorator {
  return mark(EXEMPT, 'MaintenanceExempt', keys);
}

/**
 * Assigns a controller, gateway, resolver or handler to keys, so that keys of `scope: 'marked'` affect it.
 *
 * @example
 * ```ts
 * @MaintenanceKeys('billing')
 * @Controller('invoices')
 * export class InvoicesController {}
 * ```
 * @publicApi
 */
export function MaintenanceKeys(...keys: MaintenanceKeyLike[]): ClassDecorator & MethodDecorator {
  if (keys.length === 0) {
    throw new MaintenanceConfigurationError(
      '@MaintenanceKeys() received no key; accepted: one or more names or keys.',
    );
  }
  return mark(KEYS, 'MaintenanceKeys', keys);
}

function mark(metadata: symbol, name: string, keys: MaintenanceKeyLike[]): ClassDecorator & MethodDecorator {
  const names = decoratedNames(`@${name}()`, keys);
  return (target: object, property?: string | symbol, descriptor?: PropertyDescriptor) => {
    if (property !== undefined) {
      nameKeys(target, property, names, `@${name}()`);
      noteMemberMark(target, { property, metadata, names });
    }
    noteDecorator(`@${name}()`, target, property);
    addMetadata(metadata, (descriptor?.value as object | undefined) ?? target, names);
  };
}

/** Records the keys that a decorator names, and where. @param property `undefined` on a class */
export function nameKeys(
  target: object,
  property: string | symbol | undefined,
  names: readonly string[],
  decorator: string,
): void {
  if (property === undefined) {
    const before = (Reflect.getOwnMetadata(NAMES, target) ?? []) as string[];
    Reflect.defineMetadata(NAMES, [...before, ...names], target);
  } else if (typeof target !== 'function') {
    markMember<NamingMark>(NAMING_MEMBERS, target, { property, names, decorator }, decorator);
  }
}

/** Everything that decorators of one kind say about a handler and its class: a list of lists of names. */
export function marksOf(metadata: symbol, cls: object, handler: object): readonly (readonly string[])[] {
  return [cls, handler].flatMap((subject) => (Reflect.getMetadata(metadata, subject) ?? []) as string[][]);
}

/** All keys that decorators of a class and its members name, and where; used to report names that nobody registers. */
export function namedKeys(cls: { readonly name: string }): readonly { where: string; name: string }[] {
  const onClass = marksOf(KEYS, cls, cls)
    .concat(marksOf(EXEMPT, cls, cls), [(Reflect.getMetadata(NAMES, cls) ?? []) as string[]])
    .flat();
  return [
    ...[...new Set(onClass)].map((name) => ({ where: cls.name, name })),
    ...markedMembers<NamingMark>(NAMING_MEMBERS, cls).flatMap(({ property, names, decorator }) =>
      names.map((name) => ({ where: `${decorator} on ${cls.name}.${String(property)}`, name })),
    ),
  ];
}
