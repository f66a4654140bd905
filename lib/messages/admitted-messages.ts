import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { graphqlReply } from '../decision/call-facts.js';

/**
 * Guards that have admitted a message of a microservice, or a GraphQL operation over a websocket, by the arguments that Nest
 * passes to all that it runs for it.
 */
const admitted = new WeakMap<object, CanActivate>();

/** The guard has admitted a call. */
export function noteAdmission(context: ExecutionContext, guard: CanActivate): void {
  if (context.getType() === 'rpc' || isSocketOperation(context)) {
    admitted.set(context.getArgs(), guard);
  }
}

/** Whether it is a GraphQL operation without a response: as long as one is open, its operation is counted. */
export const isSocketOperation = (context: ExecutionContext): boolean =>
  isGraphql(context) && !graphqlReply(context.getArgByIndex(2));

export const isGraphql = (context: ExecutionContext): boolean => context.getType<string>() === 'graphql';

/** Asks the guard again that has admitted a message. Rejects as it does. */
export async function askAgain(context: ExecutionContext): Promise<void> {
  await admitted.get(context.getArgs())?.canActivate(context);
}
