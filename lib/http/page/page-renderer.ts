import type { HttpAdapterHost } from '@nestjs/core';
import type { ApplicationCalls } from '../../core/common/application-calls.js';
import { MaintenanceKey } from '../../core/keys/maintenance-key.js';
import type { MaintenanceTemplateContext } from '../../core/keys/maintenance-template.js';
import type { MaintenanceVisibleProgress } from '../../core/progress/maintenance-progress.js';
import type { Refusal } from '../../decision/refusal.js';
import { isGradual } from '../../decision/visitor.js';
import { describeValue, MaintenanceError } from '../../core/errors/errors.js';
import type { HttpRequest } from '../../request/http-request.js';
import type { StateManager } from '../../core/state/state-manager.js';
import type { MountedPaths } from '../mounted-path.js';
import type { SocketUrl } from '../socket-url.js';
import type { ResolvedOptions } from '../../options/options.js';
import type { Localizer } from '../../i18n/localizer.js';
import { renderView } from './view-engine.js';
import { renderMaintenancePage } from './page.js';
import { maintenancePageCsp } from './page-csp.js';
import { PAGE_TEXTS } from '../../i18n/texts.js';

/** A page and the policy that it needs; none for an application's own page. */
export interface RenderedPage {
  readonly html: string;
  readonly csp?: string;
}

/** The page of a refusal: the key's own, else the application's, else the built-in one. */
export class PageRenderer {
  constructor(
    private readonly options: ResolvedOptions,
    private readonly localizer: Localizer,
    private readonly paths: MountedPaths,
    private readonly host: HttpAdapterHost,
    private readonly calls: ApplicationCalls,
    private readonly socketUrl: SocketUrl,
    private readonly manager: StateManager,
  ) {}

  /** Whether the page is the same, except for the language, for everybody whom this key refuses now. */
  isBuiltIn(key: MaintenanceKey | null): boolean {
    return (
      this.options.template === undefined &&
      (key === null ||
        (key.template === undefined &&
          key.render === MaintenanceKey.prototype.render &&
          key.getTemplate === MaintenanceKey.prototype.getTemplate))
    );
  }

  /** Whether the policy of the built-in page depends on the request. */
  get isPersonal(): boolean {
    return this.socketUrl.isPersonal;
  }

  /** What the built-in page of one refusal depends on, besides the refusal. */
  variant(request: HttpRequest): string {
    return `${this.paths.place(request)} ${this.localizer.textLanguage(request)}`;
  }

  /** Never rejects: a template that throws or is late is replaced by the built-in page, and the error is logged. */
  async render(refusal: Refusal, request: HttpRequest): Promise<RenderedPage> {
    const { key } = refusal.status;
    if (!this.isBuiltIn(key)) {
      const html = await this.calls.ask(
        `The maintenance page of key "${key?.name}"`,
        'the built-in page is sent',
        undefined,
        () => this.ownPage(refusal, request),
      );
      if (html !== undefined) {
        return { html };
      }
    }
    return this.builtIn(refusal, request);
  }

  builtIn(refusal: Refusal, request: HttpRequest): RenderedPage {
    const { status, message, statusCode, until, retryAfter } = refusal;
    const { script } = this.urls(request);
    const progress = this.progressOf(refusal, request);
    const messageLanguage = this.localizer.languageOf(refusal.status.state?.messages, request);
    const [next] = this.localizer.upcoming(this.manager, request);
    return {
      html: renderMaintenancePage({
        statusCode,
        message,
        ...(messageLanguage !== '' && { messageLanguage }),
        ...(progress && { progress }),
        until,
        retryAfter,
        refreshDelay: this.refreshDelay(refusal),
        language: this.localizer.textLanguage(request),
        text: (text) => this.localizer.translate(text, request),
        scriptUrl: script,
        reopening: status.state?.reopening !== undefined,
        own: isOwn(refusal),
        next: next
          ? { start: new Date(next.start), end: new Date(next.end), message: next.message ?? '' }
          : null,
      }),
      csp: this.policy(request),
    };
  }

  /** Milliseconds until a page reloads: no later than the visitor's own moment. */
  refreshDelay(refusal: Refusal): number {
    const { refreshDelay } = this.options;
    return isOwn(refusal) ? Math.min(refreshDelay, refusal.retryAfter * 1000) : refreshDelay;
  }

  /** The `Content-Security-Policy` of the built-in page. */
  policy(request: HttpRequest): string {
    const { script } = this.urls(request);
    return maintenancePageCsp({
      scriptUrl: script,
      connect: this.socketUrl.sourcesFor(request),
      // as the application's own pages, see keepAncestors()
      ancestors: '',
    });
  }

  private progressOf(
    { status: { state } }: Refusal,
    request: HttpRequest,
  ): MaintenanceVisibleProgress | undefined {
    return state && this.localizer.progress(state, request);
  }

  private urls(request: HttpRequest): { ping: string; script: string } {
    return { ping: this.paths.url('ping', request), script: this.paths.url('script', request) };
  }

  private async ownPage(refusal: Refusal, request: HttpRequest): Promise<string | undefined> {
    const { key } = refusal.status;
    const context = this.contextOf(refusal, request);
    const own = await key?.render(request, context);
    if (own !== undefined && own !== null) {
      return checkPage(own);
    }
    const { template } = this.options;
    return template === undefined
      ? undefined
      : context.renderTemplate(template, (await key?.getContext(request, context)) ?? { ...context });
  }

  private contextOf(refusal: Refusal, request: HttpRequest): MaintenanceTemplateContext {
    const { status, message, statusCode, retryAfter, until } = refusal;
    const { ping, script } = this.urls(request);
    const text = (english: string): string => this.localizer.translate(english, request);
    return {
      key: status.key?.name ?? '',
      label: text(status.key?.label ?? ''),
      title: text(PAGE_TEXTS.title),
      message,
      statusCode,
      retryAfter,
      refreshDelay: this.options.refreshDelay,
      until,
      progress: this.progressOf(refusal, request) ?? null,
      language: this.localizer.language(request),
      pingUrl: ping,
      scriptUrl: script,
      request,
      translate: text,
      renderTemplate: async (template, context) =>
        checkPage(
          typeof template === 'function'
            ? await template(context as MaintenanceTemplateContext & Record<string, unknown>)
            : await renderView(this.host.httpAdapter, template, context),
        ),
    };
  }
}

/** Whether the end is different for each visitor. */
const isOwn = ({ status: { state }, until }: Refusal): boolean =>
  until !== null && !!state && isGradual({ state });

function checkPage(html: unknown): string {
  if (typeof html !== 'string') {
    throw new MaintenanceError(`the template returned ${describeValue(html)}, not a string`);
  }
  if (html.trim() === '') {
    throw new MaintenanceError('the template returned an empty page');
  }
  return html;
}
