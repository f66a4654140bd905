import type { HttpRequest } from '../http/http-port.js';
import { AdminApiError } from './admin.errors.js';

/**
 * Lets writes pass that come from the site itself or from a program, and refuses what another site could have made a
 * browser send.
 *
 * - A browser says where a request comes from: `Sec-Fetch-Site` in all current ones, `Origin` with every write.
 * - A program says neither; it passes unless it brings cookies, since then it may be a browser that hides its origin.
 *
 * @throws AdminApiError 403
 */
export function checkCsrf(request: HttpRequest): void {
  const { origin, cookie, 'sec-fetch-site': site } = request.headers;
  if (site === 'cross-site' || site === 'same-site') {
    throw forbidden(`it comes from another origin (Sec-Fetch-Site: ${site})`);
  }
  if (origin !== undefined) {
    const own = hostOf(request);
    if (!isOwnOrigin(origin, own, request.protocol)) {
      throw forbidden(
        origin === 'null'
          ? 'its Origin is "null"'
          : `its Origin is not this site, ${JSON.stringify(own ?? '')}; behind a proxy, pass the Host header on or set the framework's trust proxy option`,
      );
    }
  } else if (cookie !== undefined && site !== 'same-origin') {
    throw forbidden('it brings cookies and does not say where it comes from (no Origin header)');
  }
}

/** As the visitor's browser knows it: the framework's trust proxy setting decides whether a proxy is believed. */
function hostOf(request: HttpRequest & { readonly host?: string }): string | undefined {
  return request.host ?? request.headers.host;
}

function isOwnOrigin(origin: string, host: string | undefined, protocol: string | undefined): boolean {
  if (host === undefined || !/^https?:\/\/[^/?#\s,]+$/i.test(origin) || !URL.canParse(origin)) {
    return false;
  }
  const theirs = new URL(origin);
  // a proxy may have taken the TLS away, but nobody puts it on: a page without it is not this site
  if (protocol === 'https' && theirs.protocol !== 'https:') {
    return false;
  }
  const own = `${theirs.protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === theirs.host;
}

function forbidden(why: string): AdminApiError {
  return new AdminApiError(403, `A change must come from this site itself: ${why}.`);
}
