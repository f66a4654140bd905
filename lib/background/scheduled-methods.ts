import 'reflect-metadata';
import { EXEMPT, KEYS } from '../decision/decorators.js';

/** Called by Nest itself, whatever is in maintenance. */
const LIFECYCLE: ReadonlySet<unknown> = new Set([
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]);

/** Metadata that TypeScript leaves on every decorated method, and what says which keys a method belongs to. */
const saysNothing = (key: unknown): boolean =>
  key === EXEMPT || key === KEYS || (typeof key === 'string' && key.startsWith('design:'));

/**
 * The methods of a class, including inherited ones, that another decorator marks; if there are none, all methods except Nest's
 * hooks.
 */
export function scheduledMethods(cls: Function): Map<string | symbol, PropertyDescriptor> {
  const all = new Map<string | symbol, PropertyDescriptor>();
  let prototype: unknown = cls.prototype;
  while (typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype) {
    for (const name of Reflect.ownKeys(prototype)) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
      const counts =
        name !== 'constructor' && typeof descriptor?.value === 'function' && descriptor.configurable;
      if (counts && !all.has(name) && !LIFECYCLE.has(name)) {
        all.set(name, descriptor);
      }
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  const decorated = [...all].filter(([, { value }]) =>
    Reflect.getMetadataKeys(value as object).some((key) => !saysNothing(key)),
  );
  return decorated.length > 0 ? new Map(decorated) : all;
}
