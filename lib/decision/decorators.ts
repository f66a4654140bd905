import 'reflect-metadata';
import { MaintenanceConfigurationError } from '../maintenance.errors.js';
import { MaintenanceKey } from '../keys/maintenance-key.js';

/** What `@MaintenanceExempt()` leaves: names of keys, or `'all'`. */
export const EXEMPT = Symbol('nestjs-maintenance:exempt');
/** What `@MaintenanceKeys()` leaves: names of keys. */
export const KEYS = Symbol('nestjs-maintenance:keys');

type KeyLike = string | MaintenanceKey;

/**
 * What carries it is never refused: a controller, gateway or resolver, or one of their handlers. With names of keys: not by those.
 *
 * @example
 * ```ts
 * @MaintenanceExempt()
 * @Controller('health')
 * export class HealthController {}
 * ```
 * @publicApi
 */
export function MaintenanceExempt(...keys: KeyLike[]): ClassDecorator & MethodDecorator {
  return mark(EXEMPT, 'MaintenanceExempt', keys);
}

/**
 * What carries it belongs to these keys: keys of `scope: 'marked'` affect it.
 * @publicApi
 */
export function MaintenanceKeys(...keys: KeyLike[]): ClassDecorator & MethodDecorator {
  if (keys.length === 0) {
    throw new MaintenanceConfigurationError(
      '@MaintenanceKeys() received no key; accepted: one or more names or keys.',
    );
  }
  return mark(KEYS, 'MaintenanceKeys', keys);
}

function mark(metadata: symbol, name: string, keys: KeyLike[]): ClassDecorator & MethodDecorator {
  const names = keys.map((key) => (key instanceof MaintenanceKey ? key.name : key));
  const wrong = names.find((key) => typeof key !== 'string' || key === '');
  if (wrong !== undefined) {
    throw MaintenanceConfigurationError.of(
      `keys of @${name}()`,
      wrong,
      'names of keys or MaintenanceKey objects',
    );
  }
  return (target: object, _property?: string | symbol, descriptor?: PropertyDescriptor) => {
    const subject = (descriptor?.value as object | undefined) ?? target;
    const before = (Reflect.getOwnMetadata(metadata, subject) ?? []) as string[][];
    Reflect.defineMetadata(metadata, [...before, names], subject);
  };
}

/** All that decorators of one kind say of a handler and its class: a list of lists of names. */
export function marksOf(metadata: symbol, cls: object, handler: object): readonly (readonly string[])[] {
  return [cls, handler].flatMap((subject) => (Reflect.getMetadata(metadata, subject) ?? []) as string[][]);
}
