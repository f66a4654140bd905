import type { ApplicationCalls } from '../../core/common/application-calls.js';
import { MaintenanceKey } from '../../core/keys/maintenance-key.js';
import type {
  MaintenanceTemplate,
  MaintenanceTemplateContext,
} from '../../core/keys/maintenance-template.js';
import type { Refusal } from '../../decision/refusal.js';
import { MaintenanceError } from '../../core/errors/errors.js';
import type { HttpRequest } from '../http-port.js';
import type { MountedPaths } from '../mounted-path.js';
import { maintenancePageCsp, renderMaintenancePage } from './page.js';
import { PAGE_TEXTS } from '../../i18n/texts.js';

/** A page and the policy it needs; none for an application's own page. */
export interface RenderedPage {
  readonly html: string;
  readonly csp?: string;
}

/** What the pages need to know of the application. */
export interface PageSettings {
  readonly template: MaintenanceTemplate | undefined;
  /** Milliseconds. */
  readonly refreshDelay: number;
  readonly paths: MountedPaths;
  /** Is there a browser script. */
  readonly script: boolean;
  /** Further sources the browser script connects to, where they depend on the request. */
  readonly connect: ((request: HttpRequest) => string[]) | undefined;
  readonly translate: (text: string, request: unknown) => string;
  /** The language that a visitor asks for, and the one that built-in texts are in for them. */
  readonly language: (request: unknown) => string;
  readonly textLanguage: (request: unknown) => string;
  /** The application's view engine. */
  readonly view: (name: string, context: Record<string, unknown>) => Promise<string>;
  readonly calls: ApplicationCalls;
}

/** The page for a refusal: the key's own, else the application's, else the built-in one. */
export class PageRenderer {
  constructor(private readonly settings: PageSettings) {}

  /** Is the page the same for everybody who is refused by this key now, but for the language. */
  isBuiltIn(key: MaintenanceKey | null): boolean {
    return (
      this.settings.template === undefined &&
      (key === null ||
        (key.template === undefined &&
          key.render === MaintenanceKey.prototype.render &&
          key.getTemplate === MaintenanceKey.prototype.getTemplate))
    );
  }

  /** Does the policy of the built-in page depend on who asks. */
  get isPersonal(): boolean {
    return this.settings.connect !== undefined;
  }

  /** What the built-in page of one refusal depends on besides the refusal. */
  variant(request: HttpRequest): string {
    return `${this.settings.paths.base(request)} ${this.settings.textLanguage(request)}`;
  }

  /** Never rejects: a template that throws or is late gives way to the built-in page, and the log says so. */
  async render(refusal: Refusal, request: HttpRequest): Promise<RenderedPage> {
    const { key } = refusal.status;
    if (!this.isBuiltIn(key)) {
      const html = await this.settings.calls.ask(
        `The maintenance page of key "${key?.name}"`,
        'the built-in one is sent',
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
    const { message, statusCode, until, retryAfter } = refusal;
    const { script } = this.urls(request);
    return {
      html: renderMaintenancePage({
        statusCode,
        message,
        until,
        retryAfter,
        refreshDelay: this.settings.refreshDelay,
        language: this.settings.textLanguage(request),
        text: (text) => this.settings.translate(text, request),
        scriptUrl: script,
      }),
      csp: this.policy(request),
    };
  }

  /** The `Content-Security-Policy` of the built-in page. */
  policy(request: HttpRequest): string {
    const { script } = this.urls(request);
    return maintenancePageCsp({
      scriptUrl: script,
      connect: script === null ? [] : (this.settings.connect?.(request) ?? []),
    });
  }

  private urls(request: HttpRequest): { ping: string; script: string | null } {
    const { paths, script } = this.settings;
    return { ping: paths.url('ping', request), script: script ? paths.url('script', request) : null };
  }

  private async ownPage(refusal: Refusal, request: HttpRequest): Promise<string | undefined> {
    const { key } = refusal.status;
    const context = this.contextOf(refusal, request);
    const own = await key?.render(request, context);
    if (own !== undefined && own !== null) {
      return checkPage(own);
    }
    const { template } = this.settings;
    return template === undefined
      ? undefined
      : context.renderTemplate(template, (await key?.getContext(request, context)) ?? { ...context });
  }

  private contextOf(refusal: Refusal, request: HttpRequest): MaintenanceTemplateContext {
    const { status, message, statusCode, retryAfter, until } = refusal;
    const { translate, refreshDelay, language } = this.settings;
    const { ping, script } = this.urls(request);
    const text = (english: string): string => translate(english, request);
    return {
      key: status.key?.name ?? '',
      label: text(status.key?.label ?? ''),
      title: text(PAGE_TEXTS.title),
      message,
      statusCode,
      retryAfter,
      refreshDelay,
      until,
      language: language(request),
      pingUrl: ping,
      scriptUrl: script,
      request,
      translate: text,
      renderTemplate: async (template, context) =>
        checkPage(
          typeof template === 'function'
            ? await template(context as MaintenanceTemplateContext & Record<string, unknown>)
            : await this.settings.view(template, context),
        ),
    };
  }
}

function checkPage(html: unknown): string {
  if (typeof html !== 'string') {
    throw new MaintenanceError(`the template gave ${typeof html}, not a string`);
  }
  return html;
}
