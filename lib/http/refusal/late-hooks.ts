import type { HttpReply } from '../../request/http-reply.js';
import type { HttpRequest } from '../../request/http-request.js';
import { forceHeaders, type ForcedHeaders } from '../force-header.js';
import { isFastifyReply } from '../http-port.js';
import { routeContext } from '../site/fastify-hooks.js';

const HELD: ForcedHeaders = [
  ['Cache-Control', 'no-store'],
  ['ETag', undefined],
];

const CONDITIONS = ['if-none-match', 'if-modified-since'] as const;

/**
 * Keeps hooks that Fastify calls when it sends a refusal from making it cacheable. Plugins such as @fastify/etag would answer
 * the next request with 304, as if the site were open.
 */
export function resistLateHooks(reply: HttpReply, request: HttpRequest): void {
  if (isFastifyReply(reply) && routeContext(request)?.['onSend']) {
    forgetConditions(request);
    forceHeaders(reply, HELD);
  }
}

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
