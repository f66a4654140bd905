import {
  isHeader,
  isHeaderMiddleware,
  type MaintenanceHeaderMiddleware,
} from '../../options/refusal-headers-option.js';
import type { ResolvedOptions } from '../../options/options.js';
import type { ApplicationCalls } from '../../core/common/application-calls.js';
import { isOptions } from '../../core/common/is-options.js';
import type { HttpReply } from '../../request/http-reply.js';
import {
  addCookie,
  headerSet,
  isUntouched,
  setHeader,
  setHeaders,
  vary,
  type HeaderSet,
} from '../http-port.js';
import { removeStale } from '../prevent-caching.js';

/** Headers of every refusal. */
interface Common {
  readonly retryAfter: number;
  /** The same, if no header has been set. */
  readonly alone: HeaderSet;
  readonly besides: HeaderSet;
}

type Headers = Readonly<Record<string, string>>;

const NAME = '"refusalHeaders"';

/** The headers of refusals: our own, and those that the application adds. */
export class RefusalHeaders {
  /** Sets headers; runs if the application's middleware has not. */
  readonly middleware: readonly MaintenanceHeaderMiddleware[];
  /** One of the application's, the same for everybody. */
  readonly cookie: string | undefined;
  private readonly fixed: Headers;
  private readonly varied: readonly string[];
  private readonly functions: readonly ((request: unknown) => Headers)[];
  private last: Common | undefined;

  constructor(
    private readonly options: Pick<ResolvedOptions, 'statusCode' | 'refusalHeaders'>,
    private readonly calls: ApplicationCalls,
  ) {
    const functions = options.refusalHeaders.filter((given) => typeof given === 'function');
    this.middleware = functions.filter(isHeaderMiddleware);
    this.functions = functions.filter((given) => !isHeaderMiddleware(given)) as ((
      request: unknown,
    ) => Headers)[];
    const {
      Vary: own,
      'Set-Cookie': cookie,
      ...fixed
    } = merge(options.refusalHeaders.filter((given) => typeof given !== 'function'));
    this.fixed = fixed;
    this.cookie = cookie;
    this.varied = [...(own?.split(',') ?? []), 'Accept'].map((field) => field.trim());
  }

  /** Whether they depend on the request. */
  get personal(): boolean {
    return this.functions.length > 0 || this.middleware.length > 0;
  }

  /** All that do not depend on the request. */
  of(retryAfter: number): Common {
    if (this.last?.retryAfter !== retryAfter) {
      const own = {
        'Retry-After': String(retryAfter),
        'Cache-Control': 'no-store',
        'X-Maintenance-Mode': '1',
        // caches and search engines would take a success for the page itself
        ...(this.options.statusCode === 200 && { 'X-Robots-Tag': 'noindex' }),
      };
      const besides = merge([this.fixed, own]);
      this.last = {
        retryAfter,
        alone: headerSet({
          ...besides,
          ...(this.cookie !== undefined && { 'Set-Cookie': this.cookie }),
          Vary: this.varied.join(', '),
        }),
        besides: headerSet(besides),
      };
    }
    return this.last;
  }

  /** Sets them, replacing earlier values. */
  set(reply: HttpReply, request: unknown, retryAfter: number): void {
    for (const give of this.functions) {
      this.setGiven(reply, give, request);
    }
    const { alone, besides } = this.of(retryAfter);
    if (isUntouched(reply)) {
      setHeaders(reply, alone);
      return;
    }
    removeStale(reply);
    setHeaders(reply, besides);
    this.varied.forEach((field) => vary(reply, field));
    if (this.cookie !== undefined) {
      addCookie(reply, this.cookie);
    }
  }

  /** Sets the application's headers for this request; none if it throws. */
  private setGiven(reply: HttpReply, give: (request: unknown) => Headers, request: unknown): void {
    const without = 'the refusal is sent without them';
    const given: unknown = this.calls.askNow(NAME, without, undefined, () => give(request));
    if (given === undefined || given === null) {
      return;
    }
    if (!isOptions(given)) {
      this.calls.wrong(NAME, given, without);
      return;
    }
    for (const [name, value] of Object.entries(given)) {
      if (!isHeader(name, value)) {
        this.calls.wrong(NAME, name, 'the refusal is sent without it');
      } else if (name.toLowerCase() === 'vary') {
        // CORS and others may have set it
        value.split(',').forEach((field) => vary(reply, field.trim()));
      } else if (name.toLowerCase() === 'set-cookie') {
        addCookie(reply, value);
      } else {
        setHeader(reply, name, value);
      }
    }
  }
}

/** Names that are told apart, as they are written here. */
const SPELLED = new Map(['Vary', 'Set-Cookie'].map((name) => [name.toLowerCase(), name]));

/** Names are case-insensitive: the last one counts, except for `Vary`, whose fields are merged. */
function merge(all: readonly object[]): Headers {
  const merged = new Map<string, readonly [name: string, value: string]>();
  for (const [name, value] of all.flatMap((headers) => Object.entries(headers) as [string, string][])) {
    const key = name.toLowerCase();
    const before = key === 'vary' ? merged.get(key)?.[1] : undefined;
    merged.set(key, [SPELLED.get(key) ?? name, before === undefined ? value : `${before}, ${value}`]);
  }
  return Object.fromEntries(merged.values());
}
