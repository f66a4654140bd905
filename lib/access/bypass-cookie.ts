import { parseCookie, stringifySetCookie } from 'cookie';
import type { MaintenanceBypassCookieOptions } from '../options/access-options.js';
import { isHttps, type HttpRequest } from '../request/http-request.js';
import { BYPASS } from './bypass-link.js';

/** Browsers take a cookie of such a name only over https, for this very host and all its paths: no other host can plant one. */
export const HOST_COOKIE = `__Host-${BYPASS}`;

/** Milliseconds that browsers keep a cookie at most. */
const LONGEST_LIFE = 400 * 86_400_000;

/** The cookie that takes the place of a token in a link. */
export class BypassCookie {
  constructor(private readonly options: MaintenanceBypassCookieOptions) {}

  /** The header that sets it. @param expires epoch ms */
  header(request: HttpRequest, token: string, expires: number): string {
    const { domain, secure = isHttps(request) } = this.options;
    return stringifySetCookie(secure && domain === undefined ? HOST_COOKIE : BYPASS, token, {
      path: '/',
      ...(domain !== undefined && { domain }),
      httpOnly: true,
      sameSite: 'lax',
      secure,
      expires: new Date(Math.min(expires, Date.now() + LONGEST_LIFE)),
    });
  }

  /** The tokens that a request's cookies carry. A site may be served with and without TLS, so both names count. */
  tokens({ headers: { cookie } }: HttpRequest): string[] {
    if (!cookie?.includes(BYPASS)) {
      return [];
    }
    const parsed = parseCookie(cookie);
    return [parsed[HOST_COOKIE], parsed[BYPASS]].filter((token) => token !== undefined);
  }
}
