/**
 * The result of a promise, unless it is late. A later result or error is dropped.
 * @param timeout milliseconds
 * @param late creates the error for a late promise
 */
export function withDeadline<T>(promise: PromiseLike<T>, timeout: number, late: () => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    let settled = false;
    const giveUp = (): void => {
      if (!settled) {
        reject(late() as Error);
      }
    };
    // after a sleep of this process the answer may have arrived without having been read yet
    const timer = setTimeout(() => setImmediate(giveUp), timeout);
    void Promise.resolve(promise)
      .then(resolve, reject)
      .finally(() => {
        settled = true;
        clearTimeout(timer);
      });
  });
}
