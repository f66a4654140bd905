import type { CanActivate, ExecutionContext } from '@nestjs/common';

/** Guards that have admitted a message of a microservice, by the arguments that Nest passes to all that it runs for the message. */
const admitted = new WeakMap<object, CanActivate>();

/** The guard has admitted a call. */
export function noteAdmission(context: ExecutionContext, guard: CanActivate): void {
  if (context.getType() === 'rpc') {
    admitted.set(context.getArgs(), guard);
  }
}

/** Asks the guard again that has admitted a message. Rejects as it does. */
export async function askAgain(context: ExecutionContext): Promise<void> {
  await admitted.get(context.getArgs())?.canActivate(context);
}
