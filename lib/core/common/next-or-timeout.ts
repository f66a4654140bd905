import type { Observable } from 'rxjs';
import { onAbort } from './abort-signals.js';

/**
 * Waits for the next value, at most this many ms; settles early if the signal aborts.
 * @returns whether a value came
 */
export function nextOrTimeout(
  source: Observable<unknown>,
  timeout: number,
  signal?: AbortSignal,
): Promise<boolean> {
  if (signal?.aborted) {
    return Promise.resolve(false);
  }
  return new Promise((resolve) => {
    const settle = (came: boolean): void => {
      clearTimeout(timer);
      subscription.unsubscribe();
      forget?.();
      resolve(came);
    };
    const timer = setTimeout(() => settle(false), timeout);
    const subscription = source.subscribe({
      next: () => queueMicrotask(() => settle(true)),
      complete: () => queueMicrotask(() => settle(false)),
    });
    const forget = signal && onAbort(signal, () => settle(false));
  });
}
