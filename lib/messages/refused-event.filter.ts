import { Catch, type ExceptionFilter } from '@nestjs/common';
import { throwError, type Observable } from 'rxjs';

const refused = new WeakSet<object>();

/** What the guard throws for a refused event, whose class is one of an optional package. */
const RefusedEvent = Object.defineProperty(class {}, Symbol.hasInstance, {
  value: (error: unknown) => typeof error === 'object' && error !== null && refused.has(error),
});

/** @returns the same error */
export function noteRefusedEvent<T extends object>(error: T): T {
  refused.add(error);
  return error;
}

/**
 * Ends a refused event with the facts, as Nest would. Nest 12 logs each error of an event with its stack, so that a sender of many
 * events would fill the log: the guard says once a minute what is lost. It gives way to every filter of the application.
 */
@Catch(RefusedEvent)
export class RefusedEventFilter implements ExceptionFilter {
  catch(error: { getError(): unknown }): Observable<never> {
    return throwError(() => error.getError());
  }
}
