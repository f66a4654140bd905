import { Inject, Injectable, Logger } from '@nestjs/common';
import { Permissions } from '../access/permissions.js';
import type { HttpRequest } from '../http/http-port.js';
import { Localizer } from '../i18n/localizer.js';
import { KeyRegistry } from '../core/keys/key-registry.js';
import type { MaintenanceKey, MaintenanceKeyJson } from '../core/keys/maintenance-key.js';
import { describeValue, MaintenanceVetoError } from '../core/errors/errors.js';
import { HookRunner } from '../core/hooks/hook-runner.js';
import type { MaintenancePermission, ResolvedOptions } from '../options/options.js';
import { MaintenanceService } from '../core/service/maintenance.service.js';
import type { SetMaintenanceOptions } from '../core/service/switch.js';
import { OPTIONS } from '../options/tokens.js';
import type { MaintenanceChange } from '../core/document/change.js';
import { StateManager } from '../core/state/state-manager.js';
import { messageOf } from '../core/store/store.js';
import { getRequestActor } from './request-actor.js';
import { AdminApiError } from './admin.errors.js';
import type { ApiResponse } from './api-response.js';
import { expectedRevision, createEtag } from './etag.js';
import { checkJson, hasBody, readJson } from './request-body.js';
import { Csrf } from './csrf.js';
import { parseSetMaintenance, type SetMaintenanceDto } from './set-maintenance.dto.js';

const logger = new Logger('Maintenance');

/** What the routes of the admin API do. */
@Injectable()
export class AdminService {
  constructor(
    @Inject(MaintenanceService) private readonly service: MaintenanceService,
    @Inject(StateManager) private readonly manager: StateManager,
    @Inject(KeyRegistry) private readonly registry: KeyRegistry,
    @Inject(Permissions) private readonly permissions: Permissions,
    @Inject(Localizer) private readonly localizer: Localizer,
    @Inject(HookRunner) private readonly hooks: HookRunner,
    @Inject(Csrf) private readonly csrf: Csrf,
    @Inject(OPTIONS) private readonly options: ResolvedOptions,
  ) {}

  async menu(request: HttpRequest): Promise<ApiResponse> {
    const item = await this.service.getMenuItem({ type: 'http', request });
    return item ? { status: 200, json: item } : { status: 204 };
  }

  async keys(request: HttpRequest): Promise<ApiResponse> {
    await this.demand(request, 'see_info');
    await this.readAfresh();
    return { status: 200, json: this.localizer.keyData(this.registry, this.manager, request) };
  }

  async key(request: HttpRequest, name: unknown): Promise<ApiResponse> {
    await this.demand(request, 'see_info');
    await this.readAfresh();
    const key = this.find(name);
    return {
      status: 200,
      json: this.localizer.describe(key, this.manager, request),
      headers: { ETag: createEtag(this.manager, key) },
    };
  }

  async set(request: HttpRequest, name: unknown): Promise<ApiResponse> {
    this.csrf.check(request);
    await this.demand(request, 'toggle_maintenance_mode');
    const dto = await this.body(request);
    const key = await this.editable(request, name);
    const change = await this.carryOut(request, key, (ifRevision) =>
      this.service.setMaintenance(dto.mode, key, {
        ...optionsOf(dto, getRequestActor(request)),
        ...ifRevision,
      }),
    );
    return this.changed(request, key, change);
  }

  async unset(request: HttpRequest, name: unknown): Promise<ApiResponse> {
    this.csrf.check(request);
    await this.demand(request, 'toggle_maintenance_mode');
    if (hasBody(request)) {
      checkJson(request);
    }
    const key = await this.editable(request, name);
    await this.carryOut(request, key, (ifRevision) => this.service.unsetMaintenance(key, ifRevision));
    return this.changed(request, key);
  }

  /** @throws AdminApiError 403 that says which permission is missing */
  async demand(request: HttpRequest, ...permissions: MaintenancePermission[]): Promise<void> {
    for (const permission of permissions) {
      if (!(await this.allows(request, permission))) {
        throw new AdminApiError(
          403,
          this.options.permissions
            ? `This needs the permission "${permission}".`
            : 'The maintenance option "permissions" is not set, so everything is denied.',
        );
      }
    }
  }

  allows(request: HttpRequest, permission: MaintenancePermission): Promise<boolean> {
    return this.permissions.allows(permission, { type: 'http', request });
  }

  /** A store that is away leaves what was last known. */
  async readAfresh(): Promise<void> {
    await this.manager.refresh().catch(() => undefined);
  }

  /** May this key be offered to whoever asks; not when asking fails. */
  async isEditable(key: MaintenanceKey, request: HttpRequest): Promise<boolean> {
    try {
      return (await key.isEditable(request)) === true;
    } catch (error) {
      logger.warn(
        `isEditable() of maintenance key "${key.name}" threw, it is not offered: ${messageOf(error)}`,
      );
      return false;
    }
  }

  private async body(request: HttpRequest): Promise<SetMaintenanceDto> {
    return parseSetMaintenance(await readJson(request));
  }

  /** @throws AdminApiError 404 */
  private find(name: unknown): MaintenanceKey {
    try {
      return this.registry.get(name as string);
    } catch {
      // the error of the registry lists the keys there are
      throw unknownKey(name);
    }
  }

  /**
   * The key, for a change. Whoever may not see key data does not learn that there is one which they may not edit.
   * @throws AdminApiError 403, 404
   */
  private async editable(request: HttpRequest, name: unknown): Promise<MaintenanceKey> {
    const key = this.find(name);
    if (await this.isEditable(key, request)) {
      return key;
    }
    throw (await this.allows(request, 'see_info'))
      ? new AdminApiError(403, `You may not change the maintenance key "${key.name}".`)
      : unknownKey(name);
  }

  private async carryOut<T>(
    request: HttpRequest,
    key: MaintenanceKey,
    work: (condition: { ifRevision?: number }) => Promise<T>,
  ): Promise<T> {
    await this.manager.refresh();
    const ifRevision = expectedRevision(this.manager, key, request.headers['if-match']);
    try {
      return await work(ifRevision === undefined ? {} : { ifRevision });
    } catch (error) {
      throw this.hooks.hasRefused(error) ? refusedByHook(key, error) : error;
    }
  }

  /** The key as it is now. Reason and actor are only for those who may see key data. */
  private async changed(
    request: HttpRequest,
    key: MaintenanceKey,
    change?: MaintenanceChange,
  ): Promise<ApiResponse> {
    const data = this.localizer.describe(key, this.manager, request);
    const seen: Partial<MaintenanceKeyJson> = (await this.allows(request, 'see_info'))
      ? data
      : { name: data.name, value: data.value, until: data.until, message: data.message };
    const facts = change && { from: change.from, to: change.to, revision: change.revision, at: change.at };
    return {
      status: 200,
      json: { ...seen, ...(facts && { change: facts }) },
      headers: { ETag: createEtag(this.manager, key) },
    };
  }
}

/** Only what is thrown as a veto is meant for people; everything else may hold anything, and is for the log. */
function refusedByHook(key: MaintenanceKey, error: unknown): AdminApiError {
  if (error instanceof MaintenanceVetoError) {
    return new AdminApiError(409, `The change was refused: ${error.message}`);
  }
  logger.warn(`A hook refused a change of maintenance key "${key.name}": ${messageOf(error)}`);
  return new AdminApiError(409, 'The change was refused by a hook.');
}

function unknownKey(name: unknown): AdminApiError {
  return new AdminApiError(404, `Unknown maintenance key ${describeValue(name)}.`);
}

function optionsOf(
  { timeout, until, message, reason }: SetMaintenanceDto,
  actor: string | undefined,
): SetMaintenanceOptions {
  return {
    ...(timeout !== undefined && { timeout }),
    ...(typeof until === 'string' && { until: new Date(until) }),
    ...(typeof message === 'string' && { message }),
    ...(typeof reason === 'string' && { reason }),
    ...(actor !== undefined && { actor }),
  };
}
