import { isIP } from 'node:net';
import { isHttps, trustsProxy, type HttpRequest } from './http-request.js';

/**
 * The host as the visitor's browser knows it. Whether a proxy is trusted is the framework's decision, by its trust proxy
 * setting; of several values only the last was written by that proxy. HTTP/2 names it in `:authority`.
 */
export function visitedHost(request: HttpRequest): string | undefined {
  const { host, ':authority': authority, 'x-forwarded-host': forwarded } = request.headers;
  return forwarded !== undefined && trustsProxy(request)
    ? [forwarded].flat().join().split(',').pop()?.trim()
    : ([authority].flat()[0] ?? host);
}

/** Whether the origin names that host. */
export function isHostOf(host: string | undefined, { protocol, host: theirs }: URL): boolean {
  const own = `${protocol}//${host}`;
  return host !== undefined && URL.canParse(own) && new URL(own).host === theirs;
}

/** Whether a request comes from the host that it was sent to, judging by its Origin alone. */
export function comesFromItsHost(request: HttpRequest, origin: URL): boolean {
  // a proxy may have terminated TLS, but none adds it: a page without TLS is not this site
  const weaker = isHttps(request) && origin.protocol !== 'https:';
  return !weaker && isHostOf(visitedHost(request), origin);
}

/** Names that no foreign name server answers for, and addresses. */
export function isLocal(hostname: string): boolean {
  return /^(.+\.)?localhost$/.test(hostname) || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}

/** Whether a foreign name server could have led a browser to this server by that name; names without a dot are never public. */
export function isAnybodys(host: string | undefined): boolean {
  const url = `http://${host}`;
  if (host === undefined || !URL.canParse(url)) {
    return true;
  }
  const { hostname } = new URL(url);
  return !isLocal(hostname) && hostname.replace(/\.$/, '').includes('.');
}

/** `undefined` if it is not the origin of a page. */
export function parseOrigin(origin: string): URL | undefined {
  return /^https?:\/\/[^/?#\s,@]+$/i.test(origin) && URL.canParse(origin) ? new URL(origin) : undefined;
}
