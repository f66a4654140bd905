import { InfoPermission } from '../access/info-permission.js';
import type { Permissions } from '../access/permissions.js';
import type { PageOrigins } from '../access/page-origins.js';
import type { SocketTickets } from '../access/socket-tickets.js';
import { PLAIN_POLICY } from '../decision/handler-policy.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import type { MaintenanceKeyJson, MaintenanceUpcoming } from '../core/keys/maintenance-key-json.js';
import type { MaintenanceVisibleProgress } from '../core/progress/maintenance-progress.js';
import type { ResolvedOptions } from '../options/options.js';
import type { StateManager } from '../core/state/state-manager.js';
import type { Evaluator } from '../decision/evaluator.js';
import type { StalePolicy } from '../decision/stale-policy.js';
import { PERSONAL_CACHE_CONTROL, preventCaching } from './prevent-caching.js';
import { isSafeMethod } from '../decision/decision.js';
import type { HttpRequest } from '../request/http-request.js';
import type { HttpReply } from '../request/http-reply.js';
import { onceGone } from '../request/response-end.js';
import { rawResponse, setHeader } from './http-port.js';
import type { Localizer } from '../i18n/localizer.js';
import type { OwnRoutes } from './own-routes.js';
import type { RefusalResponder } from './refusal/refusal-responder.js';
import { sendBody } from './refusal/send-body.js';

/** Response of `GET {path}/ping`. @publicApi */
export interface MaintenancePing {
  /** Whether requests of this visitor are refused. */
  maintenanceMode: boolean;
  /** Milliseconds. */
  refreshDelay: number;
  /** Whole seconds. */
  retryAfter?: number;
  /** ISO 8601. */
  until?: string | null;
  /** The message for visitors. */
  error?: string;
  /** Progress of the work that closes the site for this visitor, if it is public. */
  progress?: MaintenanceVisibleProgress;
  /** Planned windows of public keys that have been announced and have not started, in order; absent if there are none. */
  upcoming?: MaintenanceUpcoming[];
  /** Key data by name; only with the permission `see_info`, and not with `admin.guards`, which do not run here. */
  maintenance?: Record<string, MaintenanceKeyJson>;
}

/** `GET {path}/ping`: says whether the site is in maintenance for the requester. */
export class PingRoute {
  /** Apart from that of sockets: pings of visitors keep no operator's socket waiting. */
  private readonly permission: InfoPermission;

  constructor(
    routes: OwnRoutes,
    private readonly manager: StateManager,
    private readonly registry: KeyRegistry,
    private readonly evaluator: Evaluator,
    private readonly stale: StalePolicy,
    private readonly responder: RefusalResponder,
    permissions: Permissions,
    private readonly tickets: SocketTickets,
    private readonly origins: PageOrigins,
    private readonly localizer: Localizer,
    private readonly options: ResolvedOptions,
  ) {
    this.permission = new InfoPermission(permissions);
    routes.add('ping', (request, reply) => this.ping(request, reply));
  }

  private async ping(request: HttpRequest, reply: HttpReply): Promise<void> {
    const seesInfo = await this.seesInfo(request, reply);
    if (this.manager.lease.lapsed()) {
      await this.stale.catchUp();
    }
    const { refused, personal } = await this.evaluator.judge(
      {
        request,
        http: request,
        target: PLAIN_POLICY,
        safe: isSafeMethod(request.method),
        place: undefined,
      },
      (verdict) => verdict,
    );
    const maintenance = seesInfo ? this.localizer.keyData(this.registry, this.manager, request) : undefined;
    const body: MaintenancePing = {
      maintenanceMode: refused !== undefined,
      refreshDelay: this.options.refreshDelay,
    };
    const upcoming = this.localizer.upcoming(this.manager, request);
    if (upcoming.length > 0) {
      body.upcoming = upcoming;
    }
    if (refused) {
      const { message, retryAfter, until } = this.responder.ready.refusal(refused, request);
      Object.assign(body, { retryAfter, until: until?.toISOString() ?? null, error: message });
      const progress = refused.state && this.localizer.progress(refused.state, request);
      if (progress) {
        body.progress = progress;
      }
      this.responder.setHeaders(reply, request, { retryAfter });
    } else {
      preventCaching(reply, personal ? PERSONAL_CACHE_CONTROL : undefined);
    }
    setHeader(reply, 'Content-Type', 'application/json; charset=utf-8');
    sendBody(
      reply,
      refused ? this.options.statusCode : 200,
      JSON.stringify({ ...body, ...(maintenance && { maintenance }) }),
    );
  }

  /** All pages may ping at once, just when the database that the application asks is in maintenance. */
  private async seesInfo(request: HttpRequest, reply: HttpReply): Promise<boolean> {
    const response = rawResponse(reply);
    const { inTime } = this.permission.ask(request, {
      subject: { type: 'http', request },
      // guards of the application that protect key data elsewhere do not run here
      mayBeAsked: () => !this.tickets.needed && this.origins.admitsReader(request),
      onceGone: (callback) => onceGone(response, callback),
    });
    return (await inTime) === true;
  }
}
