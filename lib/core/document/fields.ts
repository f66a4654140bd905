// Reads fields of stored records. Each throws an Error that says what is wrong with what is stored.

/** How far from 1970 an instant may be for `Date` to hold it, in ms. */
const FARTHEST = 8.64e15;

export function object(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`its ${what} is not an object`);
  }
  return value as Record<string, unknown>;
}

export function integer(value: unknown, what: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw new Error(`its ${what} is not a whole number`);
  }
  return value as number;
}

/** Whether it is epoch ms that `Date` can hold. */
export const isInstant = (value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) <= FARTHEST;

export function instant(value: unknown, what: string): number {
  if (!isInstant(value)) {
    throw new Error(`its ${what} is not a timestamp`);
  }
  return value;
}

export function id(value: unknown, what: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 200) {
    throw new Error(`its ${what} is not an id`);
  }
  return value;
}

export function text(value: unknown): string | null {
  if (!isAbsent(value) && typeof value !== 'string') {
    throw new Error('a message, reason or actor is not text');
  }
  return value ?? null;
}

/** A version that knows one field less omits it. */
export const isAbsent = (value: unknown): value is null | undefined => value === null || value === undefined;
