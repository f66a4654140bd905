/**
 * Calls functions one after the other, each when the one before it has called back or its promise is settled; then calls back. An
 * error of theirs is not passed on: they only set headers of a request that is refused whatever they think of it.
 */
export function inTurn<T>(
  functions: readonly T[],
  call: (one: T, next: () => void) => unknown,
  then: () => void,
): void {
  const run = (index: number): void => {
    const one = functions[index];
    if (one === undefined) {
      then();
      return;
    }
    let called = false;
    const next = (): void => {
      if (!called) {
        called = true;
        run(index + 1);
      }
    };
    try {
      const result = call(one, next);
      if (result instanceof Promise) {
        result.then(next, next);
      }
    } catch {
      next();
    }
  };
  run(0);
}
