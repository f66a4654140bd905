import 'reflect-metadata';

/**
 * Notes on the class that one of its members is marked, so that discovery asks each class once instead of scanning
 * every method of every provider.
 * @param target the prototype (or the class, for a static member), as a decorator receives it
 */
export function markMember<T extends { property: string | symbol }>(
  mark: symbol,
  target: object,
  entry: T,
): void {
  const own = (Reflect.getOwnMetadata(mark, target) ?? []) as T[];
  Reflect.defineMetadata(mark, [...own, entry], target);
}

/** All members marked on a class, those of its ancestors included. */
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
