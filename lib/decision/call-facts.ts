import type { ArgumentsHost, ExecutionContext } from '@nestjs/common';
import { isSafeMethod } from './decision.js';
import type { Call } from './call.js';
import { getHandlerPolicy, type HandlerPolicy } from './handler-policy.js';
import type { Place } from './ignore-paths.js';
import type { HttpReply } from '../request/http-reply.js';
import { pathInApplication, routeTemplate, type HttpRequest } from '../request/http-request.js';

/** What an execution context is about, whatever the transport. */
export interface CallFacts extends Call {
  /** `'other'`: a library's own, such as that of a chat bot. */
  readonly transport: 'http' | 'graphql' | 'ws' | 'rpc' | 'other';
  /** Its response, if there is one. */
  readonly reply: HttpReply | undefined;
}

/** What an HTTP request is about; it is its own place, since one object costs less than two. */
class HttpFacts implements CallFacts, Place {
  declare readonly transport: 'http';
  declare readonly request: HttpRequest;
  declare readonly http: HttpRequest;
  declare readonly reply: HttpReply;
  declare readonly target: HandlerPolicy;
  declare readonly safe: boolean;

  constructor(request: HttpRequest, reply: HttpReply, target: HandlerPolicy) {
    this.transport = 'http';
    this.request = request;
    this.http = request;
    this.reply = reply;
    this.target = target;
    this.safe = !target.writes && isSafeMethod(request.method);
  }

  get place(): Place {
    return this;
  }

  /** The route that serves it; read only if needed, since that costs time. */
  get template(): string | undefined {
    return routeTemplate(this.http);
  }
}

/** Where GraphQL is served: Express has no route for it, so the path counts, on both adapters. */
export class GraphqlPlace implements Place {
  readonly isServed = true;

  constructor(private readonly request: HttpRequest) {}

  get path(): string {
    return pathInApplication(this.request);
  }
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
      // a subscription only reads
      safe: operation === 'query' || operation === 'subscription',
      // what an application gives operations over a websocket as their request may only have headers
      place: typeof http?.url === 'string' ? new GraphqlPlace(http) : undefined,
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
      place: undefined,
    };
  }
  const [request, reply] = args;
  if (!isReply(reply)) {
    // Nest's default for the handlers of libraries is 'http', too
    return {
      transport: 'other',
      request,
      http: undefined,
      reply: undefined,
      target,
      safe: false,
      place: undefined,
    };
  }
  return new HttpFacts(request as HttpRequest, reply, target);
}

/** Nest's own types do not know it. */
export const isGraphql = (context: ExecutionContext): boolean => context.getType<string>() === 'graphql';

/** Where GraphQL drivers keep the HTTP request in their context. */
export function graphqlRequest(value: unknown): HttpRequest | undefined {
  const context = value as
    { req?: HttpRequest; request?: HttpRequest; reply?: { request?: HttpRequest } } | undefined;
  const request = context?.req ?? context?.reply?.request ?? context?.request;
  return typeof request?.headers === 'object' ? request : undefined;
}

/** Responses that are in no context: of Apollo on Fastify. */
const replies = new WeakMap<object, HttpReply>();

/** Remembers the response to a request that GraphQL serves. */
export function noteGraphqlReply(request: unknown, reply: unknown): void {
  if (typeof request === 'object' && request !== null && isReply(reply)) {
    replies.set(request, reply);
  }
}

/** Where GraphQL drivers keep the response; a subscription over a websocket has none. */
export function graphqlReply(value: unknown): HttpReply | undefined {
  const context = value as { res?: HttpReply; reply?: HttpReply; req?: { res?: HttpReply } } | undefined;
  const request = graphqlRequest(value);
  const reply =
    context?.res ?? context?.reply ?? context?.req?.res ?? (request ? replies.get(request) : undefined);
  return isReply(reply) ? reply : undefined;
}

/** The response of an HTTP request; handlers that other libraries run with Nest's guards call themselves HTTP, too, and have none. */
export function httpReplyOf(host: ArgumentsHost): HttpReply | undefined {
  const reply = host.getArgByIndex<unknown>(1);
  return host.getType() === 'http' && isReply(reply) ? reply : undefined;
}

/** Whether it is a response of the framework. */
const isReply = (value: unknown): value is HttpReply =>
  typeof (value as HttpReply | undefined)?.getHeaders === 'function';
