import type { ServerResponse } from 'node:http';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import type { MaintenanceState } from '../keys/maintenance-state.js';
import type { MaintenanceStatus } from '../keys/maintenance-status.js';
import { removeStale } from './caching.js';
import { refusalOf, retryAfterOf, type Refusal, type RefusalSettings } from '../decision/refusal.js';
import { messageOf } from '../state/store.js';
import {
  headerSet,
  isUntouched,
  pathOf,
  rawResponse,
  setHeaders,
  vary,
  type HeaderSet,
  type HttpReply,
  type HttpRequest,
} from './http-port.js';
import { MaintenanceException, withoutStack } from './maintenance.exception.js';
import { negotiate, type Representation } from './negotiation.js';
import { jsonBody, type ReadyBody } from './ready-body.js';
import { sendBody } from './send-body.js';
import type { PageRenderer } from './page-renderer.js';
import { refreshSeconds } from './page/page.js';
import { samePath } from './same-path.js';

/** What the refuser needs to know of the application. */
export interface RefuserSettings extends RefusalSettings {
  readonly responseType: 'html' | 'json' | ((request: never) => 'html' | 'json') | undefined;
  readonly redirect: string | undefined;
  /** Do texts depend on the request. */
  readonly translated: boolean;
  readonly translate: (text: string, request: unknown) => string;
  /** Epoch ms by the store's clock. */
  readonly now: () => number;
  readonly error: (message: string) => void;
}

const POLICY = 'Content-Security-Policy';

/** What every refusal carries. */
interface Common {
  readonly retryAfter: number;
  /** Where nobody has set a header. */
  readonly alone: HeaderSet;
  readonly besides: HeaderSet;
}

/** An exception, and a promise that is rejected with it. */
export interface Rejected {
  readonly exception: MaintenanceException;
  readonly promise: Promise<never>;
}

interface Made extends Rejected {
  readonly state: MaintenanceState;
  readonly retryAfter: number;
  json?: ReadyBody;
  problem?: ReadyBody;
  /** Built-in pages by what the visitors' `Accept-Language` says. */
  readonly pages: Map<string, ReadyBody>;
}

/** Makes refusals. What is the same for all who are refused is made once: per state of a key and second of `Retry-After`. */
export class Refuser {
  private readonly made = new WeakMap<MaintenanceState, Made>();
  /** Mostly it is the same key that refuses. */
  private lastMade: Made | undefined;
  private lastCommon: Common | undefined;

  constructor(
    private readonly settings: RefuserSettings,
    private readonly pages: PageRenderer,
  ) {}

  refusal(status: MaintenanceStatus, request: unknown): Refusal {
    const { translate, now } = this.settings;
    return refusalOf(status, this.settings, now(), (text) => translate(text, request));
  }

  /** The exception for a status, its headers not set yet. */
  exception(status: MaintenanceStatus, request: unknown): MaintenanceException {
    return this.rejected(status, request).exception;
  }

  /**
   * The same for where one would throw it in an asynchronous function: nobody waits for the promise of that yet, and Node
   * takes note of each that is rejected so.
   */
  rejected(status: MaintenanceStatus, request: unknown): Rejected {
    return this.madeFor(status, request) ?? this.reject(status, request);
  }

  /** Sets what every refusal carries, in place of what was set before. */
  setHeaders(reply: HttpReply, { retryAfter }: Pick<Refusal, 'retryAfter'>): void {
    const headers = this.common(retryAfter);
    if (isUntouched(reply)) {
      setHeaders(reply, headers.alone);
      return;
    }
    removeStale(reply);
    vary(reply, 'Accept');
    setHeaders(reply, headers.besides);
  }

  /** Do refusals by this key depend on nothing but what Node knows of a request. */
  isPlain(key: MaintenanceKey | null): boolean {
    const { translated, responseType } = this.settings;
    return (
      !translated && typeof responseType !== 'function' && this.pages.isBuiltIn(key) && !this.pages.isPersonal
    );
  }

  representation(request: HttpRequest): Representation {
    const { responseType } = this.settings;
    if (responseType === undefined) {
      return negotiate(request.headers.accept);
    }
    if (typeof responseType === 'string') {
      return responseType;
    }
    try {
      return responseType(request as never) === 'html' ? 'html' : 'json';
    } catch (error) {
      this.settings.error(`responseType threw, JSON is sent: ${messageOf(error)}`);
      return 'json';
    }
  }

  /** Where somebody is sent who would get HTML; never the page he asks for. */
  redirect(request: HttpRequest): string | undefined {
    const { redirect } = this.settings;
    return redirect !== undefined && !samePath(pathOf(request), redirect) ? redirect : undefined;
  }

  /** The body of a refusal; a promise only where an application's own template is rendered. */
  private body(
    exception: MaintenanceException,
    request: HttpRequest,
    representation: Representation,
  ): ReadyBody | Promise<ReadyBody> {
    const { refusal } = exception;
    if (representation === 'html' && !this.pages.isBuiltIn(refusal.status.key)) {
      return this.pages.render(refusal, request).then((page) => this.html(page));
    }
    const made = this.madeFor(refusal.status, request);
    if (representation !== 'html') {
      const ready = made?.[representation] ?? jsonBody(refusal, representation);
      if (made) {
        made[representation] = ready;
      }
      return ready;
    }
    const language = request.headers['accept-language'] ?? '';
    let page = made?.pages.get(language);
    if (!page) {
      page = this.html(this.pages.builtIn(refusal, request));
      // languages are the visitors' to invent
      if (made && made.pages.size < 50) {
        made.pages.set(language, page);
      }
    }
    if (!this.pages.isPersonal) {
      return page;
    }
    const { body, headers } = page;
    return { body, headers: headerSet({ ...headers.named, [POLICY]: this.pages.policy(request) }) };
  }

  /** Answers with a refusal whose headers are set: redirect, page or JSON. Never rejects. */
  answer(reply: HttpReply, request: HttpRequest, exception: MaintenanceException): void | Promise<void> {
    return this.chosen(request, exception, (statusCode, { body, headers }) => {
      // unless somebody has answered while the page was made
      if (!rawResponse(reply).headersSent) {
        setHeaders(reply, headers);
        sendBody(reply, statusCode, body);
      }
    });
  }

  /** Answers with a refusal and all its headers in one pass, where nobody has set any. Never rejects. */
  answerAlone(
    response: ServerResponse,
    request: HttpRequest,
    exception: MaintenanceException,
  ): void | Promise<void> {
    return this.chosen(request, exception, (statusCode, ready) => {
      if (!response.headersSent) {
        ready.head ??= {
          ...this.common(exception.retryAfter).alone.named,
          ...ready.headers.named,
          'Content-Length': Buffer.byteLength(ready.body),
        };
        response.writeHead(statusCode, ready.head);
        response.end(ready.body);
      }
    });
  }

  private chosen(
    request: HttpRequest,
    exception: MaintenanceException,
    send: (statusCode: number, ready: ReadyBody) => void,
  ): void | Promise<void> {
    const representation = this.representation(request);
    const elsewhere = representation === 'html' ? this.redirect(request) : undefined;
    if (elsewhere !== undefined) {
      return send(302, { body: '', headers: headerSet({ Location: elsewhere }) });
    }
    const ready = this.body(exception, request, representation);
    const status = exception.getStatus();
    return ready instanceof Promise ? ready.then((body) => send(status, body)) : send(status, ready);
  }

  private reject(status: MaintenanceStatus, request: unknown): Rejected {
    const exception = withoutStack(() => new MaintenanceException(this.refusal(status, request)));
    const promise = Promise.reject<never>(exception);
    promise.catch(() => undefined);
    return { exception, promise };
  }

  private common(retryAfter: number): Common {
    if (this.lastCommon?.retryAfter !== retryAfter) {
      const headers = {
        'Retry-After': String(retryAfter),
        'Cache-Control': 'no-store',
        'X-Maintenance-Mode': '1',
      };
      this.lastCommon = {
        retryAfter,
        alone: headerSet({ ...headers, Vary: 'Accept' }),
        besides: headerSet(headers),
      };
    }
    return this.lastCommon;
  }

  private html({ html, csp }: { html: string; csp?: string }): ReadyBody {
    return {
      body: Buffer.from(html),
      headers: headerSet({
        'Content-Type': 'text/html; charset=utf-8',
        ...(csp !== undefined && { [POLICY]: csp }),
        Refresh: String(refreshSeconds(this.settings.refreshDelay)),
      }),
    };
  }

  /** What is the same for everybody; `undefined` where texts depend on the request. */
  private madeFor(status: MaintenanceStatus, request: unknown): Made | undefined {
    const { state } = status;
    if (!state || this.settings.translated) {
      return undefined;
    }
    const retryAfter = retryAfterOf(
      state.until,
      this.settings.refreshDelay,
      state.until === null ? 0 : this.settings.now(),
    );
    let made = this.lastMade?.state === state ? this.lastMade : this.made.get(state);
    if (made?.retryAfter !== retryAfter) {
      made = {
        state,
        retryAfter,
        ...this.reject(status, request),
        pages: new Map(),
      };
      this.made.set(state, made);
    }
    this.lastMade = made;
    return made;
  }
}
