import type { OutgoingHttpHeaders } from 'node:http';
import {
  createRefusal,
  getRetryAfter,
  refusalJson,
  type Refusal,
  type RefusalSettings,
} from '../../decision/refusal.js';
import type { MaintenanceState } from '../../core/keys/maintenance-state.js';
import type { MaintenanceStatus } from '../../core/keys/maintenance-status.js';
import type { StateManager } from '../../core/state/state-manager.js';
import type { Localizer } from '../../i18n/localizer.js';
import type { HttpRequest } from '../../request/http-request.js';
import { headerSet, type HeaderSet } from '../http-port.js';
import { MaintenanceException, withoutStack } from './maintenance.exception.js';
import type { Representation } from '../negotiation.js';
import type { PageRenderer } from '../page/page-renderer.js';
import { refreshSeconds } from '../page/page.js';
import type { Body } from './send-body.js';

const POLICY = 'Content-Security-Policy';

/** A body ready to be sent, and the headers that describe it. */
export interface ReadyBody {
  readonly body: Body;
  readonly headers: HeaderSet;
  /** All headers of a response to which nobody adds any. */
  head?: OutgoingHttpHeaders;
}

/** An exception, and a promise rejected with it. */
export interface Rejected {
  readonly exception: MaintenanceException;
  readonly promise: Promise<never>;
}

interface Made extends Rejected {
  readonly state: MaintenanceState;
  /** The language of its message, if there are several. */
  readonly language: string;
  readonly retryAfter: number;
  json?: ReadyBody;
  problem?: ReadyBody;
  /** Built-in pages by what else they depend on: a language of the application, the path below which they are served. */
  readonly pages: Map<string, ReadyBody>;
}

/**
 * Creates refusals. What is the same for all refused requests is created once: per state of a key, language of its message and
 * second of `Retry-After`.
 */
export class RefusalCache {
  private readonly made = new WeakMap<MaintenanceState, Map<string, Made>>();
  /** Usually the same key refuses. */
  private lastMade: Made | undefined;

  constructor(
    private readonly settings: RefusalSettings,
    private readonly manager: StateManager,
    private readonly localizer: Localizer,
    private readonly pages: PageRenderer,
  ) {}

  refusal(status: MaintenanceStatus, request: unknown): Refusal {
    const now = this.manager.store.now();
    return createRefusal(status, this.settings, now, (state, builtIn) =>
      this.localizer.say(state, builtIn, request),
    );
  }

  /** The exception for a status; its headers are not set yet. */
  exception(status: MaintenanceStatus, request: unknown): MaintenanceException {
    return this.madeFor(status, request)?.exception ?? this.fresh(status, request);
  }

  /**
   * The same for use in asynchronous functions: nobody handles the promise yet, and Node tracks each one that is rejected
   * unhandled.
   */
  rejected(status: MaintenanceStatus, request: unknown): Rejected {
    return this.madeFor(status, request) ?? this.reject(status, request);
  }

  /** The body of a refusal; a promise only if an application's own template is rendered. */
  body(
    exception: MaintenanceException,
    request: HttpRequest,
    representation: Representation,
  ): ReadyBody | Promise<ReadyBody> {
    const { refusal } = exception;
    if (representation === 'html' && !this.pages.isBuiltIn(refusal.status.key)) {
      return this.pages.render(refusal, request).then((page) => this.html(page, refusal));
    }
    const made = this.madeFor(refusal.status, request);
    if (representation !== 'html') {
      const ready = made?.[representation] ?? jsonBody(refusal, representation);
      if (made) {
        made[representation] = ready;
      }
      return ready;
    }
    const variant = this.pages.variant(request);
    let page = made?.pages.get(variant);
    if (!page) {
      page = this.html(this.pages.builtIn(refusal, request), refusal);
      // visitors can invent paths if a proxy passes them on
      if (made && made.pages.size < 50) {
        made.pages.set(variant, page);
      }
    }
    if (!this.pages.isPersonal) {
      return page;
    }
    const { body, headers } = page;
    return { body, headers: headerSet({ ...headers.named, [POLICY]: this.pages.policy(request) }) };
  }

  private fresh(status: MaintenanceStatus, request: unknown): MaintenanceException {
    return withoutStack(() => new MaintenanceException(this.refusal(status, request)));
  }

  private reject(status: MaintenanceStatus, request: unknown): Rejected {
    const exception = this.fresh(status, request);
    const promise = Promise.reject<never>(exception);
    promise.catch(() => undefined);
    return { exception, promise };
  }

  private html({ html, csp }: { html: string; csp?: string }, refusal: Refusal): ReadyBody {
    return {
      body: Buffer.from(html),
      headers: headerSet({
        'Content-Type': 'text/html; charset=utf-8',
        ...(csp !== undefined && { [POLICY]: csp }),
        Refresh: String(refreshSeconds(this.pages.refreshDelay(refusal))),
      }),
    };
  }

  /** What is the same for everybody; `undefined` if texts depend on the request. */
  private madeFor(status: MaintenanceStatus, request: unknown): Made | undefined {
    const { state } = status;
    if (!state || this.localizer.active) {
      return undefined;
    }
    const retryAfter = getRetryAfter(
      state.until,
      this.settings.refreshDelay,
      state.until === null ? 0 : this.manager.store.now(),
    );
    const language = this.localizer.languageOf(state.messages, request);
    const { lastMade } = this;
    let made =
      lastMade?.state === state && lastMade.language === language
        ? lastMade
        : this.made.get(state)?.get(language);
    if (made?.retryAfter !== retryAfter) {
      made = {
        state,
        language,
        retryAfter,
        ...this.reject(status, request),
        pages: new Map(),
      };
      this.keep(made);
    }
    this.lastMade = made;
    return made;
  }

  private keep(made: Made): void {
    const all = this.made.get(made.state) ?? new Map<string, Made>();
    this.made.set(made.state, all.set(made.language, made));
  }
}

/** A refusal as JSON, or as problem details (RFC 9457). */
function jsonBody(refusal: Refusal, representation: 'json' | 'problem'): ReadyBody {
  const json = refusalJson(refusal);
  if (representation === 'json') {
    return {
      body: JSON.stringify(json),
      headers: headerSet({ 'Content-Type': 'application/json; charset=utf-8' }),
    };
  }
  const { statusCode, error, message, ...facts } = json;
  const problem = { type: 'about:blank', title: error, status: statusCode, detail: message, ...facts };
  return {
    body: JSON.stringify(problem),
    headers: headerSet({ 'Content-Type': 'application/problem+json; charset=utf-8' }),
  };
}
