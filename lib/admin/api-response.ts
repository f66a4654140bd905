import { answerFor } from '../http/errors/error-answer.js';
import { removeTriedOut } from '../http/page/replaced-policy.js';
import { preventCaching } from '../http/prevent-caching.js';
import type { HttpReply } from '../request/http-reply.js';
import { setHeader } from '../http/http-port.js';
import { sendBody } from '../http/refusal/send-body.js';
import { AdminApiError } from './admin.errors.js';

/** What a route answers. */
export interface ApiResponse {
  readonly status: number;
  /** Sent as JSON; without it the body is empty. */
  readonly json?: unknown;
  /** Sent as a page instead of `json`. */
  readonly html?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Headers of every response, including those of the application's own guards and filters. */
export function setCommonHeaders(reply: HttpReply): void {
  preventCaching(reply);
  setHeader(reply, 'X-Content-Type-Options', 'nosniff');
}

/**
 * Runs a route and sends its result, bypassing the application's interceptors and filters: they must neither reshape the
 * response nor swallow an error. Errors that are not the API's own are passed on to them.
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
  if (html !== undefined) {
    removeTriedOut(reply);
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

/** The refusal for an error; `undefined` for one that the API does not know. */
export function refusalFor(error: unknown): AdminApiError | undefined {
  if (error instanceof AdminApiError) {
    return error;
  }
  const answer = answerFor(error);
  if (!answer) {
    return undefined;
  }
  const { statusCode, message, code, errors, outcome } = answer;
  const details = { ...(code && { code }), ...(errors && { errors }), ...(outcome && { outcome }) };
  return new AdminApiError(statusCode, message, details);
}
