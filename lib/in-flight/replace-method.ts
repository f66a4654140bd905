import 'reflect-metadata';
import { completeMarks, ownerOf } from '../decision/restored-marks.js';

/**
 * Replaces a method by another one, keeping its name, its metadata and its number of declared arguments.
 * @returns `false` for a frozen owner, which keeps its own
 */
export function replaceMethod(
  owner: object,
  property: string,
  original: Function,
  replacement: Function,
): boolean {
  return Reflect.defineProperty(owner, property, {
    value: likeMethod(owner, property, original, replacement),
    configurable: true,
    writable: true,
    enumerable: false,
  });
}

/** Gives what replaces a method the method's name, metadata and number of declared arguments. @param owner has it, or inherits it */
export function likeMethod<T extends Function>(
  owner: object,
  property: string,
  original: Function,
  replacement: T,
): T {
  completeMarks(ownerOf(owner, property), property, original);
  for (const key of Reflect.getMetadataKeys(original)) {
    Reflect.defineMetadata(key, Reflect.getMetadata(key, original), replacement);
  }
  // what a decorator has put there may have none: `@GrpcStreamMethod()`
  Object.defineProperty(replacement, 'name', { value: original.name || property, configurable: true });
  Object.defineProperty(replacement, 'length', { value: original.length, configurable: true });
  return replacement;
}
