import type { ExecutionContext } from '@nestjs/common';
import { OutgoingMessage, ServerResponse } from 'node:http';
import { graphqlReply, isGraphql } from '../decision/call-facts.js';
import { getHandlerCalls } from './handler-calls.js';
import { isCutOff, isGone, type NodeResponse } from '../request/response-end.js';
import { wasEnded } from './http2-responses.js';
import { hasStopped } from './streamed-replies.js';

type Response = Pick<ServerResponse, 'writableEnded' | 'headersSent'> & NodeResponse;

interface Reply {
  readonly raw?: unknown;
  readonly writableEnded?: unknown;
}

/**
 * A call is over when its response is finished and its handler has answered: Nest ends or begins the response only then, even if
 * the client is gone. Only streams, and handlers that respond by themselves, may stop there.
 */
export function isOver(context: ExecutionContext): boolean {
  const reply = context.getArgs<unknown[]>()[1];
  const response = reply instanceof ServerResponse ? reply : (reply as Reply | undefined)?.raw;
  if (response instanceof ServerResponse) {
    return (
      (response.destroyed || isCutOff(response)) && (isEnded.call(response) || hasAnswered(response, context))
    );
  }
  const other = responseOf(context);
  return !other || (isGone(other) && (other.writableEnded || wasEnded(other) || hasAnswered(other, context)));
}

/** Whether nothing more comes, although the response was not finished: the client is gone. */
const hasAnswered = ({ headersSent }: Response, context: ExecutionContext): boolean =>
  hasStopped(context.getArgs<unknown[]>()[1]) ??
  (headersSent || getHandlerCalls(context.getHandler())?.isReleased(context) === true);

/** The response of a call; `undefined` if there is none, as in a gateway. */
function responseOf(context: ExecutionContext): Response | undefined {
  const args = context.getArgs<unknown[]>();
  const reply = isGraphql(context) ? graphqlReply(args[2]) : args[1];
  const raw = (reply as Reply | undefined)?.raw ?? reply;
  return typeof (raw as Reply | undefined)?.writableEnded === 'boolean' ? (raw as Response) : undefined;
}

/**
 * The getter of `writableEnded`, called directly: Express gives every response another prototype, and looking the getter up
 * through it costs more than everything else here.
 */
const isEnded = Object.getOwnPropertyDescriptor(OutgoingMessage.prototype, 'writableEnded')?.get as (
  this: ServerResponse,
) => boolean;
