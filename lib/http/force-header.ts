import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { rawResponse, type HttpReply } from './http-port.js';

/** What is forced on a response: the resolvers of one GraphQL request all ask for the same. */
const forced = new WeakMap<ServerResponse, Map<string, string | undefined>>();

/** Sends a header with this value, or not at all, whatever the handler and everything after it set. */
export function forceHeader(reply: HttpReply, name: string, value: string | undefined): void {
  const response = rawResponse(reply);
  const present = forced.get(response);
  if (present) {
    present.set(name, value);
    return;
  }
  const wanted = new Map([[name, value]]);
  forced.set(response, wanted);
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => typeof response;
  response.writeHead = ((status: number, ...rest: unknown[]) => {
    let headers = rest.pop();
    for (const [header, text] of wanted) {
      if (text === undefined) {
        response.removeHeader(header);
      } else {
        response.setHeader(header, text);
      }
      headers = without(headers, header);
    }
    if (headers !== undefined) {
      rest.push(headers);
    }
    return writeHead(status, ...rest);
  }) as typeof response.writeHead;
}

/** What `writeHead()` is given last, without a header: a record, a list, or none at all but a reason. */
function without(headers: unknown, name: string): unknown {
  if (Array.isArray(headers)) {
    return withoutPair(headers, name);
  }
  if (typeof headers !== 'object' || headers === null) {
    return headers;
  }
  return Object.fromEntries(
    Object.entries(headers as OutgoingHttpHeaders).filter(
      ([header]) => header.toLowerCase() !== name.toLowerCase(),
    ),
  );
}

/** Headers given as a list: names and values by turns, or pairs. */
function withoutPair(headers: unknown[], name: string): unknown[] {
  const is = (header: unknown): boolean => String(header).toLowerCase() === name.toLowerCase();
  if (headers.every(Array.isArray)) {
    return headers.filter((pair) => !is((pair as unknown[])[0]));
  }
  return headers.filter((_, index) => !is(headers[index % 2 === 0 ? index : index - 1]));
}
