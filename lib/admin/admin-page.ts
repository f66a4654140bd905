import type { HttpException } from '@nestjs/common';
import type { SocketTickets } from '../access/socket-tickets.js';
import { DEFAULT_MESSAGE } from '../i18n/texts.js';
import type { HttpRequest } from '../request/http-request.js';
import type { Localizer } from '../i18n/localizer.js';
import { negotiate } from '../http/negotiation.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import { WindowList } from '../core/service/window-list.js';
import type { MountedPaths } from '../http/mounted-path.js';
import type { SocketUrl } from '../http/socket-url.js';
import type { ResolvedStructure } from '../options/structural-options.js';
import type { StateManager } from '../core/state/state-manager.js';
import type { AdminAccess } from './admin-access.js';
import type { AdminService } from './admin.service.js';
import { AdminApiError } from './admin.errors.js';
import type { ApiResponse } from './api-response.js';
import { createEtag } from './etag.js';
import type { PageState } from './page-data.js';
import type { PageHistory } from './page-history.js';
import { routesElsewhere } from './page-routes.js';
import { firstOf, headlineOf, pageKey, pageWindow } from './page-state.js';
import {
  adminPageCsp,
  renderAdminPage,
  renderDenial,
  type AdminPageContext,
  type Denial,
} from './page/admin-page.html.js';
import type { SignIn } from './sign-in.js';
import { ADMIN_TEXTS } from '../i18n/admin-texts.js';

/** Headers of every page: no framing, no leaks. */
const PAGE_HEADERS = {
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  Vary: 'Accept, Accept-Language, Cookie',
};

/** The admin page and what it shows. */
export class AdminPage {
  constructor(
    private readonly api: AdminService,
    private readonly access: AdminAccess,
    private readonly signIn: SignIn,
    private readonly tickets: SocketTickets,
    private readonly manager: StateManager,
    private readonly registry: KeyRegistry,
    private readonly localizer: Localizer,
    private readonly history: PageHistory,
    private readonly socketUrl: SocketUrl,
    private readonly paths: MountedPaths,
    private readonly structure: ResolvedStructure,
  ) {}

  async render(request: HttpRequest): Promise<ApiResponse> {
    const page = this.context(request);
    const refusal = this.signIn.refusalOf(request);
    if (refusal) {
      return this.deny(page, denialOf(refusal));
    }
    try {
      await this.demand(request);
    } catch (error) {
      if (!(error instanceof AdminApiError) || negotiate(request.headers.accept) !== 'html') {
        throw error;
      }
      return this.deny(page, denialOf(error));
    }
    const state = await this.read(request);
    const connect = this.socketUrl.sourcesFor(request);
    const html = renderAdminPage({
      ...page,
      state,
      defaultMessage: page.text(DEFAULT_MESSAGE),
      tickets: this.tickets.needed,
      elsewhere: routesElsewhere(this.paths),
    });
    return this.html(200, html, adminPageCsp({ live: page.live, connect }));
  }

  async state(request: HttpRequest): Promise<ApiResponse> {
    await this.demand(request);
    return { status: 200, json: await this.read(request) };
  }

  private demand(request: HttpRequest): Promise<void> {
    return this.access.demand(request, 'see_menu_item', 'see_info');
  }

  private context(request: HttpRequest): AdminPageContext {
    const { admin } = this.structure;
    const text = this.translation(request);
    return {
      language: this.localizer.textLanguage(request),
      text,
      title: text((admin && admin.title) || ADMIN_TEXTS.title),
      environment: admin ? admin.environment : undefined,
      loginUrl: this.signIn.url(request),
      live: true,
    };
  }

  /** Redirects visitors who are not signed in. All others may be signed in already, and would come straight back. */
  private deny(page: AdminPageContext, denial: Denial): ApiResponse {
    const answer = this.html(denial.status, renderDenial(page, denial), adminPageCsp());
    return denial.status === 401 && page.loginUrl !== null
      ? { ...answer, status: 302, headers: { ...answer.headers, Location: page.loginUrl } }
      : answer;
  }

  private html(status: number, html: string, csp: string): ApiResponse {
    return { status, html, headers: { ...PAGE_HEADERS, 'Content-Security-Policy': csp } };
  }

  private async read(request: HttpRequest): Promise<PageState> {
    await this.api.readAfresh();
    const { manager, registry, localizer } = this;
    const [mayToggle, offered] = await Promise.all([
      this.access.allows(request, 'toggle_maintenance_mode'),
      this.offered(request),
    ]);
    const { active } = manager.snapshot;
    const { named, more } = firstOf(active);
    return {
      now: new Date(manager.store.now()).toISOString(),
      mayToggle,
      headline: headlineOf(active),
      active: named.map(({ key }) => {
        const { label, since, until } = localizer.describe(key, manager, request);
        return { label, since, until };
      }),
      activeMore: more,
      storeUp: manager.health().up,
      history: await this.history.read(request, offered),
      windows: new WindowList(manager)
        .within([...offered], undefined, Infinity)
        .map((window) => pageWindow(window, this.labelOf(window.key, request), manager.store.now())),
      keys: registry
        .all()
        .filter((key) => offered.has(key))
        .map((key) =>
          pageKey(localizer.describe(key, manager, request), manager.current(key), createEtag(manager, key)),
        ),
    };
  }

  private labelOf(name: string, request: HttpRequest): string {
    return this.localizer.translate(this.registry.get(name).label, request);
  }

  private async offered(request: HttpRequest): Promise<ReadonlySet<MaintenanceKey>> {
    const keys = this.registry.all();
    const answers = await Promise.all(keys.map((key) => this.access.isEditable(key, request)));
    return new Set(keys.filter((_, index) => answers[index]));
  }

  private translation(request: HttpRequest): (text: string) => string {
    return (text) => this.localizer.translate(text, request);
  }
}

/** How a refusal, by a guard or by us, is worded for people. */
function denialOf(refusal: HttpException | AdminApiError): Denial {
  if (!(refusal instanceof AdminApiError)) {
    return refusal.getStatus() === 401
      ? { status: 401, title: 'signInTitle', note: 'signInNote' }
      : { status: 403, title: 'deniedTitle', note: 'deniedNote' };
  }
  const { statusCode, permission } = refusal;
  return permission === undefined
    ? { status: statusCode, title: 'deniedTitle', note: 'deniedToAll' }
    : { status: statusCode, title: 'deniedTitle', note: 'deniedPermission', permission };
}
