import type { HttpReply } from '../../request/http-reply.js';
import { isFastifyReply, rawResponse } from '../http-port.js';

/** The form of the body: a short text is sent in one piece with its head, a long one would be encoded each time. */
export type Body = string | Buffer;

const asItIs = (body: unknown): unknown => body;

/** Ends the response; Express' own `send()` would add an ETag. */
export function sendBody(reply: HttpReply, statusCode: number, body: Body): void {
  if (isFastifyReply(reply)) {
    reply.code?.(statusCode);
    if (typeof body === 'string') {
      // one that the application has set would encode it again
      reply.serializer?.(asItIs);
    }
    reply.send?.(body);
    return;
  }
  const response = rawResponse(reply);
  response.statusCode = statusCode;
  response.setHeader('Content-Length', Buffer.byteLength(body));
  response.end(body);
}
