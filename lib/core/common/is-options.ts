/**
 * Whether these can be options: a literal, or an instance of a class. A `Date`, a promise, a signal or a `Map` has no property that
 * anybody would read: what was meant by it would be lost.
 */
export const isOptions = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  (Object.keys(value).length > 0 || Object.prototype.toString.call(value) === '[object Object]');
