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
import { isOfReplacedContent, removeStale } from '../prevent-caching.js';

/** Headers of every refusal. */
interface Common {
  readonly retryAfter: number;
  /** The same, if no header has been set; without cookies. */
  readonly alone: HeaderSet;
  readonly besides: HeaderSet;
}

type Headers = Readonly<Record<string, string>>;

const NAME = '"refusalHeaders"';

/** The headers of refusals: our own, and those that the application adds. */
export class RefusalHeaders {
  /** Sets headers; runs if the application's middleware has not. */
  readonly middleware: readonly MaintenanceHeaderMiddleware[];
  /** Those of the application that are the same for everybody. */
  readonly cookies: readonly string[];
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
    const given = options.refusalHeaders.filter((one) => typeof one !== 'function').flatMap(entriesOf);
    const { [VARY]: own, ...fixed } = merge(given.filter(([name]) => !isCookie(name)));
    this.fixed = fixed;
    this.cookies = given.filter(([name]) => isCookie(name)).map(([, value]) => value);
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
      const besides = merge([this.fixed, own].flatMap(entriesOf));
      this.last = {
        retryAfter,
        alone: headerSet({ ...besides, [VARY]: this.varied.join(', ') }),
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
    } else {
      removeStale(reply);
      setHeaders(reply, besides);
      this.varied.forEach((field) => vary(reply, field));
    }
    this.cookies.forEach((cookie) => addCookie(reply, cookie));
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
      } else if (isCookie(name)) {
        addCookie(reply, value);
      } else {
        setHeader(reply, name, value);
      }
    }
  }
}

const VARY = 'Vary';
const isCookie = (name: string): boolean => name.toLowerCase() === 'set-cookie';

type Entry = readonly [name: string, value: string];

/** Without what a refusal never has: functions and middleware cannot set it either. */
const entriesOf = (headers: object): Entry[] =>
  (Object.entries(headers) as Entry[]).filter(([name]) => !isOfReplacedContent(name));

/** Names are case-insensitive: the last one counts, except for `Vary`, whose fields are merged. */
function merge(entries: readonly Entry[]): Headers {
  const merged = new Map<string, Entry>();
  for (const [name, value] of entries) {
    const key = name.toLowerCase();
    const before = key === 'vary' ? merged.get(key)?.[1] : undefined;
    merged.set(key, [key === 'vary' ? VARY : name, before === undefined ? value : `${before}, ${value}`]);
  }
  return Object.fromEntries(merged.values());
}
