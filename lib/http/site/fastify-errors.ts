import type { HttpReply } from '../../request/http-reply.js';
import type { HttpRequest } from '../../request/http-request.js';
import { internal, type FastifyApp } from './fastify-hooks.js';

/** Fastify's option `frameworkErrors`. */
type Respond = (
  error: Error & { readonly statusCode?: number },
  request: HttpRequest,
  reply: HttpReply,
) => void;

/**
 * Fastify rejects some requests before it has a route for them, and so without any hook: paths that it cannot decode, parameters
 * that are too long.
 * @param engaged whether they are decided about
 * @param decide calls back if the rejection is the right response
 */
export function interceptErrors(
  app: FastifyApp,
  engaged: () => boolean,
  decide: (request: HttpRequest, reply: HttpReply, reject: () => void) => void,
): void {
  const options = internal(app, 'fastify.options') as { frameworkErrors?: Respond } | undefined;
  if (!options) {
    return;
  }
  const own = options.frameworkErrors;
  const reject: Respond =
    own ?? ((error, _request, reply) => reply.code?.(error.statusCode ?? 400).send?.(error));
  const respond: Respond = (error, request, reply) =>
    decide(request, reply, () => reject(error, request, reply));
  // Fastify has a faster way if there is no such function
  Object.defineProperty(options, 'frameworkErrors', {
    configurable: true,
    enumerable: true,
    get: () => (engaged() ? respond : own),
  });
}
