import {
  MaintenanceConfigurationError,
  MaintenanceConflictError,
  MaintenanceLockedError,
  MaintenanceStoreError,
} from '../core/errors/errors.js';
import { Logger } from '@nestjs/common';
import { preventCaching } from '../http/prevent-caching.js';
import { setHeader, type HttpReply } from '../http/http-port.js';
import { sendBody } from '../http/refusal/send-body.js';
import { AdminApiError, badRequest } from './admin.errors.js';

const logger = new Logger('Maintenance');

/** What a route answers. */
export interface ApiResponse {
  readonly status: number;
  /** Sent as JSON; nothing is sent without it. */
  readonly json?: unknown;
  /** Sent as a page, in place of `json`. */
  readonly html?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Headers of every answer, also of those that the application's own guards and filters give. */
export function setCommonHeaders(reply: HttpReply): void {
  preventCaching(reply);
  setHeader(reply, 'X-Content-Type-Options', 'nosniff');
}

/**
 * Carries a route out and sends what it answers, past the application's interceptors and filters: they must neither reshape
 * the answer nor swallow an error. What is not the API's own business is thrown on to them.
 */
export async function respond(reply: HttpReply, work: () => Promise<ApiResponse>): Promise<void> {
  let answer: ApiResponse;
  try {
    answer = await work();
  } catch (error) {
    const refusal = refusalFor(error);
    if (!refusal) {
      throw error;
    }
    answer = { status: refusal.statusCode, json: refusal };
  }
  send(reply, answer);
}

function send(reply: HttpReply, { status, json, html, headers = {} }: ApiResponse): void {
  setCommonHeaders(reply);
  for (const [name, value] of Object.entries(headers)) {
    setHeader(reply, name, value);
  }
  const text = html ?? (json === undefined ? undefined : JSON.stringify(json));
  if (text !== undefined) {
    setHeader(
      reply,
      'Content-Type',
      html === undefined ? 'application/json; charset=utf-8' : 'text/html; charset=utf-8',
    );
  }
  sendBody(reply, status, text ?? '');
}

/** What the store itself says is for the log. */
function storeFailure(outcome: 'unknown' | 'refused'): AdminApiError {
  const said =
    outcome === 'refused'
      ? 'The store cannot be written to at the moment. Nothing was changed.'
      : 'The store did not answer. Whether the change was made is not known: check the state before you try again.';
  return new AdminApiError(503, said, { outcome });
}

/** The refusal that an error stands for; `undefined` for one that the API does not know. */
export function refusalFor(error: unknown): AdminApiError | undefined {
  if (error instanceof AdminApiError) {
    return error;
  }
  if (error instanceof MaintenanceConfigurationError) {
    return badRequest([{ field: error.option ?? 'body', message: error.message }]);
  }
  if (error instanceof MaintenanceLockedError || error instanceof MaintenanceConflictError) {
    return new AdminApiError(409, error.message);
  }
  if (error instanceof MaintenanceStoreError) {
    logger.warn(`The store failed a request of the admin API: ${error.message}`);
    return storeFailure(error.outcome);
  }
  return undefined;
}
