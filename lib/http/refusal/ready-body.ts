import type { OutgoingHttpHeaders } from 'node:http';
import { refusalJson, type Refusal } from '../../decision/refusal.js';
import { headerSet, type HeaderSet } from '../http-port.js';
import type { Body } from './send-body.js';

/** A body ready to be sent, and the headers that say what it is. */
export interface ReadyBody {
  readonly body: Body;
  readonly headers: HeaderSet;
  /** All headers of an answer that nobody else adds to. */
  head?: OutgoingHttpHeaders;
}

/** A refusal as JSON, or as problem details (RFC 9457). */
export function jsonBody(refusal: Refusal, representation: 'json' | 'problem'): ReadyBody {
  const json = refusalJson(refusal);
  if (representation === 'json') {
    return {
      body: JSON.stringify(json),
      headers: headerSet({ 'Content-Type': 'application/json; charset=utf-8' }),
    };
  }
  const { statusCode, error, message, ...facts } = json;
  const problem = { type: 'about:blank', title: error, status: statusCode, detail: message, ...facts };
  return {
    body: JSON.stringify(problem),
    headers: headerSet({ 'Content-Type': 'application/problem+json; charset=utf-8' }),
  };
}
