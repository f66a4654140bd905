import { describeValue } from '../errors/errors.js';
import { messageOf } from '../errors/message-of.js';
import { LogThrottle } from './log-throttle.js';
import { withDeadline } from './with-deadline.js';

/**
 * Calls functions of the application that somebody waits for: what they use, such as a database, may be in maintenance itself.
 * If one throws or is late, a safe answer replaces its result, and the log says so.
 */
export class ApplicationCalls {
  private readonly log: LogThrottle;

  /**
   * @param timeout milliseconds a promise may take
   * @param log writes a line
   */
  constructor(
    readonly timeout: number,
    log: (message: string) => void,
  ) {
    this.log = new LogThrottle(log);
  }

  /**
   * The result of a function, or a promise of it; never throws or rejects. Stays synchronous if the function is.
   * @param name the function's name in the log; one of a limited number
   * @param consequence what happens instead, in words
   * @param instead the result instead
   * @param left milliseconds a promise may take, if a part of the time is already over
   */
  ask<T, F>(
    name: string,
    consequence: string,
    instead: F,
    call: () => T | PromiseLike<T>,
    left = this.timeout,
  ): T | F | Promise<T | F> {
    let late = false;
    const failed = (error: unknown): F => {
      // whatever was thrown, nothing else is asked about it: a revoked proxy throws at that
      const what = late
        ? `did not answer within ${this.timeout} ms (the option "callTimeout")`
        : `threw: ${messageOf(error)}`;
      this.report(name, what, consequence);
      return instead;
    };
    try {
      const answer = call();
      return isPromise<T>(answer) ? withDeadline(answer, left, () => (late = true)).catch(failed) : answer;
    } catch (error) {
      return failed(error);
    }
  }

  /** The same, however long it takes. */
  async eventually<T, F>(
    name: string,
    consequence: string,
    instead: F,
    call: () => T | PromiseLike<T>,
  ): Promise<T | F> {
    try {
      return await call();
    } catch (error) {
      this.report(name, `threw: ${messageOf(error)}`, consequence);
      return instead;
    }
  }

  /** The same for a function that nobody can wait for: a promise counts as an error. */
  askNow<T, F>(name: string, consequence: string, instead: F, call: () => T): T | F {
    try {
      const answer: unknown = call();
      if (!isPromise(answer)) {
        return answer as T;
      }
      answer.then(undefined, () => undefined);
      this.report(name, 'returned a promise but must be synchronous', consequence);
    } catch (error) {
      this.report(name, `threw: ${messageOf(error)}`, consequence);
    }
    return instead;
  }

  /**
   * Whether a result is `true`. Anything else is a no; what its author may have taken for a yes is logged, but not what it says,
   * since that may be secret.
   */
  isYes(name: string, answer: unknown, consequence: string): boolean {
    if (answer && answer !== true) {
      const what = typeof answer === 'object' ? describeValue(answer) : `a ${typeof answer}`;
      this.report(name, `returned ${what}, not true or false`, consequence);
    }
    return answer === true;
  }

  /** Logs an unusable result. */
  wrong(name: string, answer: unknown, consequence: string): void {
    this.report(name, `returned ${describeValue(answer)}`, consequence);
  }

  private report(name: string, what: string, consequence: string): void {
    this.log.write(name, `${name} ${what}; ${consequence}.`);
  }
}

const isPromise = <T>(value: unknown): value is PromiseLike<T> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
