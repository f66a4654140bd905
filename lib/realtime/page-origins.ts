import { Inject, Injectable } from '@nestjs/common';
import type { IncomingHttpHeaders } from 'node:http';
import type { ResolvedStructure } from '../options/structural-options.js';
import { STRUCTURE } from '../options/tokens.js';

/** Which pages may connect, and which may see key data. */
@Injectable()
export class PageOrigins {
  /** `socket.origins`; `undefined`: any page may connect. */
  private readonly welcome: ReadonlySet<string> | undefined;
  /** Those, and where the admin page is opened. */
  private readonly trusted: ReadonlySet<string>;

  constructor(@Inject(STRUCTURE) { socket, admin }: Pick<ResolvedStructure, 'socket' | 'admin'>) {
    const origins = socket ? socket.origins : undefined;
    this.welcome = origins && new Set(origins.map(lower));
    this.trusted = new Set([...(origins ?? []), ...((admin && admin.origins) || [])].map(lower));
  }

  /** Only browsers name an origin, and for any page but those of the same host they always do. */
  accepts(headers: IncomingHttpHeaders): boolean {
    const { origin } = headers;
    return (
      this.welcome === undefined ||
      origin === undefined ||
      isSameHost(headers) ||
      this.welcome.has(lower(origin))
    );
  }

  /** A foreign page may be borrowing what its reader is trusted with: cookies, a certificate, an address. */
  trusts(headers: IncomingHttpHeaders): boolean {
    const { origin } = headers;
    return origin === undefined || isSameHost(headers) || this.trusted.has(lower(origin));
  }
}

function isSameHost({ origin = '', host }: IncomingHttpHeaders): boolean {
  const named = /^https?:\/\/(.+)$/i.exec(origin)?.[1];
  return named !== undefined && host !== undefined && lower(named) === lower(host);
}

const lower = (text: string): string => text.toLowerCase();
