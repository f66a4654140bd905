import { ServerResponse, type IncomingMessage } from 'node:http';

/** What Express and Fastify requests have in common, as far as it is needed here. */
export interface HttpRequest {
  readonly method: string;
  /** As it was sent. */
  readonly url: string;
  readonly originalUrl?: string;
  readonly headers: IncomingMessage['headers'];
  readonly ip?: string;
  readonly protocol?: string;
  readonly hostname?: string;
  /** Express: what an outer application or router has cut off. */
  readonly baseUrl?: string;
  /** Express: the application. */
  readonly app?: { get(setting: string): unknown };
  /** Fastify, where it trusts proxies: the addresses on the way, nearest first. */
  readonly ips?: readonly string[];
  /** Express: the matched route. */
  readonly route?: { readonly path?: unknown };
  /** Fastify: the matched route. */
  readonly routeOptions?: { readonly url?: string };
  readonly raw?: IncomingMessage;
  readonly socket?: { readonly remoteAddress?: string };
}

/** Express' response, Fastify's reply, or Node's own response. */
export interface HttpReply {
  readonly raw?: ServerResponse;
  getHeader(name: string): unknown;
  getHeaders(): object;
  removeHeader(name: string): unknown;
  setHeader?(name: string, value: string | string[]): unknown;
  /** Fastify. */
  header?(name: string, value: string | string[]): unknown;
  code?(status: number): HttpReply;
  serializer?(serialize: (body: unknown) => unknown): unknown;
  send?(body: unknown): unknown;
  hijack?(): unknown;
}

/** A Fastify reply has a raw response behind it, and headers of its own until it is sent. */
export const isFastifyReply = (reply: HttpReply): boolean =>
  // asking Express' response for what it does not have costs more than asking what it is
  !(reply instanceof ServerResponse) && reply.raw !== undefined && typeof reply.code === 'function';

/** Node's response behind a reply. */
export const rawResponse = (reply: HttpReply): ServerResponse =>
  reply instanceof ServerResponse ? reply : (reply.raw ?? (reply as unknown as ServerResponse));

/** Has nobody set a header yet. */
export function isUntouched(reply: HttpReply): boolean {
  for (const _ in reply.getHeaders()) {
    return false;
  }
  return true;
}

/** The path and query as they were sent, whatever the framework has cut off meanwhile. */
export const urlOf = (request: HttpRequest): string => request.originalUrl ?? request.raw?.url ?? request.url;

/** The path as it was sent; also of an absolute-form target. */
export function pathOf(request: HttpRequest): string {
  const target = urlOf(request).split(/[?#]/, 1)[0] ?? '/';
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(target);
  return absolute ? target.slice(absolute[0].length) || '/' : target;
}

/** The template of the route that matched, `undefined` when none did. */
export function routeTemplate(request: HttpRequest): string | undefined {
  const path = request.routeOptions?.url ?? request.route?.path;
  return typeof path === 'string' ? path : undefined;
}

/** The visitor's address as the framework's trust proxy setting gives it. */
export const addressOf = (request: HttpRequest): string | undefined =>
  request.ip ?? request.socket?.remoteAddress;

export const isHttps = (request: HttpRequest): boolean => request.protocol === 'https';

/** Does the framework's trust proxy setting believe the headers of whoever sent this. */
export function trustsProxy(request: HttpRequest): boolean {
  const trusts = request.app?.get('trust proxy fn');
  if (typeof trusts === 'function') {
    return (trusts as (address: unknown, hop: number) => unknown)(request.socket?.remoteAddress, 0) === true;
  }
  if (!request.raw || !('ips' in request)) {
    return false;
  }
  // Fastify keeps its setting to itself: would it believe that the sender passes on what another one has sent
  const { socket } = request.raw;
  const probe = Object.create(Object.getPrototypeOf(request) as object, {
    raw: { value: { headers: { 'x-forwarded-for': '192.0.2.1' }, socket } },
  }) as HttpRequest;
  return (probe.ips?.length ?? 0) > 1;
}

/** A path of whole segments, none of which leads elsewhere. */
const PREFIX = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~!$&'()*+;=:@%-]+)*$/;
const LONGEST_PREFIX = 1_024;

/** The path that a proxy has stripped and tells of: those of several in the order they were passed; `''` when there is none to believe. */
export function forwardedPrefix(request: HttpRequest): string {
  const header = request.headers['x-forwarded-prefix'];
  if (header === undefined || header.length > LONGEST_PREFIX || !trustsProxy(request)) {
    return '';
  }
  const paths = [header].flat().flatMap((value) => value.split(','));
  const prefix = paths.map((path) => path.trim().replace(/\/$/, '')).join('');
  return PREFIX.test(prefix) ? prefix : '';
}

/** Sets a header, in place of whatever was set by anybody before. */
export function setHeader(reply: HttpReply, name: string, value: string | string[]): void {
  const raw = rawResponse(reply);
  if (reply.header && isFastifyReply(reply)) {
    if (raw.hasHeader(name)) {
      // what middleware set would be sent as well
      raw.removeHeader(name);
    }
    reply.header(name, value);
  } else {
    raw.setHeader(name, value);
  }
}

/** Headers that are set again and again: also by the names Fastify keeps them by, which it would make anew each time. */
export interface HeaderSet {
  readonly named: Readonly<Record<string, string>>;
  readonly lowered: Readonly<Record<string, string>>;
}

export const headerSet = (named: Readonly<Record<string, string>>): HeaderSet => ({
  named,
  lowered: Object.fromEntries(Object.entries(named).map(([name, value]) => [name.toLowerCase(), value])),
});

/** Sets them all, in place of whatever was set by anybody before. */
export function setHeaders(reply: HttpReply, { named, lowered }: HeaderSet): void {
  const raw = rawResponse(reply);
  if (!reply.header || !isFastifyReply(reply)) {
    for (const name in named) {
      raw.setHeader(name, named[name] ?? '');
    }
    return;
  }
  if (raw.getHeaderNames().length > 0) {
    // what middleware set would be sent as well
    removeHeaders(reply, new Set(Object.keys(lowered)));
  }
  for (const name in lowered) {
    reply.header(name, lowered[name] ?? '');
  }
}

/** Removes those of these headers that were set by anybody before. @param unwanted names in lower case */
export function removeHeaders(reply: HttpReply, unwanted: ReadonlySet<string>): void {
  // few are set, if any: looking through those costs less than asking for each that is unwanted
  for (const name of Object.keys(reply.getHeaders())) {
    if (unwanted.has(name)) {
      reply.removeHeader(name);
      // Fastify looks at the raw response too, but not every version removes it there
      rawResponse(reply).removeHeader(name);
    }
  }
}

/** Adds a field to `Vary`, keeping those that are there. */
export function vary(reply: HttpReply, field: string): void {
  if (reply.getHeader('vary') === undefined) {
    setHeader(reply, 'Vary', field);
    return;
  }
  const set = [reply.getHeader('vary'), reply.raw?.getHeader('vary')]
    .flat()
    .filter((value) => typeof value === 'string');
  const fields = new Map(
    [...set.flatMap((value) => value.split(',')), field].map((name) => [
      name.trim().toLowerCase(),
      name.trim(),
    ]),
  );
  if (!fields.has('*')) {
    setHeader(reply, 'Vary', [...fields.values()].filter(Boolean).join(', '));
  }
}
