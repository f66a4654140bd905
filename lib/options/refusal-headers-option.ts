import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isOptions } from '../core/common/is-options.js';
import type { MaintenanceRequestFunction } from './access-options.js';

/** Express-style middleware that sets headers and calls `next()`. On Fastify it gets Node's request and response. @publicApi */
export type MaintenanceHeaderMiddleware = {
  // as a method, so that `(request: Request, …) => …` is one, too
  /** Sets headers of the response. */
  of(request: unknown, response: unknown, next: (error?: unknown) => void): unknown;
}['of'];

/**
 * Further headers of refusals: an object, a function of the request that returns one, or middleware that sets them. Middleware
 * is useful with `coverage: 'site'`, which refuses before the application's middleware runs; otherwise it has already run.
 * @publicApi
 */
export type MaintenanceRefusalHeaders =
  | Readonly<Record<string, string>>
  | MaintenanceRequestFunction<Readonly<Record<string, string>>>
  | MaintenanceHeaderMiddleware;

export const REFUSAL_HEADERS_ACCEPTED =
  'headers by name (not Content-Length, -Encoding or Transfer-Encoding), a function of the request that returns them, ' +
  'middleware (request, response, next), or an array of these';

/** Headers that say how the body is sent: with another body, clients cannot read it. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'content-encoding', 'transfer-encoding']);

export const isRefusalHeaders = (value: unknown): boolean =>
  typeof value === 'function' ||
  (isOptions(value) && Object.entries(value).every(([name, text]) => isHeader(name, text)));

/** Whether it can be sent. */
export function isHeader(name: string, value: unknown): value is string {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value as string);
    return typeof value === 'string' && !FRAMING.has(name.toLowerCase());
  } catch {
    return false;
  }
}

/** Whether it also takes a response: a function of the request alone returns headers. */
export const isHeaderMiddleware = (value: unknown): value is MaintenanceHeaderMiddleware =>
  typeof value === 'function' && value.length >= 3;
