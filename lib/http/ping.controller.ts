import { Controller, Get, Inject, Req, Res, VERSION_NEUTRAL, type Type } from '@nestjs/common';
import { MaintenanceExempt } from '../decision/decorators.js';
import { Permissions } from '../decision/permissions.js';
import { PLAIN } from '../decision/target.js';
import { KeyRegistry } from '../keys/key-registry.js';
import type { MaintenanceKeyJson } from '../keys/maintenance-key.js';
import type { ResolvedOptions } from '../maintenance.options.js';
import { OPTIONS } from '../maintenance.tokens.js';
import { StateKeeper } from '../state/state-keeper.js';
import { Admission } from './admission.js';
import { BYPASSED_CACHE_CONTROL, forbidKeeping } from './caching.js';
import { isSafeMethod } from '../decision/decision.js';
import { setHeader, type HttpReply, type HttpRequest } from './http-port.js';
import { Localizer } from './localizer.js';
import { Refuser } from './refuser.js';
import { sendBody } from './send-body.js';

/** What a ping answers. @publicApi */
export interface MaintenancePing {
  /** Is whoever asks refused. */
  maintenanceMode: boolean;
  /** Milliseconds. */
  refreshDelay: number;
  /** Whole seconds. */
  retryAfter?: number;
  /** ISO 8601. */
  until?: string | null;
  /** What visitors shall read. */
  error?: string;
  /** Key data by name; only with the permission `see_info`. */
  maintenance?: Record<string, MaintenanceKeyJson>;
}

/** Says whether the site is in maintenance for whoever asks; made per registration, since its path is an option. */
export function pingController(path: string): Type {
  @MaintenanceExempt()
  @Controller({ path, version: VERSION_NEUTRAL })
  class MaintenancePingController {
    constructor(
      @Inject(StateKeeper) private readonly keeper: StateKeeper,
      @Inject(KeyRegistry) private readonly registry: KeyRegistry,
      @Inject(Admission) private readonly admission: Admission,
      @Inject(Refuser) private readonly refuser: Refuser,
      @Inject(Permissions) private readonly permissions: Permissions,
      @Inject(Localizer) private readonly localizer: Localizer,
      @Inject(OPTIONS) private readonly options: ResolvedOptions,
    ) {}

    @Get('ping')
    async ping(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
      const seesInfo = await this.permissions.allows('see_info', { type: 'http', request });
      const maintenance = seesInfo ? this.localizer.keyData(this.registry, this.keeper, request) : undefined;
      const { refused, bypassed } = await this.admission.judge(
        request,
        request,
        PLAIN,
        isSafeMethod(request.method),
      );
      const body: MaintenancePing = {
        maintenanceMode: refused !== undefined,
        refreshDelay: this.options.refreshDelay,
      };
      if (refused) {
        const { message, retryAfter, until } = this.refuser.ready.refusal(refused, request);
        Object.assign(body, { retryAfter, until: until?.toISOString() ?? null, error: message });
        this.refuser.setHeaders(reply, { retryAfter });
      } else {
        forbidKeeping(reply, bypassed ? BYPASSED_CACHE_CONTROL : undefined);
      }
      setHeader(reply, 'Content-Type', 'application/json; charset=utf-8');
      sendBody(
        reply,
        refused ? this.options.statusCode : 200,
        JSON.stringify({ ...body, ...(maintenance && { maintenance }) }),
      );
    }
  }
  return MaintenancePingController;
}
