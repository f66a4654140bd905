import type { ApplicationCalls } from '../core/common/application-calls.js';
import type { ResolvedStructure } from '../options/structural-options.js';
import type { HttpRequest } from '../request/http-request.js';

/** Where the pages of a request connect to, according to `socket.url`. */
export class SocketUrl {
  constructor(
    private readonly structure: ResolvedStructure,
    private readonly calls: ApplicationCalls,
  ) {}

  /** Whether it is asked for every request. */
  get isPersonal(): boolean {
    return this.given !== undefined;
  }

  /** An origin; `null` for that of the page, also if `socket.url` returns no URL. */
  originFor(request: HttpRequest): string | null {
    const { given } = this;
    return given
      ? this.calls.askNow('"socket.url"', 'pages connect to their own origin', null, () => {
          const url: unknown = given(request as never);
          return isPromise(url) ? (url as never) : originOf(String(url));
        })
      : null;
  }

  /** What a policy must allow for it besides the page's own origin: not every browser lets a `http:` source cover `ws:`. */
  sourcesFor(request: HttpRequest): string[] {
    const origin = this.originFor(request);
    return origin === null ? [] : [origin.replace(/^ws/, 'http'), origin.replace(/^http/, 'ws')];
  }

  private get given() {
    const { socket } = this.structure;
    return socket ? socket.url : undefined;
  }
}

function originOf(url: string): string {
  const { origin, protocol } = new URL(url);
  if (!/^(http|ws)s?:$/.test(protocol)) {
    throw new TypeError(`${protocol} URLs are not supported`);
  }
  return origin;
}

const isPromise = (value: unknown): boolean =>
  typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
