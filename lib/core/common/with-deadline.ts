/**
 * What a promise gives, unless it is late. What it gives later, also an error, is dropped.
 * @param timeout milliseconds
 * @param late makes what a late promise is rejected with
 */
export function withDeadline<T>(promise: PromiseLike<T>, timeout: number, late: () => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    let settled = false;
    const giveUp = (): void => {
      if (!settled) {
        reject(late() as Error);
      }
    };
    // after a sleep of this process the answer may be there, and not have been read yet
    const timer = setTimeout(() => setImmediate(giveUp), timeout);
    void Promise.resolve(promise)
      .then(resolve, reject)
      .finally(() => {
        settled = true;
        clearTimeout(timer);
      });
  });
}
