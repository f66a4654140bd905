import { BlockList, isIP } from 'node:net';
import type { BypassTokens } from './bypass-tokens.js';
import type { MaintenanceBypassOptions } from '../options/access-options.js';
import { messageOf } from '../core/store/store.js';
import { addressOf, isHttps, urlOf, type HttpRequest } from '../request/http-request.js';

/** Name of the query parameter that carries a token, and of the cookie that takes its place. */
export const BYPASS = 'maintenance-bypass';

/** Addresses whose answer is remembered. */
const REMEMBERED = 1_000;

/** A visitor who came with a good token is sent on with a cookie. */
export interface BypassLink {
  /** The same URL without the token; always on this site. */
  readonly location: string;
  readonly cookie: string;
}

/** Who passes although the site is in maintenance. */
export class Bypass {
  private readonly list = new BlockList();
  private readonly addresses = new Map<string, boolean>();
  private readonly hasList: boolean;

  constructor(
    private readonly options: MaintenanceBypassOptions,
    private readonly tokens: BypassTokens,
    /** Given, since it is loaded when the application starts, not when it is imported. */
    private readonly cookies: Pick<typeof import('cookie'), 'parseCookie' | 'stringifySetCookie'>,
    private readonly warn: (message: string) => void,
  ) {
    this.hasList = (options.ips?.length ?? 0) > 0;
    for (const entry of options.ips ?? []) {
      const { address, prefix, family } = rangeOf(entry);
      this.list.addSubnet(address, prefix, family);
    }
  }

  /** By address or cookie; in memory only. */
  passes(request: HttpRequest, key: string): boolean {
    return (
      (this.hasList && this.allowsAddress(addressOf(request))) ||
      this.allowsCookie(request.headers.cookie, key)
    );
  }

  /** May this request pass, or follow a link, for all that Node alone knows of it. */
  concerns(request: HttpRequest): boolean {
    return (
      this.hasList ||
      this.asks ||
      (this.tokens.enabled &&
        (request.headers.cookie?.includes(BYPASS) === true || urlOf(request).includes(BYPASS)))
    );
  }

  /** Are there tokens at all. */
  get offersLinks(): boolean {
    return this.tokens.enabled;
  }

  /** Is there a function to ask. */
  get asks(): boolean {
    return this.options.when !== undefined;
  }

  /** What the application's own function says; one that throws says no. */
  ask(request: unknown): boolean | Promise<boolean> {
    const refuse = (error: unknown): false => {
      this.warn(`bypass.when threw, the request is not let pass: ${messageOf(error)}`);
      return false;
    };
    try {
      const answer: unknown = this.options.when?.(request as never);
      return typeof (answer as PromiseLike<unknown> | null | undefined)?.then === 'function'
        ? Promise.resolve(answer).then((value) => value === true, refuse)
        : answer === true;
    } catch (error) {
      return refuse(error);
    }
  }

  /** The link a request follows, when it carries exactly one good token. */
  link(request: HttpRequest): BypassLink | undefined {
    if (!this.tokens.enabled || (request.method !== 'GET' && request.method !== 'HEAD')) {
      return undefined;
    }
    const url = urlOf(request);
    if (!url.includes(`${BYPASS}=`)) {
      return undefined;
    }
    const [target = '', hash] = url.split('#', 2);
    const mark = target.indexOf('?');
    if (mark < 0 || hash !== undefined) {
      return undefined;
    }
    const query = new URLSearchParams(target.slice(mark + 1));
    const tokens = query.getAll(BYPASS);
    const grant = tokens.length === 1 ? this.tokens.check(tokens[0]) : undefined;
    if (!grant) {
      return undefined;
    }
    return {
      location: withoutToken(target.slice(0, mark), target.slice(mark + 1)),
      cookie: this.cookies.stringifySetCookie(BYPASS, tokens[0] ?? '', {
        path: '/',
        httpOnly: true,
        sameSite: 'lax',
        secure: isHttps(request),
        expires: new Date(Math.min(grant.expires, Date.now() + 400 * 86_400_000)),
      }),
    };
  }

  private allowsAddress(address: string | undefined): boolean {
    if (address === undefined) {
      return false;
    }
    let answer = this.addresses.get(address);
    if (answer === undefined) {
      const family = isIP(address);
      // the zone of an IPv6 address says which of this machine's links, not who
      const plain = address.replace(/%.*$/, '');
      answer = family !== 0 && this.list.check(plain, family === 6 ? 'ipv6' : 'ipv4');
      if (this.addresses.size >= REMEMBERED) {
        this.addresses.clear();
      }
      this.addresses.set(address, answer);
    }
    return answer;
  }

  private allowsCookie(header: string | undefined, key: string): boolean {
    if (!this.tokens.enabled || !header?.includes(BYPASS)) {
      return false;
    }
    const grant = this.tokens.check(this.cookies.parseCookie(header)[BYPASS]);
    return grant !== undefined && (grant.keys === undefined || grant.keys.has(key));
  }
}

/** An entry of `ips`; one address is a range of its own, an IPv4-mapped one is IPv4. */
function rangeOf(entry: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } {
  const [address = '', length] = entry.split('/');
  const mapped = /^::ffff:([\d.]+)$/i.exec(address)?.[1];
  if (mapped !== undefined && Number(length ?? 128) >= 96) {
    return { address: mapped, prefix: Number(length ?? 128) - 96, family: 'ipv4' };
  }
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  return { address, prefix: Number(length ?? (family === 'ipv6' ? 128 : 32)), family };
}

/** The rest of the query stays as it was sent; a path that would name another host does not. */
function withoutToken(path: string, query: string): string {
  const rest = query
    .split('&')
    .filter((part) => new URLSearchParams(part).get(BYPASS) === null)
    .join('&');
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/[^/]*/i.exec(path);
  const local = `/${(absolute ? path.slice(absolute[0].length) : path).replace(/^[/\\]+/, '')}`;
  return encoded(local) + (rest === '' ? '' : `?${encoded(rest)}`);
}

/** Bytes that a header cannot carry, percent-encoded; Node gives each as one character. */
const encoded = (text: string): string =>
  text.replace(
    /[^\x21-\x7e]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
