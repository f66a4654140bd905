import type { ServerResponse } from 'node:http';
import type { Refusal } from '../../decision/refusal.js';
import type { Visitors } from '../../decision/visitors.js';
import type { MaintenanceKey } from '../../core/keys/maintenance-key.js';
import type { ResolvedOptions } from '../../options/options.js';
import type { Localizer } from '../../i18n/localizer.js';
import { pathOf, type HttpRequest } from '../../request/http-request.js';
import type { HttpReply } from '../../request/http-reply.js';
import { addCookie, headerSet, rawResponse, setHeaders } from '../http-port.js';
import { resistLateHooks } from './late-hooks.js';
import type { MaintenanceException } from './maintenance.exception.js';
import type { MountedPaths } from '../mounted-path.js';
import type { Representation } from '../negotiation.js';
import type { PageRenderer } from '../page/page-renderer.js';
import { replacePolicy } from '../page/replaced-policy.js';
import type { ReadyBody, RefusalCache } from './refusal-cache.js';
import type { RefusalHeaders } from './refusal-headers.js';
import type { Representations } from './representations.js';
import { samePath } from '../same-path.js';
import { sendBody } from './send-body.js';

/** Answers refused requests, in the requested form. */
export class RefusalResponder {
  constructor(
    private readonly options: Pick<ResolvedOptions, 'responseType' | 'redirect'>,
    private readonly representations: Representations,
    /** What is answered. */
    readonly ready: RefusalCache,
    readonly headers: RefusalHeaders,
    private readonly pages: PageRenderer,
    private readonly localizer: Localizer,
    private readonly paths: MountedPaths,
    private readonly visitors: Visitors,
  ) {}

  /** Sets the headers of every refusal, replacing earlier values. */
  setHeaders(reply: HttpReply, request: unknown, { retryAfter }: Pick<Refusal, 'retryAfter'>): void {
    this.headers.set(reply, request, retryAfter);
    resistLateHooks(reply, request as HttpRequest);
    const cookie = this.visitors.cookie(request);
    if (cookie !== undefined) {
      addCookie(reply, cookie);
    }
  }

  /** Whether refusals by this key depend only on what Node knows of a request. */
  isPlain(key: MaintenanceKey | null): boolean {
    return (
      !this.localizer.active &&
      typeof this.options.responseType !== 'function' &&
      this.pages.isBuiltIn(key) &&
      !this.pages.isPersonal &&
      !this.headers.personal
    );
  }

  representation(request: HttpRequest): Representation {
    return this.representations.of(request);
  }

  /**
   * Where a request that would get HTML is redirected, as the browser must request it: below what a proxy strips, unless the
   * option already includes that. Never to itself.
   */
  redirect(request: HttpRequest): string | undefined {
    const { redirect } = this.options;
    if (redirect === undefined) {
      return undefined;
    }
    const path = pathOf(request);
    const base = this.paths.base(request);
    const target = redirect === base || redirect.startsWith(`${base}/`) ? redirect : base + redirect;
    const isThere = samePath(path, redirect) || samePath(this.paths.outside(path, request), target);
    return isThere ? undefined : target;
  }

  /** Sends a refusal whose headers are set: redirect, page or JSON. Never rejects. */
  answer(reply: HttpReply, request: HttpRequest, exception: MaintenanceException): void | Promise<void> {
    return this.chosen(request, exception, (statusCode, { body, headers }) => {
      // unless somebody has answered while the page was rendered
      if (!rawResponse(reply).headersSent) {
        setHeaders(reply, replacePolicy(reply, headers));
        sendBody(reply, statusCode, body);
      }
    });
  }

  /** Sends a refusal and all its headers in one pass, if no header has been set. Never rejects. */
  answerAlone(
    response: ServerResponse,
    request: HttpRequest,
    exception: MaintenanceException,
  ): void | Promise<void> {
    return this.chosen(request, exception, (statusCode, ready) => {
      if (!response.headersSent) {
        ready.head ??= {
          ...this.headers.of(exception.retryAfter).alone.named,
          ...ready.headers.named,
          'Content-Length': Buffer.byteLength(ready.body),
        };
        const place = this.visitors.cookie(request);
        const cookies = place === undefined ? this.headers.cookies : [...this.headers.cookies, place];
        response.writeHead(
          statusCode,
          cookies.length === 0 ? ready.head : { ...ready.head, 'Set-Cookie': [...cookies] },
        );
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
    const ready = this.ready.body(exception, request, representation);
    const status = exception.getStatus();
    return ready instanceof Promise ? ready.then((body) => send(status, body)) : send(status, ready);
  }
}
