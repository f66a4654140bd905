import type { IncomingMessage } from 'node:http';

/** What requests of Express and Fastify have in common, as far as it is used here. */
export interface HttpRequest {
  readonly method: string;
  /** As it was sent. */
  readonly url: string;
  readonly originalUrl?: string;
  readonly headers: IncomingMessage['headers'];
  readonly ip?: string;
  readonly protocol?: string;
  readonly hostname?: string;
  /** Express: what an outer application or router has stripped. */
  readonly baseUrl?: string;
  /** Express: the application. */
  readonly app?: { get(setting: string): unknown; path?(): string };
  /** Fastify, where it trusts proxies: the addresses on the way, nearest first. */
  readonly ips?: readonly string[];
  /** Express: the matched route. */
  readonly route?: { readonly path?: unknown };
  /** Fastify: the matched route. */
  readonly routeOptions?: { readonly url?: string };
  readonly params?: Readonly<Record<string, unknown>>;
  readonly raw?: IncomingMessage;
  readonly socket?: { readonly remoteAddress?: string };
}

/** The path and query as they were sent, whatever the framework has stripped since. */
export const urlOf = (request: HttpRequest): string => request.originalUrl ?? request.raw?.url ?? request.url;

/** The path as it was sent. */
export const pathOf = (request: HttpRequest): string => pathname(urlOf(request));

/** The same, below the path at which an outer Express application mounts this one. */
export function pathInApplication(request: HttpRequest): string {
  const path = pathOf(request);
  const mounted = request.app?.path?.() ?? '';
  return mounted !== '' && path.startsWith(`${mounted}/`) ? path.slice(mounted.length) : path;
}

/** The path of a URL, including an absolute-form target. */
export function pathname(url: string): string {
  const target = url.split(/[?#]/, 1)[0] ?? '/';
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(target);
  return absolute ? target.slice(absolute[0].length) || '/' : target;
}

/** Whether a router can read it. */
export function isDecodable(path: string): boolean {
  try {
    return !path.includes('%') || decodeURIComponent(path) !== '';
  } catch {
    return false;
  }
}

/** Whether a browser asks on behalf of a page of another origin what it may send (Fetch, 4.9). */
export const isPreflight = ({ method, headers }: HttpRequest): boolean =>
  method === 'OPTIONS' &&
  headers.origin !== undefined &&
  headers['access-control-request-method'] !== undefined;

/** The template of the route that matched, `undefined` if none did. */
export function routeTemplate(request: HttpRequest): string | undefined {
  const path = request.routeOptions?.url ?? request.route?.path;
  return typeof path === 'string' ? path : undefined;
}

/** The visitor's address according to the framework's trust proxy setting. */
export function addressOf(request: HttpRequest): string | undefined {
  // Express: where no proxy is trusted, `ip` parses the headers only to give what the socket says
  const direct = request.app?.get('trust proxy') === false && !Object.hasOwn(request, 'ip');
  return (direct ? undefined : request.ip) ?? request.socket?.remoteAddress;
}

export const isHttps = (request: HttpRequest): boolean => request.protocol === 'https';

/** Whether the framework's trust proxy setting trusts the headers of this sender. */
export function trustsProxy(request: HttpRequest): boolean {
  const trusts = request.app?.get('trust proxy fn');
  if (typeof trusts === 'function') {
    return (trusts as (address: unknown, hop: number) => unknown)(request.socket?.remoteAddress, 0) === true;
  }
  if (!request.raw || !('ips' in request)) {
    return false;
  }
  // Fastify hides its setting: test whether it would trust that the sender forwards for another client
  const { socket } = request.raw;
  const probe = Object.create(Object.getPrototypeOf(request) as object, {
    raw: { value: { headers: { 'x-forwarded-for': '192.0.2.1' }, socket } },
  }) as HttpRequest;
  return (probe.ips?.length ?? 0) > 1;
}

/** A path of whole segments, none of which leads elsewhere. */
const PREFIX = /^(?:\/(?!\.{1,2}(?:\/|$))[\w.~!$&'()*+;=:@%-]+)*$/;
const LONGEST_PREFIX = 1_024;

/** Whether it may stand in a path of ours as it is. */
export const isPlainSegment = (segment: string): boolean =>
  segment !== '' && segment.length <= LONGEST_PREFIX && PREFIX.test(`/${segment}`);

/** The path that proxies have stripped and report, outermost first; `''` if none is trusted. */
export function forwardedPrefix(request: HttpRequest): string {
  const header = request.headers['x-forwarded-prefix'];
  if (header === undefined || header.length > LONGEST_PREFIX || !trustsProxy(request)) {
    return '';
  }
  const paths = [header].flat().flatMap((value) => value.split(','));
  const prefix = paths.map((path) => path.trim().replace(/\/$/, '')).join('');
  return PREFIX.test(prefix) ? prefix : '';
}
