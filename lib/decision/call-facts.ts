import type { ExecutionContext } from '@nestjs/common';
import { isSafeMethod } from './decision.js';
import { getHandlerPolicy, type HandlerPolicy } from './handler-policy.js';
import type { HttpReply } from '../request/http-reply.js';
import type { HttpRequest } from '../request/http-request.js';

/** What an execution context is about, whatever its transport. */
export interface CallFacts {
  readonly transport: 'http' | 'graphql' | 'ws' | 'rpc';
  /** What status classes see: the HTTP request, the socket, the message's context. */
  readonly request: unknown;
  /** The HTTP request behind it, if there is one. */
  readonly http: HttpRequest | undefined;
  /** What answers it, if there is one. */
  readonly reply: HttpReply | undefined;
  readonly target: HandlerPolicy;
  /** Can it only read. */
  readonly safe: boolean;
}

export function getCallFacts(context: ExecutionContext): CallFacts {
  const target = getHandlerPolicy(context.getClass(), context.getHandler());
  const transport = context.getType<string>();
  const args = context.getArgs<unknown[]>();
  if (transport === 'graphql') {
    const http = graphqlRequest(args[2]);
    const operation = (args[3] as { operation?: { operation?: unknown } } | undefined)?.operation?.operation;
    return {
      transport,
      request: http,
      http,
      reply: graphqlReply(args[2]),
      target,
      safe: operation === 'query',
    };
  }
  if (transport === 'ws' || transport === 'rpc') {
    return {
      transport,
      request: transport === 'ws' ? args[0] : args[1],
      http: undefined,
      reply: undefined,
      target,
      safe: false,
    };
  }
  const http = args[0] as HttpRequest;
  return {
    transport: 'http',
    request: http,
    http,
    reply: args[1] as HttpReply,
    target,
    safe: isSafeMethod(http.method),
  };
}

/** Where GraphQL drivers keep the HTTP request in their context. */
function graphqlRequest(value: unknown): HttpRequest | undefined {
  const context = value as
    { req?: HttpRequest; request?: HttpRequest; reply?: { request?: HttpRequest } } | undefined;
  const request = context?.req ?? context?.reply?.request ?? context?.request;
  return typeof request?.headers === 'object' ? request : undefined;
}

/** Where GraphQL drivers keep what answers it; there is none where a subscription comes by websocket. */
function graphqlReply(value: unknown): HttpReply | undefined {
  const context = value as { res?: HttpReply; reply?: HttpReply; req?: { res?: HttpReply } } | undefined;
  const reply = context?.res ?? context?.reply ?? context?.req?.res;
  return typeof reply?.getHeaders === 'function' ? reply : undefined;
}
