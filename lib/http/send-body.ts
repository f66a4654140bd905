import { isFastifyReply, rawResponse, type HttpReply } from './http-port.js';

/** Ends the response; Express' own `send()` would add an ETag. */
export function sendBody(reply: HttpReply, statusCode: number, body: Buffer): void {
  if (isFastifyReply(reply)) {
    reply.code?.(statusCode);
    reply.send?.(body);
    return;
  }
  const response = rawResponse(reply);
  response.statusCode = statusCode;
  response.setHeader('Content-Length', body.length);
  response.end(body);
}
