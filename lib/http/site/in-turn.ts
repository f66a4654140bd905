import type { ServerResponse } from 'node:http';
import type { ApplicationCalls } from '../../core/common/application-calls.js';

/** Whose headers are set. */
export interface InTurn<T> {
  /** Calls one of the functions. */
  readonly call: (one: T, next: () => void) => unknown;
  readonly response: ServerResponse;
  readonly calls: ApplicationCalls;
}

/**
 * Calls functions one after the other, each when the previous one has called back or its promise has settled; then calls back.
 * Their errors are not passed on: they only set headers of a request that is refused in any case. One that does neither in time
 * is abandoned; all of them together have `callTimeout`.
 */
export function inTurn<T>(
  functions: readonly T[],
  { call, response, calls }: InTurn<T>,
  then: () => void,
): void {
  const end = performance.now() + calls.timeout;
  const run = (index: number): void => {
    const one = functions[index];
    const left = end - performance.now();
    if (one === undefined || left <= 0) {
      then();
      return;
    }
    let called = false;
    let settle: (() => void) | undefined;
    const next = (): void => {
      if (!called) {
        called = true;
        settle?.();
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
    if (!called) {
      const late = (): void => {
        if (!called) {
          ignoreLateHeaders(response);
          next();
        }
      };
      void Promise.resolve(
        calls.ask(
          'Middleware that sets headers of refusals',
          'the response is sent without them',
          undefined,
          () => new Promise<void>((resolve) => (settle = resolve)),
          left,
        ),
      ).then(late);
    }
  };
  run(0);
}

/** Setting a header after the response was sent throws inside the middleware, where nobody could catch it. */
function ignoreLateHeaders(response: ServerResponse): void {
  for (const name of ['setHeader', 'appendHeader', 'removeHeader'] as const) {
    const method = response[name].bind(response) as (...args: unknown[]) => unknown;
    const bounded = (...args: unknown[]): unknown => (response.headersSent ? response : method(...args));
    Object.defineProperty(response, name, { value: bounded, configurable: true, writable: true });
  }
}
