import 'reflect-metadata';

/** Called by Nest itself, whatever is in maintenance. */
const LIFECYCLE: ReadonlySet<unknown> = new Set([
  'onModuleInit',
  'onApplicationBootstrap',
  'onModuleDestroy',
  'beforeApplicationShutdown',
  'onApplicationShutdown',
]);

/** Metadata that TypeScript leaves on every decorated method. */
const isTypeMetadata = (key: unknown): boolean => typeof key === 'string' && key.startsWith('design:');

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
    Reflect.getMetadataKeys(value as object).some((key) => !isTypeMetadata(key)),
  );
  return decorated.length > 0 ? new Map(decorated) : all;
}
