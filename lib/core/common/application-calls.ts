import { describeValue, MaintenanceError } from '../errors/errors.js';
import { messageOf } from '../errors/message-of.js';
import { LogThrottle } from './log-throttle.js';
import { withDeadline } from './with-deadline.js';

/**
 * Calls functions of the application where somebody waits for them: what they ask (a database) may be just what is in
 * maintenance. One that throws or is late has a safe answer in its place, and a line in the log.
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
   * What a function gives or promises; never throws or rejects. Stays synchronous where the function is.
   * @param name how the function is called in the log: one of a limited number
   * @param consequence what happens in its place, in words
   * @param instead is given in its place
   * @param left milliseconds a promise may take, where some of the time is over
   */
  ask<T, F>(
    name: string,
    consequence: string,
    instead: F,
    call: () => T | PromiseLike<T>,
    left = this.timeout,
  ): T | F | Promise<T | F> {
    const failed = (error: unknown): F => {
      this.report(
        name,
        error instanceof LateError ? error.message : `threw: ${messageOf(error)}`,
        consequence,
      );
      return instead;
    };
    try {
      const answer = call();
      return isPromise<T>(answer)
        ? withDeadline(answer, left, () => new LateError(this.timeout)).catch(failed)
        : answer;
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

  /** The same for a function that nobody can wait for: a promise is as good as an error. */
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

  /** Tells of an answer that is of no use. */
  wrong(name: string, answer: unknown, consequence: string): void {
    this.report(name, `gave ${describeValue(answer)}`, consequence);
  }

  private report(name: string, what: string, consequence: string): void {
    this.log.write(name, `${name} ${what}; ${consequence}.`);
  }
}

class LateError extends MaintenanceError {
  constructor(timeout: number) {
    super(`did not answer within ${timeout} ms (the option "callTimeout")`);
  }
}

const isPromise = <T>(value: unknown): value is PromiseLike<T> =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
