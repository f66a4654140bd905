import { refusalJson, type Refusal } from '../decision/refusal.js';
import { MaintenanceError } from '../core/errors/errors.js';

/** The code that tells a client what kind of error it is. */
export const MAINTENANCE_CODE = 'MAINTENANCE';

/** What a refused resolver throws; GraphQL takes its `extensions` over. */
export class MaintenanceGraphQLError extends MaintenanceError {
  override name = 'MaintenanceGraphQLError';
  readonly extensions: Record<string, unknown>;

  constructor(refusal: Refusal) {
    super(refusal.message);
    this.extensions = factsFor(refusal);
  }
}

/** What a refused gateway message throws; it reaches the client whole, as an `exception` event. */
export async function wsError(refusal: Refusal): Promise<Error> {
  const { WsException } = await import('@nestjs/websockets');
  return new WsException({ status: 'error', ...factsFor(refusal) });
}

/** What a refused microservice handler throws. */
export async function rpcError(refusal: Refusal): Promise<Error> {
  const { RpcException } = await import('@nestjs/microservices');
  return new RpcException({ status: 'error', ...factsFor(refusal) });
}

function factsFor(refusal: Refusal): Record<string, unknown> {
  return { code: MAINTENANCE_CODE, ...refusalJson(refusal) };
}
