import { parseCookie, stringifySetCookie } from 'cookie';
import type { MaintenanceBypassCookieOptions } from '../options/access-options.js';
import { isHttps, type HttpRequest } from '../request/http-request.js';
import { BYPASS } from './bypass-link.js';

/** Browsers accept a cookie with this prefix only over https, for this host and all its paths: no other host can set it. */
export const HOST_COOKIE = `__Host-${BYPASS}`;

/** The longest that browsers keep a cookie, in milliseconds. */
const LONGEST_LIFE = 400 * 86_400_000;

/** The cookie that replaces the token of a link. */
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

  /** The tokens in a request's cookies. A site may be served both with and without TLS, so both names count. */
  tokens({ headers: { cookie } }: HttpRequest): string[] {
    if (!cookie?.includes(BYPASS)) {
      return [];
    }
    const parsed = parseCookie(cookie);
    return [parsed[HOST_COOKIE], parsed[BYPASS]].filter((token) => token !== undefined);
  }
}
