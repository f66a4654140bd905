import type { HttpReply } from '../request/http-reply.js';
import { isFastifyReply, rawResponse } from './http-port.js';
import { routeContext } from './site/fastify-hooks.js';

/**
 * Whether others run code when this response is sent, which could still change its headers: hooks of Fastify, or middleware that
 * has put itself around methods of the response, as the package on-headers does.
 */
export function hasLateHooks(reply: HttpReply): boolean {
  const raw = rawResponse(reply);
  return (
    Object.hasOwn(raw, 'writeHead') ||
    Object.hasOwn(raw, 'end') ||
    (isFastifyReply(reply) && reply.request !== undefined && !!routeContext(reply.request)?.['onSend'])
  );
}
