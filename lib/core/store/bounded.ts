import { withDeadline } from '../common/with-deadline.js';
import { MaintenanceError, MaintenanceStoreError } from '../errors/errors.js';
import { messageOf } from '../errors/message-of.js';

/**
 * Waits for a call of the store until the deadline.
 * @throws MaintenanceStoreError when the call fails or the deadline passes; the outcome is then unknown
 */
export async function bounded<T>(what: string, call: Promise<T>, deadline: number): Promise<T> {
  const wait = Math.max(0, deadline - performance.now());
  try {
    return await withDeadline(
      call,
      wait,
      () =>
        new MaintenanceStoreError(
          `The store did not answer within ${Math.round(wait)} ms (${what}); the outcome is unknown.`,
        ),
    );
  } catch (error) {
    throw error instanceof MaintenanceError
      ? error
      : new MaintenanceStoreError(
          `The store failed (${what}): ${messageOf(error)}; the outcome is unknown.`,
          'unknown',
          {
            cause: error,
          },
        );
  }
}
