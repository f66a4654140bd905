import 'reflect-metadata';

const SKIPS = Symbol('nestjs-maintenance:skips');

/** Notes that methods of a class are skipped during maintenance. @param target the class, or its prototype */
export function noteSkipping(target: object): void {
  Reflect.defineMetadata(SKIPS, true, typeof target === 'function' ? target : target.constructor);
}

/** Whether methods of that class, or of one it extends, are skipped during maintenance. */
export const isSkipping = (cls: unknown): boolean =>
  typeof cls === 'function' && Reflect.getMetadata(SKIPS, cls) === true;
