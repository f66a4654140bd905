import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { HttpReply } from '../request/http-reply.js';
import { rawResponse } from './http-port.js';

/** Headers with their values; `undefined`: the header is not sent. */
export type ForcedHeaders = readonly (readonly [name: string, value: string | undefined])[];

/**
 * The headers forced on a response, kept on the response itself, where they are found fastest: all resolvers of one GraphQL
 * request ask for the same ones.
 */
const FORCED = Symbol('nestjs-maintenance:forced-headers');

type Forced = { [FORCED]?: ForcedHeaders[] };

/**
 * Sends headers with these values, or not at all, whatever the handler and everything after it set.
 * @param headers a constant: the same list is forced once
 */
export function forceHeaders(reply: HttpReply, headers: ForcedHeaders): void {
  const present = (reply as Forced)[FORCED];
  if (present) {
    if (present[0] !== headers && !present.includes(headers)) {
      present.push(headers);
    }
    return;
  }
  const response: ServerResponse & Forced = rawResponse(reply);
  const wanted = [headers];
  response[FORCED] = wanted;
  (reply as Forced)[FORCED] = wanted;
  // hooks that others have put around it run inside of ours
  const hasHooks = Object.hasOwn(response, 'writeHead');
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => typeof response;
  response.writeHead = ((status: number, ...rest: unknown[]) => {
    let given = rest.pop();
    for (const [name, value] of wanted.flat()) {
      if (value === undefined) {
        response.removeHeader(name);
      } else {
        response.setHeader(name, value);
      }
      given = without(given, name);
    }
    if (hasHooks) {
      lock(response, new Set(wanted.flat().map(([name]) => name.toLowerCase())));
    }
    if (given !== undefined) {
      rest.push(given);
    }
    return writeHead(status, ...rest);
  }) as typeof response.writeHead;
}

/** Keeps headers as they are. @param names in lower case */
function lock(response: ServerResponse, names: ReadonlySet<string>): void {
  for (const name of ['setHeader', 'appendHeader', 'removeHeader'] as const) {
    const method = response[name].bind(response) as (...args: unknown[]) => unknown;
    const value = (header: string, ...rest: unknown[]): unknown =>
      names.has(header.toLowerCase()) ? response : method(header, ...rest);
    Object.defineProperty(response, name, { value, configurable: true, writable: true });
  }
}

/** The arguments of `writeHead()` without a header, which may be given as a record, as a list or not at all. */
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

/** Headers given as a list: names and values alternating, or pairs. */
function withoutPair(headers: unknown[], name: string): unknown[] {
  const is = (header: unknown): boolean => String(header).toLowerCase() === name.toLowerCase();
  if (headers.every(Array.isArray)) {
    return headers.filter((pair) => !is((pair as unknown[])[0]));
  }
  return headers.filter((_, index) => !is(headers[index % 2 === 0 ? index : index - 1]));
}
