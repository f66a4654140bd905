import { BypassAddresses } from './bypass-addresses.js';
import type { BypassCookie } from './bypass-cookie.js';
import { BYPASS, parseBypassLink } from './bypass-link.js';
import type { BypassTokens } from './bypass-tokens.js';
import type { MaintenanceBypassOptions } from '../options/access-options.js';
import { WaitBudget } from './wait-budget.js';
import type { ApplicationCalls } from '../core/common/application-calls.js';
import { addressOf, urlOf, type HttpRequest } from '../request/http-request.js';

/** The header by which programs send a token, with any method. */
const HEADER = 'x-maintenance-bypass';

const WHEN = '"bypass.when"';
const CONSEQUENCE = 'the request does not pass';

/** A visitor with a valid token is redirected and given a cookie. */
export interface BypassLink {
  /** The same URL without the token; always on this site. */
  readonly location: string;
  readonly cookie: string;
}

/** Decides who may pass during maintenance. */
export class Bypass {
  private readonly addresses: BypassAddresses | undefined;
  private readonly budget: WaitBudget;

  constructor(
    private readonly options: MaintenanceBypassOptions,
    private readonly tokens: BypassTokens,
    private readonly cookie: BypassCookie,
    private readonly calls: ApplicationCalls,
  ) {
    const { ips = [] } = options;
    this.budget = new WaitBudget(calls.timeout);
    this.addresses = ips.length > 0 ? new BypassAddresses(ips) : undefined;
  }

  /** By address, header or cookie; in memory only. */
  passes(request: HttpRequest, key: string): boolean {
    if (this.addresses?.has(addressOf(request))) {
      return true;
    }
    if (!this.tokens.enabled) {
      return false;
    }
    const header = request.headers[HEADER];
    return (
      (typeof header === 'string' && this.allowsToken(header, key)) ||
      this.cookie.tokens(request).some((token) => this.allowsToken(token, key))
    );
  }

  /** Whether a request may pass, or follows a link, judging only by what Node itself knows of it. */
  concerns(request: HttpRequest): boolean {
    return (
      this.addresses !== undefined ||
      this.asks ||
      (this.tokens.enabled &&
        (request.headers[HEADER] !== undefined ||
          request.headers.cookie?.includes(BYPASS) === true ||
          urlOf(request).includes(BYPASS)))
    );
  }

  /** Whether tokens are in use. */
  get offersLinks(): boolean {
    return this.tokens.enabled;
  }

  /** Whether there is a function to call. */
  get asks(): boolean {
    return this.options.when !== undefined;
  }

  /**
   * The result of the application's own function; one that throws or is late counts as no. However often it is called for a
   * request, nobody waits longer than `callTimeout` in all, and after that it is not called again.
   */
  ask(request: HttpRequest): boolean | Promise<boolean> {
    const left = this.budget.left(request);
    if (left === 0) {
      return false;
    }
    const answer = this.calls.ask(
      WHEN,
      CONSEQUENCE,
      false,
      () => this.options.when?.(request as never),
      left,
    );
    const isYes = (value: unknown): boolean => this.calls.isYes(WHEN, value, CONSEQUENCE);
    return answer instanceof Promise ? this.budget.spend(request, answer).then(isYes) : isYes(answer);
  }

  /** The link that a request follows, if it carries exactly one valid token. */
  link(request: HttpRequest): BypassLink | undefined {
    const target = this.tokens.enabled ? parseBypassLink(request) : undefined;
    const grant = target && this.tokens.check(target.token);
    return (
      grant && { location: target.location, cookie: this.cookie.header(request, target.token, grant.expires) }
    );
  }

  private allowsToken(token: string, key: string): boolean {
    const grant = this.tokens.check(token);
    return grant !== undefined && (grant.keys === undefined || grant.keys.has(key));
  }
}
