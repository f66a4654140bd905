import type { ResolvedStructure } from '../options/structural-options.js';
import type { HttpRequest } from '../request/http-request.js';
import { comesFromItsHost, isAnybodys, isHostOf, parseOrigin, visitedHost } from '../request/visited-host.js';

/** Which pages are this site's: one place decides for writes by the admin API, for sockets and for events. */
export class PageOrigins {
  /** `socket.origins`; without them every page may connect. */
  private readonly welcome: ReadonlySet<string> | undefined;
  /** `admin.origins`; where they are set, no other host counts. */
  private readonly listed: ReadonlySet<string> | undefined;
  private readonly hosts: readonly URL[];

  constructor({ socket, admin }: Pick<ResolvedStructure, 'socket' | 'admin'>) {
    const lowered = (origins: readonly string[] | undefined): ReadonlySet<string> | undefined =>
      origins && new Set(origins.map(lower));
    this.welcome = lowered((socket && socket.origins) || undefined);
    this.listed = lowered((admin && admin.origins) || undefined);
    this.hosts = [...(this.listed ?? [])].map((origin) => new URL(origin));
  }

  /** Are there `admin.origins`. */
  get areListed(): boolean {
    return this.listed !== undefined;
  }

  /** Is it one of `admin.origins`. */
  lists(origin: string): boolean {
    return this.listed?.has(lower(origin)) === true;
  }

  /** Was the request sent to one of those. */
  listsHost(request: HttpRequest): boolean {
    const host = visitedHost(request);
    return this.hosts.some((origin) => isHostOf(host, origin));
  }

  /**
   * May a request that went to this host come from here. Without `admin.origins` any may; with them none whose name anybody may
   * point at this server (DNS rebinding).
   */
  admitsHost(request: HttpRequest): boolean {
    return !this.areListed || !isAnybodys(visitedHost(request)) || this.listsHost(request);
  }

  /** The same where something is only read. Browsers say where a request comes from only to those that they can be sure of. */
  admitsReader(request: HttpRequest): boolean {
    const { origin, 'sec-fetch-site': site } = request.headers;
    return site !== undefined || (origin !== undefined && this.isListed(origin)) || this.admitsHost(request);
  }

  /**
   * Is it sent by a page of the host that it went to. `Sec-Fetch-Site` is set by the browser alone and knows nothing of proxies, so
   * it decides wherever it is sent.
   */
  isOwn(request: HttpRequest): boolean {
    const { origin = '', 'sec-fetch-site': site } = request.headers;
    const theirs = parseOrigin(origin);
    return site === undefined
      ? theirs !== undefined && comesFromItsHost(request, theirs)
      : site === 'same-origin';
  }

  /** May it connect. Only browsers name an origin, and for any page but those of the same host they always do. */
  accepts(request: HttpRequest): boolean {
    const { origin } = request.headers;
    return (
      this.welcome === undefined ||
      origin === undefined ||
      this.welcome.has(lower(origin)) ||
      this.isOwn(request)
    );
  }

  /** May it see key data. A foreign page may be borrowing what its reader is trusted with: cookies, a certificate, an address. */
  trusts(request: HttpRequest): boolean {
    const { origin } = request.headers;
    if (origin === undefined) {
      return this.admitsReader(request);
    }
    return this.isListed(origin) || (!this.areListed && this.isOwn(request));
  }

  /** Is it one of `admin.origins` or of `socket.origins`. */
  private isListed(origin: string): boolean {
    return this.lists(origin) || this.welcome?.has(lower(origin)) === true;
  }
}

const lower = (text: string): string => text.toLowerCase();
