import type { CanActivate, ExecutionContext } from '@nestjs/common';
import { graphqlReply, graphqlRequest, isGraphql } from '../decision/call-facts.js';
import type { HttpRequest } from '../request/http-request.js';
import { getSpan } from './message-span.js';

/**
 * Guards that have admitted a message of a microservice, or a GraphQL operation over a websocket, by the arguments that Nest
 * passes to all that it runs for it.
 */
const admitted = new WeakMap<object, CanActivate>();

/** The guard has admitted a call. */
export function noteAdmission(context: ExecutionContext, guard: CanActivate): void {
  const type = context.getType();
  if (type !== 'http' && (type === 'rpc' || isSocketOperation(context))) {
    admitted.set(context.getArgs(), guard);
    getSpan(context.getArgs())?.begin(context.getHandler());
  }
}

/** Whether it is a GraphQL operation without a response of its own: one over HTTP is counted as long as its response is open. */
export const isSocketOperation = (context: ExecutionContext): boolean => {
  const of: unknown = context.getArgByIndex(2);
  return isGraphql(context) && !graphqlReply(of) && !isHttp(graphqlRequest(of));
};

/** Applications may give operations over a websocket its handshake as their request, or something that only has headers. */
const isHttp = (request: HttpRequest | undefined): boolean =>
  typeof request?.method === 'string' && request.headers['upgrade'] === undefined;

/** Asks the guard again that has admitted a message. Rejects as it does. */
export async function askAgain(context: ExecutionContext): Promise<void> {
  await admitted.get(context.getArgs())?.canActivate(context);
}
