import type { HttpReply } from '../../request/http-reply.js';
import type { HttpRequest } from '../../request/http-request.js';
import { forceHeaders, type ForcedHeaders } from '../force-header.js';
import { isFastifyReply } from '../http-port.js';
import { routeContext } from '../site/fastify-hooks.js';

const HELD: ForcedHeaders = [
  ['Cache-Control', 'no-store'],
  ['ETag', undefined],
];

/**
 * Keeps hooks that Fastify calls when it sends a refusal from making it cacheable. Plugins such as @fastify/etag would answer
 * the next request with 304, as if the site were open.
 */
export function resistLateHooks(reply: HttpReply, request: HttpRequest): void {
  if (isFastifyReply(reply) && routeContext(request)?.['onSend']) {
    delete request.headers['if-none-match'];
    delete request.headers['if-modified-since'];
    forceHeaders(reply, HELD);
  }
}
