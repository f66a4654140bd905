import { MaintenanceStoreError, UnknownMaintenanceWindowError } from '../core/errors/errors.js';
import { messageOf } from '../core/errors/message-of.js';
import type { MaintenanceService } from '../core/service/maintenance.service.js';
import type { StateManager } from '../core/state/state-manager.js';
import type { MaintenanceWindow } from '../core/windows/maintenance-window.js';
import type { HttpRequest } from '../request/http-request.js';
import type { AdminAccess } from './admin-access.js';
import type { ApiResponse } from './api-response.js';
import { inWay } from '../core/history/way.js';
import { getRequestWay } from './request-way.js';
import { getRequestActor } from './request-actor.js';
import { readJson, readOptionalJson } from './request-body.js';

/** Planned windows in the admin API. */
export class WindowsService {
  constructor(
    private readonly service: MaintenanceService,
    private readonly manager: StateManager,
    private readonly access: AdminAccess,
  ) {}

  /** Those that are on or planned: `?key=`, `?from=`, `?until=`. */
  async list(request: HttpRequest, query: Readonly<Record<string, unknown>>): Promise<ApiResponse> {
    await this.access.demand(request, 'see_info');
    await this.manager.refresh().catch(() => undefined);
    const { parseQueryInstant } = await import('./parse-window.js');
    const [from, until] = [
      parseQueryInstant('from', query['from']),
      parseQueryInstant('until', query['until']),
    ];
    const key = query['key'] === undefined ? undefined : await this.access.find(request, query['key']);
    const filter = { ...(key && { key }), ...(from && { from }), ...(until && { until }) };
    return { status: 200, json: this.service.getWindows(filter) };
  }

  async schedule(request: HttpRequest): Promise<ApiResponse> {
    await this.access.demandWrite(request);
    const { parsePost } = await import('./parse-window.js');
    const { key: name, options } = await parsePost(await readJson(request));
    const key = await this.access.findEditable(request, name);
    const actor = getRequestActor(request) ?? null;
    const window = await inWay(getRequestWay(request), () =>
      this.service.scheduleWindow(key, { ...options, actor }),
    );
    return { status: 201, json: await this.visible(request, window) };
  }

  async update(request: HttpRequest, id: unknown): Promise<ApiResponse> {
    await this.access.demandWrite(request);
    const { checkChanges, parsePatch } = await import('./parse-window.js');
    const changes = await parsePatch(await readJson(request));
    const window = await this.find(request, id);
    checkChanges(changes);
    const actor = getRequestActor(request) ?? null;
    const changed = await inWay(getRequestWay(request), () =>
      this.service.updateWindow(window.id, { ...changes, actor }),
    );
    return { status: 200, json: await this.visible(request, changed) };
  }

  /** The whole window, or the occurrence that the body names. */
  async cancel(request: HttpRequest, id: unknown): Promise<ApiResponse> {
    await this.access.demandWrite(request);
    const { parseDelete } = await import('./parse-window.js');
    const body = await readOptionalJson(request);
    const options = body === undefined ? {} : await parseDelete(body);
    const window = await this.find(request, id);
    const actor = getRequestActor(request) ?? null;
    await inWay(getRequestWay(request), () => this.service.cancelWindow(window.id, { ...options, actor }));
    const left = this.service.getWindows().find((other) => other.id === window.id);
    return {
      status: 200,
      json: left ? await this.visible(request, left) : { id: window.id, cancelled: true },
    };
  }

  /** The window of a route, if the requester may change its key. @throws AdminApiError 403, 404 */
  private async find(request: HttpRequest, id: unknown): Promise<MaintenanceWindow> {
    await this.manager.refresh().catch((error: unknown) => {
      throw new MaintenanceStoreError(messageOf(error), 'refused', { cause: error });
    });
    const window = this.service.getWindows().find((other) => other.id === id);
    const unknown = new UnknownMaintenanceWindowError(id);
    if (!window) {
      throw unknown;
    }
    await this.access.findEditable(request, window.key, unknown);
    return window;
  }

  /** Reason and actor are only for those who may see key data. */
  private async visible(request: HttpRequest, window: MaintenanceWindow): Promise<object> {
    if (await this.access.allows(request, 'see_info')) {
      return window;
    }
    const seen: Partial<Record<keyof MaintenanceWindow, unknown>> = { ...window };
    delete seen.reason;
    delete seen.actor;
    return seen;
  }
}
