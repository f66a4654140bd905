import { isIP } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import type { HttpRequest } from '../request/http-request.js';
import type { ResolvedStructure } from '../options/structural-options.js';
import { STRUCTURE } from '../options/tokens.js';
import { AdminApiError } from './admin.errors.js';

/**
 * Lets writes through that come from the site itself or from a program, and refuses what another site could have made a
 * browser send.
 *
 * - `Sec-Fetch-Site` is set by the browser alone and knows nothing of proxies, so it decides wherever it is sent: with every
 *   request to https, localhost and addresses of this machine.
 * - Without it, `Origin` must be this site. A page loaded over plain http by a name proves nothing, since anybody may point a
 *   name at this server (DNS rebinding): such names must be listed in `admin.origins`.
 * - A program sends neither; it passes unless it brings cookies, since then it may be a browser that hides its origin.
 */
@Injectable()
export class Csrf {
  /** `admin.origins`; where it is set, nothing else counts. */
  private readonly listed: ReadonlySet<string> | undefined;

  constructor(@Inject(STRUCTURE) { admin }: Pick<ResolvedStructure, 'admin'>) {
    this.listed = (admin && admin.origins && new Set(admin.origins.map(lower))) || undefined;
  }

  /** @throws AdminApiError 403 that says why */
  check(request: HttpRequest): void {
    const { origin, cookie, 'sec-fetch-site': site } = request.headers;
    if (site !== undefined && site !== 'same-origin' && site !== 'none') {
      throw forbidden(`it comes from another origin (Sec-Fetch-Site: ${JSON.stringify(site)})`);
    }
    if (origin === undefined) {
      this.checkWithoutOrigin(request, site === 'same-origin', cookie !== undefined);
    } else if (this.listed) {
      if (!this.listed.has(lower(origin))) {
        throw forbidden(`its Origin, ${JSON.stringify(origin)}, is not listed in the option "admin.origins"`);
      }
    } else if (site !== 'same-origin') {
      checkOrigin(origin, request);
    }
  }

  private checkWithoutOrigin(request: HttpRequest, sameOrigin: boolean, cookies: boolean): void {
    if (!sameOrigin && cookies) {
      throw forbidden('it carries cookies but no Origin header');
    }
    const host = hostOf(request);
    if (sameOrigin && this.listed && ![...this.listed].some((origin) => isHostOf(host, new URL(origin)))) {
      throw forbidden(`its Host, ${JSON.stringify(host ?? '')}, is not listed in the option "admin.origins"`);
    }
  }
}

function checkOrigin(origin: string, request: HttpRequest): void {
  const host = hostOf(request);
  const theirs = parseOrigin(origin);
  // a proxy may have taken the TLS away, but nobody puts it on: a page without it is not this site
  const weaker = request.protocol === 'https' && theirs?.protocol !== 'https:';
  if (!theirs || weaker || !isHostOf(host, theirs)) {
    throw forbidden(
      origin === 'null'
        ? 'its Origin is "null"'
        : `its Origin is not this site, ${JSON.stringify(host ?? '')}; behind a proxy, forward the Host header, ` +
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

/**
 * The host as the visitor's browser knows it. Whether a proxy is believed is the framework's decision, by its trust proxy
 * setting; of several values only the last was written by that proxy, whichever one the framework picks.
 */
function hostOf(request: HttpRequest & { readonly host?: string }): string | undefined {
  const { host: sent, 'x-forwarded-host': forwarded } = request.headers;
  const { host = sent } = request;
  return host === sent ? sent : [forwarded].flat().join().split(',').pop()?.trim();
}

function isHostOf(host: string | undefined, { protocol, host: theirs }: URL): boolean {
  const own = `${protocol}//${host}`;
  return host !== undefined && URL.canParse(own) && new URL(own).host === theirs;
}

/** Names that no foreign name server answers for, and addresses, which are no names. */
function isLocal(hostname: string): boolean {
  return /^(.+\.)?localhost$/.test(hostname) || isIP(hostname.replace(/^\[|\]$/g, '')) !== 0;
}

function parseOrigin(origin: string): URL | undefined {
  return /^https?:\/\/[^/?#\s,@]+$/i.test(origin) && URL.canParse(origin) ? new URL(origin) : undefined;
}

const lower = (text: string): string => text.toLowerCase();

function forbidden(why: string): AdminApiError {
  return new AdminApiError(403, `A change must come from this site itself: ${why}.`);
}
