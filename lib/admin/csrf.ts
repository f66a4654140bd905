import type { PageOrigins } from '../access/page-origins.js';
import type { HttpRequest } from '../request/http-request.js';
import { comesFromItsHost, isLocal, parseOrigin, visitedHost } from '../request/visited-host.js';
import { AdminApiError } from './admin.errors.js';

/**
 * Admits writes that come from the site itself or from a program, and refuses what another site could have made a browser send.
 *
 * - `Sec-Fetch-Site` is set by the browser alone and knows nothing of proxies, so it decides wherever it is present: with every
 * request to https, localhost and loopback addresses.
 * - Without it, `Origin` must be this site. A page loaded over plain http by host name proves nothing, since anybody can point a
 * name at this server (DNS rebinding): such names must be listed in `admin.origins`.
 * - A program sends neither; it passes unless it sends cookies, since then it may be a browser that hides its origin.
 * - With `admin.origins` nothing else counts: no other Origin, and no other host whose name others could point here.
 */
export class Csrf {
  constructor(private readonly origins: PageOrigins) {}

  /** @throws AdminApiError 403 that says why */
  check(request: HttpRequest): void {
    const { origin, cookie, 'sec-fetch-site': site } = request.headers;
    if (site !== undefined && site !== 'same-origin' && site !== 'none') {
      throw forbidden(`it comes from another origin (Sec-Fetch-Site: ${JSON.stringify(site)})`);
    }
    const sameOrigin = site === 'same-origin';
    if (origin === undefined) {
      if (!sameOrigin && cookie !== undefined) {
        throw forbidden('it carries cookies but no Origin header');
      }
      this.checkHost(request, sameOrigin);
    } else if (this.origins.areListed) {
      if (!this.origins.lists(origin)) {
        throw forbidden(`its Origin, ${JSON.stringify(origin)}, is not listed in the option "admin.origins"`);
      }
      if (!sameOrigin) {
        this.checkHost(request, false);
      }
    } else if (!sameOrigin) {
      checkOrigin(origin, request);
    }
  }

  /**
   * Reading needs no proof of origin, but with `admin.origins` no other host name may be used.
   * @throws AdminApiError 403
   */
  checkReader(request: HttpRequest): void {
    if (!this.origins.admitsReader(request)) {
      throw new AdminApiError(403, `Key data is not available on this host: ${hostNotListed(request)}.`);
    }
  }

  /** @param byBrowser only the host says which site it is */
  private checkHost(request: HttpRequest, byBrowser: boolean): void {
    const { origins } = this;
    if (origins.areListed && !(byBrowser ? origins.listsHost(request) : origins.admitsHost(request))) {
      throw forbidden(hostNotListed(request));
    }
  }
}

const hostNotListed = (request: HttpRequest): string =>
  `its Host, ${JSON.stringify(visitedHost(request) ?? '')}, is not listed in the option "admin.origins"`;

function checkOrigin(origin: string, request: HttpRequest): void {
  const theirs = parseOrigin(origin);
  if (!theirs || !comesFromItsHost(request, theirs)) {
    throw forbidden(
      origin === 'null'
        ? 'its Origin is "null"'
        : `its Origin is not this site, ${JSON.stringify(visitedHost(request) ?? '')}; behind a proxy, forward the Host header, ` +
            `configure the framework's trust proxy, or list the site in the option "admin.origins"`,
    );
  }
  if (theirs.protocol !== 'https:' && !isLocal(theirs.hostname)) {
    throw forbidden(
      `anybody can point the name ${JSON.stringify(theirs.hostname)} at this server, and without https nothing proves that ` +
        `it is this site (DNS rebinding); use https, or list ${JSON.stringify(theirs.origin)} in the option "admin.origins"`,
    );
  }
}

function forbidden(why: string): AdminApiError {
  return new AdminApiError(403, `A change must come from this site itself: ${why}.`);
}
