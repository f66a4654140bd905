import { randomInt } from 'node:crypto';
import { stringifySetCookie } from 'cookie';
import type { ApplicationCalls } from '../core/common/application-calls.js';
import type { ResolvedOptions } from '../options/options.js';
import { addressOf, isHttps, type HttpRequest } from '../request/http-request.js';
import { Visitor } from './visitor.js';

/** The cookie that keeps a visitor's place. It holds only a number, which the browser script reads (browser/live/turn.ts). */
const VISITOR_COOKIE = 'maintenance-visitor';

/** Number of places in the line. */
const PLACES = 1_000_000;
const PLACE = new RegExp(`(?:^|;) *${VISITOR_COOKIE}=(\\d{1,6}) *(?:;|$)`);
/** Steps of this length reach all places in turn, evenly spread: the golden ratio. */
const STEP = 618_034;

type VisitorFunction = NonNullable<ResolvedOptions['visitor']>;

/** How visitors are recognised, besides the option `visitor`. */
interface Ways {
  readonly now: () => number;
  /** Whether the request, if refused, would get a page that keeps cookies. */
  readonly isNavigation: (request: HttpRequest) => boolean;
  /** The request that a socket came with. */
  readonly handshake: (socket: unknown) => HttpRequest | undefined;
}

/**
 * Where visitors stand in the line in which they come back: by what the application says about them, else by a cookie with a
 * random number that a page sets when it refuses them, else by their address.
 */
export class Visitors {
  /** Places given out with the response in progress. */
  private readonly given = new WeakMap<object, number>();
  /** Under which a request carries the place that the application has returned for it. */
  private readonly said = Symbol('place in the line');
  private last = randomInt(PLACES);

  constructor(
    private readonly calls: ApplicationCalls,
    private readonly ways: Ways,
    private readonly visitor?: VisitorFunction,
  ) {}

  /** Whether the application is asked, which may need what its middleware sets on a request. */
  get asks(): boolean {
    return this.visitor !== undefined;
  }

  /**
   * @param http the HTTP request, if there is one
   * @returns `undefined` for what is no visitor: a message between services. A promise only where the application gives one
   */
  find(request: unknown, http: HttpRequest | undefined): Visitor | undefined | Promise<Visitor | undefined> {
    const seen = http ?? this.ways.handshake(request);
    if (!seen) {
      return undefined;
    }
    const said = this.visitor
      ? this.ask(this.visitor, request as AskedRequest, seen, http !== undefined)
      : undefined;
    return said instanceof Promise
      ? said.then((place) => this.create(place ?? this.known(seen)))
      : this.create(said ?? this.known(seen));
  }

  /** The same, synchronously: a promise of the application does not count. */
  findNow(request: unknown): Visitor | undefined {
    const found = this.find(request, isRequest(request) ? request : undefined);
    if (!(found instanceof Promise)) {
      return found;
    }
    const seen = isRequest(request) ? request : this.ways.handshake(request);
    return seen && this.create(this.known(seen));
  }

  /** The header that keeps the place for which this request was refused; `undefined` if none is needed. */
  cookie(request: unknown): string | undefined {
    const place = this.given.get(request as object);
    return place === undefined
      ? undefined
      : stringifySetCookie(VISITOR_COOKIE, String(place), {
          path: '/',
          sameSite: 'lax',
          secure: isHttps(request as HttpRequest),
        });
  }

  private create(place: number): Visitor {
    return new Visitor(place, this.ways.now());
  }

  /** By cookie or address, or by the number that the response will set. */
  private known(request: HttpRequest): number {
    const place = placeOf(request.headers.cookie) ?? this.given.get(request);
    if (place !== undefined) {
      return place / PLACES;
    }
    if (!this.ways.isNavigation(request)) {
      return byAddress(request);
    }
    this.last = (this.last + STEP) % PLACES;
    this.given.set(request, this.last);
    return this.last / PLACES;
  }

  /** @param once requests are asked about once; a socket may become somebody else's */
  private ask(
    visitor: VisitorFunction,
    request: AskedRequest,
    seen: HttpRequest,
    once: boolean,
  ): number | undefined | Promise<number | undefined> {
    const known = once ? request[this.said] : undefined;
    if (known !== undefined) {
      return known === NOTHING ? undefined : known;
    }
    const answer = this.calls.ask<unknown, typeof FAILED>('"visitor"', CONSEQUENCE, FAILED, () =>
      visitor(request as never),
    );
    const found =
      answer instanceof Promise ? answer.then((id) => this.placeBy(id, seen)) : this.placeBy(answer, seen);
    if (once) {
      // on the request itself: a WeakMap costs more than all the rest
      request[this.said] = found ?? NOTHING;
    }
    return found;
  }

  /** By what the application has said; `undefined`: nothing. */
  private placeBy(id: unknown, seen: HttpRequest): number | undefined {
    if (typeof id === 'string' || typeof id === 'number') {
      return id === '' ? undefined : hash(String(id));
    }
    if (id === undefined || id === null) {
      return undefined;
    }
    if (id !== FAILED) {
      this.calls.wrong('"visitor"', id, CONSEQUENCE);
    }
    return byAddress(seen);
  }
}

const CONSEQUENCE = 'the address counts';
/** Nothing was said. */
const NOTHING = -1;
type AskedRequest = Record<symbol, number | Promise<number | undefined> | undefined>;

const FAILED = Symbol('failed');

const isRequest = (value: unknown): value is HttpRequest =>
  typeof (value as HttpRequest | null)?.headers === 'object' && (value as HttpRequest).headers !== null;

/** Searched for, not parsed: parsing all cookies of a request would cost more than the decision. */
function placeOf(cookie: string | undefined): number | undefined {
  const place = cookie === undefined ? undefined : PLACE.exec(cookie)?.[1];
  return place === undefined ? undefined : Number(place);
}

const byAddress = (request: HttpRequest): number => hash(addressOf(request) ?? '');

/** Hashes names evenly: FNV-1a, mixed once more (the finalizer of MurmurHash3). From 0 to less than 1. */
function hash(text: string): number {
  let bits = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    bits = Math.imul(bits ^ text.charCodeAt(index), 0x01000193);
  }
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}
