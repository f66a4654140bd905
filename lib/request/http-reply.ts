import type { ServerResponse } from 'node:http';
import type { HttpRequest } from './http-request.js';

/** Express' response, Fastify's reply, or Node's own response. */
export interface HttpReply {
  readonly raw?: ServerResponse;
  getHeader(name: string): unknown;
  getHeaders(): object;
  removeHeader(name: string): unknown;
  setHeader?(name: string, value: string | string[]): unknown;
  /** Fastify. */
  readonly request?: HttpRequest;
  header?(name: string, value: string | string[]): unknown;
  code?(status: number): HttpReply;
  serializer?(serialize: (body: unknown) => unknown): unknown;
  send?(body: unknown): unknown;
  hijack?(): unknown;
}
