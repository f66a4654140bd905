/** Calls back with the value when a result has settled; returns the result, or a promise of it. */
export function settle<T>(result: T, done: (value?: unknown) => void, failed: () => void = done): T {
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') {
    done(result);
    return result;
  }
  // a lazy thenable must be asked only once
  const asked = result instanceof Promise ? result : Promise.resolve(result as PromiseLike<unknown>);
  // a rejection is handled elsewhere
  asked.then(done, () => failed());
  return asked as T;
}

/** The same; returns what is made of the value, or a promise of that. */
export function settleWith(
  result: unknown,
  done: (value?: unknown) => void,
  failed: () => void,
  make: (value: unknown) => unknown,
): unknown {
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') {
    done(result);
    return make(result);
  }
  return (result as PromiseLike<unknown>).then(
    (value) => {
      done(value);
      return make(value);
    },
    (error: unknown) => {
      failed();
      throw error;
    },
  );
}
