import type { HttpRequest } from '../request/http-request.js';
import type { HandlerPolicy } from './handler-policy.js';
import type { Place } from './ignore-paths.js';

/** The call to be judged. */
export interface Call {
  /** What status classes see. */
  readonly request: unknown;
  /** The source of address and cookies; `undefined` if there is no HTTP request. */
  readonly http: HttpRequest | undefined;
  readonly target: HandlerPolicy;
  /** Whether it can only read: GET, HEAD, OPTIONS, a GraphQL query. */
  readonly safe: boolean;
  /** Where it is served, if paths matter. */
  readonly place: Place | undefined;
}
