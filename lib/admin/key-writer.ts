import type { MaintenanceChange } from '../core/document/change.js';
import { revisionOf } from '../core/document/record.js';
import { MaintenanceConflictError, MaintenanceStoreError } from '../core/errors/errors.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { MaintenanceKeyJson } from '../core/keys/maintenance-key-json.js';
import type { MaintenanceService } from '../core/service/maintenance.service.js';
import type { MaintenanceSetOptions } from '../core/service/set-maintenance-options.js';
import type { StateManager } from '../core/state/state-manager.js';
import { messageOf } from '../core/errors/message-of.js';
import type { HttpRequest } from '../request/http-request.js';
import type { Localizer } from '../i18n/localizer.js';
import type { AdminAccess } from './admin-access.js';
import { AdminApiError } from './admin.errors.js';
import type { DrainWait } from './drain-wait.js';
import type { ApiResponse } from './api-response.js';
import { createEtag, expectedRevision } from './etag.js';
import { inWay } from '../core/history/way.js';
import { getRequestWay } from './request-way.js';
import { getRequestActor } from './request-actor.js';
import { readJson, readOptionalJson } from './request-body.js';

/** How often a change is retried after others came first. */
const ATTEMPTS = 5;

type Condition = Pick<MaintenanceSetOptions, 'ifRevision'>;

/** Switching on a key that something else keeps on makes it outlast that: nobody is sent there unawares. */
const notSwitchedOn = (name: string, on: boolean): string =>
  on
    ? `A planned window or a job keeps maintenance key "${name}" on; it is not switched on, so nothing was changed. Send PATCH to "windows/<id>" to change a window; {"mode": true} switches the key on, and it stays on afterwards.`
    : `Maintenance key "${name}" is not switched on, so nothing was changed; send {"mode": true} to switch it on.`;

/** The writing routes of the admin API. */
export class KeyWriter {
  constructor(
    private readonly service: MaintenanceService,
    private readonly manager: StateManager,
    private readonly localizer: Localizer,
    private readonly access: AdminAccess,
    private readonly drains: DrainWait,
  ) {}

  /** Sets a key's switch and everything that belongs to it: fields left out go back to their defaults. */
  async put(request: HttpRequest, name: unknown): Promise<ApiResponse> {
    await this.access.demandWrite(request);
    const { parsePut, optionsOfPut } = await import('./parse-change.js');
    const body = await parsePut(await readJson(request));
    const key = await this.access.findEditable(request, name);
    const options = { ...optionsOfPut(body), actor: getRequestActor(request) ?? null };
    const change = await this.carryOut(request, key, (condition) =>
      this.service.setMaintenance(body.mode, key, { ...options, ...condition }),
    );
    return this.changed(request, key, change, body.drain);
  }

  /** Changes the given fields only. */
  async patch(request: HttpRequest, name: unknown): Promise<ApiResponse> {
    await this.access.demandWrite(request);
    const { parsePatch, optionsOfPatch } = await import('./parse-change.js');
    const body = await parsePatch(await readJson(request));
    const key = await this.access.findEditable(request, name);
    const changes = optionsOfPatch(body);
    const options = { ...changes, actor: getRequestActor(request) ?? null };
    const change = await this.carryOut(request, key, async (condition) => {
      if (body.mode !== undefined) {
        return this.service.setMaintenance(body.mode, key, { ...options, ...condition });
      }
      // only waiting for quiet is not a change
      return Object.keys(changes).length > 0 ? this.amend(key, options, condition) : this.checkOn(key);
    });
    return this.changed(request, key, change, body.drain);
  }

  /** Ends a key for everybody, even if it is no longer registered: forgets its switch and all holds. */
  async unset(request: HttpRequest, name: unknown): Promise<ApiResponse> {
    await this.access.demandWrite(request);
    const body = await readOptionalJson(request);
    const said = body === undefined ? {} : await (await import('./parse-change.js')).parseDelete(body);
    const key = await this.access.findForgettable(request, name);
    const options = { ...said, actor: getRequestActor(request) ?? null };
    await this.carryOut(request, key, (condition) =>
      this.service.unsetMaintenance(key, { ...options, ...condition }),
    );
    return this.changed(request, key);
  }

  /** Changes the fields of a key that is on; a key that was switched off meanwhile must not be switched on by that. */
  private async amend(
    key: MaintenanceKey,
    options: MaintenanceSetOptions,
    { ifRevision }: Condition,
  ): Promise<MaintenanceChange> {
    for (let attempt = 1; ; attempt++) {
      const { switched, value } = this.manager.current(key);
      if (!switched) {
        throw new AdminApiError(409, notSwitchedOn(key.name, value), { code: 'MAINTENANCE_NOT_ON' });
      }
      const seen = revisionOf(this.manager.document, key.name);
      try {
        return await this.service.setMaintenance(true, key, { ...options, ifRevision: ifRevision ?? seen });
      } catch (error) {
        if (
          !(error instanceof MaintenanceConflictError) ||
          ifRevision !== undefined ||
          attempt === ATTEMPTS
        ) {
          throw error;
        }
        await this.manager.refresh();
      }
    }
  }

  private checkOn(key: MaintenanceKey): undefined {
    if (!this.manager.current(key).value) {
      throw new AdminApiError(
        409,
        `Maintenance key "${key.name}" is not in maintenance: there is nothing to wait for.`,
        { code: 'MAINTENANCE_NOT_ON' },
      );
    }
  }

  private async carryOut<T>(
    request: HttpRequest,
    key: MaintenanceKey,
    work: (condition: Condition) => Promise<T>,
  ): Promise<T> {
    await this.manager.refresh().catch((error: unknown) => {
      throw new MaintenanceStoreError(messageOf(error), 'refused', { cause: error });
    });
    const ifRevision = expectedRevision(this.manager, key, request.headers['if-match']);
    return inWay(getRequestWay(request), () => work(ifRevision === undefined ? {} : { ifRevision }));
  }

  /** The key as it is now. Reason and actor are only for those who may see key data. */
  private async changed(
    request: HttpRequest,
    key: MaintenanceKey,
    change?: MaintenanceChange,
    drain?: number,
  ): Promise<ApiResponse> {
    const seesInfo = await this.access.allows(request, 'see_info');
    const drained =
      drain !== undefined && this.manager.current(key).value
        ? await this.drains.wait(request, key, drain, seesInfo)
        : undefined;
    const data = this.localizer.describe(key, this.manager, request);
    const seen: Partial<MaintenanceKeyJson> = seesInfo
      ? data
      : { name: data.name, value: data.value, until: data.until, message: data.message };
    const facts = change && { from: change.from, to: change.to, revision: change.revision, at: change.at };
    return {
      status: 200,
      json: { ...seen, ...(facts && { change: facts }), ...drained },
      headers: { ETag: createEtag(this.manager, key) },
    };
  }
}
