import { describeValue, MaintenanceError, MaintenanceStoreError } from '../core/errors/errors.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import type { MaintenanceService } from '../core/service/maintenance.service.js';
import type { StateManager } from '../core/state/state-manager.js';
import type { HttpRequest } from '../request/http-request.js';
import type { Localizer } from '../i18n/localizer.js';
import { type SocketTickets, TICKET_LIFETIME } from '../access/socket-tickets.js';
import type { AffectedRoutes } from './affected-routes.js';
import type { AdminAccess } from './admin-access.js';
import { AdminApiError } from './admin.errors.js';
import { checkJson, hasBody } from './request-body.js';
import type { ApiResponse } from './api-response.js';
import type { Csrf } from './csrf.js';
import { createEtag } from './etag.js';
import { readable } from './readable.js';

/** The reading routes of the admin API. */
export class AdminService {
  constructor(
    private readonly service: MaintenanceService,
    private readonly manager: StateManager,
    private readonly registry: KeyRegistry,
    private readonly localizer: Localizer,
    private readonly access: AdminAccess,
    private readonly csrf: Csrf,
    private readonly tickets: SocketTickets,
    private readonly affected: AffectedRoutes,
  ) {}

  async menu(request: HttpRequest): Promise<ApiResponse> {
    const item = await this.service.getMenuItem({ type: 'http', request });
    return item ? { status: 200, json: item } : { status: 204 };
  }

  async keys(request: HttpRequest): Promise<ApiResponse> {
    await this.access.demand(request, 'see_info');
    await this.readAfresh();
    return {
      status: 200,
      json: this.localizer.keyData(this.registry, this.manager, request),
      headers: this.staleness(),
    };
  }

  async key(request: HttpRequest, name: unknown): Promise<ApiResponse> {
    await this.access.demand(request, 'see_info');
    await this.readAfresh();
    const key = await this.access.find(request, name);
    return {
      status: 200,
      json: this.localizer.describe(key, this.manager, request),
      headers: { ETag: createEtag(this.manager, key), ...this.staleness() },
    };
  }

  /** Whether it is quiet yet, for operators who stop things by hand. */
  async quiet(request: HttpRequest, name: unknown): Promise<ApiResponse> {
    await this.access.demand(request, 'see_info');
    const key = await this.access.find(request, name);
    return { status: 200, json: await readable(this.service.quiet(key)) };
  }

  /** Which routes a key closes, and which stay open. */
  async routes(request: HttpRequest, name: unknown): Promise<ApiResponse> {
    await this.access.demand(request, 'see_info');
    const key = await this.access.find(request, name);
    return { status: 200, json: this.affected.of(key) };
  }

  /** All replicas, what each has applied and still serves. */
  async replicas(request: HttpRequest): Promise<ApiResponse> {
    await this.access.demand(request, 'see_info');
    return { status: 200, json: await readable(this.service.replicas()) };
  }

  /** Declares a silent replica gone: drains stop waiting for it. */
  async forget(request: HttpRequest, id: unknown): Promise<ApiResponse> {
    await this.access.demandWrite(request);
    if (hasBody(request)) {
      checkJson(request);
    }
    if (!(await this.service.forgetReplica(id as string).catch(refuseAlive))) {
      throw new AdminApiError(404, `There is no replica ${describeValue(id)}.`, {
        code: 'MAINTENANCE_UNKNOWN_REPLICA',
      });
    }
    return { status: 200, json: { id, forgotten: true } };
  }

  /** What the page's socket presents to receive key data if guards of the application protect the page. */
  async ticket(request: HttpRequest): Promise<ApiResponse> {
    this.csrf.check(request);
    await this.access.demand(request, 'see_info');
    return { status: 201, json: { ticket: await this.tickets.create(), expiresIn: TICKET_LIFETIME } };
  }

  /** Since when key data is what was last known, where it is that. */
  private staleness(): Record<string, string> {
    const { stale } = this.manager.health();
    return stale ? { [STALE_HEADER]: stale.toISOString() } : {};
  }

  /** If the store is unreachable, the last known state remains. */
  async readAfresh(): Promise<void> {
    await this.manager.refresh().catch(() => undefined);
  }
}

/** On answers with key data: the moment from which on the application has been out of touch with its store. */
const STALE_HEADER = 'X-Maintenance-Stale-Since';

/** Only a silent replica can be forgotten. */
function refuseAlive(error: unknown): never {
  throw error instanceof MaintenanceError && !(error instanceof MaintenanceStoreError)
    ? new AdminApiError(409, error.message, { code: 'MAINTENANCE_NOT_SILENT' })
    : error;
}
