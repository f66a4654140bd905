import type { OutgoingHttpHeaders } from 'node:http';
import { refusalJson, type Refusal } from '../decision/refusal.js';
import { headerSet, type HeaderSet } from './http-port.js';

/** A body ready to be sent, and the headers that say what it is. A string would be encoded each time it is sent. */
export interface ReadyBody {
  readonly body: Buffer;
  readonly headers: HeaderSet;
  /** All headers of an answer that nobody else adds to. */
  head?: OutgoingHttpHeaders;
}

/** A refusal as JSON, or as problem details (RFC 9457). */
export function jsonBody(refusal: Refusal, representation: 'json' | 'problem'): ReadyBody {
  const json = refusalJson(refusal);
  if (representation === 'json') {
    return {
      body: Buffer.from(JSON.stringify(json)),
      headers: headerSet({ 'Content-Type': 'application/json; charset=utf-8' }),
    };
  }
  const { statusCode, error, message, ...facts } = json;
  const problem = { type: 'about:blank', title: error, status: statusCode, detail: message, ...facts };
  return {
    body: Buffer.from(JSON.stringify(problem)),
    headers: headerSet({ 'Content-Type': 'application/problem+json; charset=utf-8' }),
  };
}
