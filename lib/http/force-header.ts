import type { OutgoingHttpHeaders } from 'node:http';
import { rawResponse, type HttpReply } from './http-port.js';

/** Sends a header with this value, or not at all, whatever the handler and everything after it set. */
export function forceHeader(reply: HttpReply, name: string, value: string | undefined): void {
  const response = rawResponse(reply);
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => typeof response;
  response.writeHead = ((status: number, ...rest: unknown[]) => {
    const headers = rest.pop();
    if (value === undefined) {
      response.removeHeader(name);
    } else {
      response.setHeader(name, value);
    }
    if (Array.isArray(headers)) {
      rest.push(withoutPair(headers, name));
    } else if (typeof headers === 'object' && headers !== null) {
      const given = headers as OutgoingHttpHeaders;
      rest.push(
        Object.fromEntries(
          Object.entries(given).filter(([header]) => header.toLowerCase() !== name.toLowerCase()),
        ),
      );
    } else if (headers !== undefined) {
      rest.push(headers);
    }
    return writeHead(status, ...rest);
  }) as typeof response.writeHead;
}

/** Headers given as a list: names and values by turns, or pairs. */
function withoutPair(headers: unknown[], name: string): unknown[] {
  const is = (header: unknown): boolean => String(header).toLowerCase() === name.toLowerCase();
  if (headers.every(Array.isArray)) {
    return headers.filter((pair) => !is((pair as unknown[])[0]));
  }
  return headers.filter((_, index) => !is(headers[index % 2 === 0 ? index : index - 1]));
}
