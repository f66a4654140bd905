import { IntrinsicException, type ExecutionContext } from '@nestjs/common';
import { refusalJson, type Refusal } from '../decision/refusal.js';
import { grpcError } from './grpc-error.js';
import { noteRefusedEvent } from './refused-event.filter.js';
import { noteRefusal } from './rmq-refusals.js';
import { deliverToWebSocket } from './web-socket-exceptions.js';

/** The code that tells a client what kind of error it is. */
export const MAINTENANCE_CODE = 'MAINTENANCE';

/** Thrown by a refused resolver; GraphQL copies its `extensions`. Nest does not log intrinsic exceptions. */
export class MaintenanceGraphQLError extends IntrinsicException {
  override name = 'MaintenanceGraphQLError';
  readonly extensions: Record<string, unknown>;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.extensions = factsFor(refusal);
  }
}

/** Thrown for a refused gateway message; it reaches the client whole, as an `exception` event. */
export async function wsError(refusal: Refusal, context: ExecutionContext): Promise<Error> {
  const { WsException } = await import('@nestjs/websockets');
  const facts = { status: 'error', ...factsFor(refusal) };
  deliverToWebSocket(context.getArgByIndex(0), facts);
  return new WsException(facts);
}

/** Thrown by a refused microservice handler. */
export async function rpcError(
  refusal: Refusal,
  context: ExecutionContext,
  isEvent: boolean,
): Promise<Error> {
  noteRefusal(context.getArgByIndex(1));
  const { RpcException } = await import('@nestjs/microservices');
  const facts = { status: 'error', ...factsFor(refusal) };
  const error = new RpcException(grpcError(facts, refusal, context) ?? facts);
  return isEvent ? noteRefusedEvent(error) : error;
}

function factsFor(refusal: Refusal): Record<string, unknown> {
  return { code: MAINTENANCE_CODE, ...refusalJson(refusal) };
}
