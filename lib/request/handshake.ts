import type { IncomingMessage } from 'node:http';
import type { HttpRequest } from './http-request.js';

/** The part of Nest's adapter that is used here. */
interface Adapter {
  getType?(): string;
  getInstance(): object;
}

/** Where Fastify keeps the class of its requests, which knows its trust proxy setting. */
const FASTIFY_REQUEST = 'fastify.Request';

/**
 * Gives a message that the framework has never seen, such as the handshake of a socket, the form of its requests: whether a
 * proxy is trusted is the framework's decision for sockets, too.
 */
export function asRequest(adapter: Adapter | undefined, message: IncomingMessage): HttpRequest {
  const { method, url, headers, socket } = message;
  const own = { method, url, headers, socket };
  const type = adapter?.getType?.();
  const instance = adapter?.getInstance() as { request?: object } | undefined;
  if (instance && type === 'fastify') {
    const prototype = fastifyRequest(instance);
    return prototype ? inherit(prototype, { raw: message }) : inherit(null, own);
  }
  return inherit((type === 'express' && instance?.request) || null, own);
}

/**
 * The request that a socket came with; for one that keeps none (`ws`) only its address is known.
 * @returns `undefined` for what is no socket
 */
export function handshakeOf(adapter: Adapter | undefined, socket: unknown): HttpRequest | undefined {
  const { request, _socket: raw } = (socket ?? {}) as {
    request?: Partial<IncomingMessage>;
    _socket?: { readonly remoteAddress?: unknown };
  };
  if (typeof request?.headers === 'object' && request.socket) {
    return asRequest(adapter, request as IncomingMessage);
  }
  return typeof raw?.remoteAddress === 'string'
    ? { method: 'GET', url: '/', headers: {}, ip: raw.remoteAddress }
    : undefined;
}

function fastifyRequest(instance: object): object | undefined {
  const symbol = Object.getOwnPropertySymbols(instance).find((one) => one.description === FASTIFY_REQUEST);
  return symbol && (Reflect.get(instance, symbol) as { prototype?: object } | undefined)?.prototype;
}

const inherit = (prototype: object | null, own: object): HttpRequest =>
  Object.create(prototype, Object.getOwnPropertyDescriptors(own)) as HttpRequest;
