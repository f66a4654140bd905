import type { ResolvedStructure } from '../options/structural-options.js';
import type { HttpRequest } from '../request/http-request.js';
import { comesFromItsHost, isAnybodys, isHostOf, parseOrigin, visitedHost } from '../request/visited-host.js';

/** Decides which pages belong to this site, for writes through the admin API, for sockets and for events. */
export class PageOrigins {
  /** `socket.origins`; without them every page may connect. */
  private readonly welcome: ReadonlySet<string> | undefined;
  /** `admin.origins`; if they are set, no other host counts. */
  private readonly listed: ReadonlySet<string> | undefined;
  private readonly hosts: readonly URL[];

  constructor({ socket, admin }: Pick<ResolvedStructure, 'socket' | 'admin'>) {
    const lowered = (origins: readonly string[] | undefined): ReadonlySet<string> | undefined =>
      origins && new Set(origins.map(lower));
    this.welcome = lowered((socket && socket.origins) || undefined);
    this.listed = lowered((admin && admin.origins) || undefined);
    this.hosts = [...(this.listed ?? [])].map((origin) => new URL(origin));
  }

  /** Whether there are `admin.origins`. */
  get areListed(): boolean {
    return this.listed !== undefined;
  }

  /** Whether it is one of `admin.origins`. */
  lists(origin: string): boolean {
    return this.listed?.has(lower(origin)) === true;
  }

  /** Whether the request was sent to one of these. */
  listsHost(request: HttpRequest): boolean {
    const host = visitedHost(request);
    return this.hosts.some((origin) => isHostOf(host, origin));
  }

  /**
   * Whether a request to this host is acceptable. Without `admin.origins` any is; with them none whose name others could point
   * at this server (DNS rebinding).
   */
  admitsHost(request: HttpRequest): boolean {
    return !this.areListed || !isAnybodys(visitedHost(request)) || this.listsHost(request);
  }

  /** The same for reading. Browsers reveal where a request comes from only to hosts that they can verify. */
  admitsReader(request: HttpRequest): boolean {
    const { origin, 'sec-fetch-site': site } = request.headers;
    return site !== undefined || (origin !== undefined && this.isListed(origin)) || this.admitsHost(request);
  }

  /**
   * Whether it comes from a page of the host that it was sent to. `Sec-Fetch-Site` is set by the browser alone and knows nothing
   * of proxies, so it decides wherever it is present.
   */
  isOwn(request: HttpRequest): boolean {
    const { origin = '', 'sec-fetch-site': site } = request.headers;
    const theirs = parseOrigin(origin);
    return site === undefined
      ? theirs !== undefined && comesFromItsHost(request, theirs)
      : site === 'same-origin';
  }

  /** Whether it may connect. Only browsers send an origin, and they always do for pages of other hosts. */
  accepts(request: HttpRequest): boolean {
    const { origin } = request.headers;
    return (
      this.welcome === undefined ||
      origin === undefined ||
      this.welcome.has(lower(origin)) ||
      this.isOwn(request)
    );
  }

  /**
   * Whether it may see key data. A foreign page may borrow what its reader is trusted with: cookies, a certificate, an address.
   */
  trusts(request: HttpRequest): boolean {
    const { origin } = request.headers;
    if (origin === undefined) {
      return this.admitsReader(request);
    }
    return this.isListed(origin) || (!this.areListed && this.isOwn(request));
  }

  /** Whether it is one of `admin.origins` or `socket.origins`. */
  private isListed(origin: string): boolean {
    return this.lists(origin) || this.welcome?.has(lower(origin)) === true;
  }
}

const lower = (text: string): string => text.toLowerCase();
