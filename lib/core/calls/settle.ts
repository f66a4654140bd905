/** Calls back with what came of it when a result has settled; hands back what it is, or a promise for it. */
export function settle<T>(result: T, done: (value?: unknown) => void): T {
  if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') {
    done(result);
    return result;
  }
  // a lazy thenable must be asked once only
  const asked = result instanceof Promise ? result : Promise.resolve(result as PromiseLike<unknown>);
  // what it is rejected with is no stream, and nobody minds if it were
  asked.then(done, done);
  return asked as T;
}
