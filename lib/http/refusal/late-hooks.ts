import type { HttpReply } from '../../request/http-reply.js';
import type { HttpRequest } from '../../request/http-request.js';
import { forceHeaders, type ForcedHeaders } from '../force-header.js';
import { hasLateHooks } from '../late-hooks.js';
import { forceNoStore } from '../prevent-caching.js';

const WITHOUT_ETAG: ForcedHeaders = [['ETag', undefined]];

const CONDITIONS = ['if-none-match', 'if-modified-since'] as const;

/**
 * Keeps what runs when a refusal is sent from making it cacheable. Hooks of Fastify such as those of @fastify/etag would answer
 * the next request with 304, as if the site were open.
 */
export function resistLateHooks(reply: HttpReply, request: HttpRequest): void {
  if (hasLateHooks(reply)) {
    forgetConditions(request);
    forceNoStore(reply);
    withoutEtag(reply);
  }
}

/** Express creates an ETag for whatever a filter of the application sends. */
export const withoutEtag = (reply: HttpReply): void => forceHeaders(reply, WITHOUT_ETAG);

function forgetConditions(request: { headers: HttpRequest['headers'] }): void {
  const { headers } = request;
  const sent = (request as HttpRequest).raw?.headers;
  for (const name of CONDITIONS) {
    delete headers[name];
    delete sent?.[name];
  }
  if (headers !== request.headers) {
    // once they have been replaced, Fastify returns a copy each time
    request.headers = headers;
  }
}
