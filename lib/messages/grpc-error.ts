import type { ExecutionContext } from '@nestjs/common';
import type { Refusal } from '../decision/refusal.js';

/** `UNAVAILABLE` of https://grpc.io/docs/guides/status-codes: the service is currently unavailable, the call may be retried. */
const UNAVAILABLE = 14;

const refusals = new WeakSet<object>();

/** Whether this is a refusal made by {@link grpcError}. */
export const isGrpcRefusal = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && refusals.has(error);

/** The class in which grpc-js keeps metadata. */
interface Metadata {
  set(name: string, value: string): void;
  getMap(): object;
}

/**
 * A refusal as gRPC sends it: a numeric status, the message, and the facts as trailing metadata (`maintenance`, as JSON in
 * ASCII, `retry-after`, `x-maintenance-mode`). `undefined` if the call came by another transport.
 */
export function grpcError(
  facts: object,
  { message, retryAfter }: Refusal,
  context: ExecutionContext,
): object | undefined {
  const [first, second] = context.getArgs<[{ metadata?: unknown } | null | undefined, unknown]>();
  // handlers of `@GrpcStreamCall()` get the call itself, and no metadata beside it
  const metadata = isMetadata(second) ? second : first?.metadata;
  if (!isMetadata(metadata)) {
    return undefined;
  }
  const trailer = new (metadata.constructor as new () => Metadata)();
  trailer.set('maintenance', inAscii(JSON.stringify(facts)));
  trailer.set('retry-after', String(retryAfter));
  trailer.set('x-maintenance-mode', '1');
  const error = { ...facts, code: UNAVAILABLE, details: message, metadata: trailer };
  refusals.add(error);
  return error;
}

const isMetadata = (value: unknown): value is Metadata =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<Metadata>).set === 'function' &&
  typeof (value as Partial<Metadata>).getMap === 'function' &&
  'internalRepr' in value;

const inAscii = (json: string): string =>
  json.replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
