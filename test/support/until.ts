import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { first, firstValueFrom, throwError, timeout as limit, type Observable } from 'rxjs';

export interface UntilOptions {
  /** Milliseconds to keep asking. */
  timeout?: number;
  /** Milliseconds between two questions. */
  interval?: number;
  /** What is waited for, as the failure shall name it. */
  what?: string;
}

/**
 * Asks again and again until the answer is truthy, and gives that answer. A predicate that throws or rejects
 * counts as "not yet"; what it last said or threw is in the failure's message.
 */
export async function until<T>(
  predicate: () => T | Promise<T>,
  { timeout = 10_000, interval = 10, what = 'the expected state' }: UntilOptions = {},
): Promise<NonNullable<T>> {
  const deadline = performance.now() + timeout;
  let last = '';
  do {
    try {
      const answer = await predicate();
      if (answer) return answer;
      last = `last answer: ${inspect(answer)}`;
    } catch (error) {
      last = `last error: ${String(error)}`;
    }
    await delay(interval);
  } while (performance.now() < deadline);
  throw new Error(`Waited ${timeout} ms for ${what}; ${last}`);
}

/** The first value that satisfies the predicate, from the moment of the call. A failure lists what came instead. */
export async function nextChange<T>(
  source: Observable<T>,
  predicate: (value: T) => boolean = () => true,
  timeout = 10_000,
): Promise<T> {
  const others: T[] = [];
  const wanted = source.pipe(
    first((value) => predicate(value) || !others.push(value)),
    limit({ each: timeout, with: () => throwError(() => new Error(`none within ${timeout} ms`)) }),
  );
  return firstValueFrom(wanted).catch((error: unknown) => {
    throw new Error(`No such change; seen: ${inspect(others)}`, { cause: error });
  });
}
