import 'reflect-metadata';
import { MaintenanceConfigurationError } from '../core/errors/errors.js';

/** Adds to a list that is kept as metadata. */
export function addMetadata(metadata: symbol, target: object, entry: unknown): void {
  const before = (Reflect.getOwnMetadata(metadata, target) ?? []) as unknown[];
  Reflect.defineMetadata(metadata, [...before, entry], target);
}

/**
 * Records on the class that one of its members is marked, so that discovery asks each class once instead of scanning every
 * method of every provider.
 * @param target the prototype, as a decorator receives it
 * @param decorator its name, for messages
 * @throws MaintenanceConfigurationError on a static member: nobody injects anything into a class itself
 */
export function markMember<T extends { property: string | symbol }>(
  mark: symbol,
  target: object,
  entry: T,
  decorator: string,
): void {
  if (typeof target === 'function') {
    throw new MaintenanceConfigurationError(
      `${decorator} on static member ${target.name}.${String(entry.property)}; accepted: a member of instances.`,
    );
  }
  addMetadata(mark, target, entry);
}

/** All marked members of a class, including inherited ones. */
export function markedMembers<T extends { property: string | symbol }>(mark: symbol, cls: unknown): T[] {
  const found: T[] = [];
  let prototype: unknown = typeof cls === 'function' ? cls.prototype : undefined;
  while (typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype) {
    for (const entry of (Reflect.getOwnMetadata(mark, prototype) ?? []) as T[]) {
      // an overriding member that is marked again counts once
      if (
        !found.some((known) => known.property === entry.property && known !== entry && sameMark(known, entry))
      ) {
        found.push(entry);
      }
    }
    prototype = Object.getPrototypeOf(prototype);
  }
  return found;
}

function sameMark(a: object, b: object): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
