import type { ApplicationConfig } from '@nestjs/core';
import { RequestCall } from '../../decision/request-call.js';
import type { InFlight } from '../../in-flight/in-flight.js';
import type { ResolvedStructure } from '../../options/structural-options.js';
import type { HttpReply } from '../../request/http-reply.js';
import type { HttpRequest } from '../../request/http-request.js';
import { isGone, onceGone } from '../../request/response-end.js';
import { rawResponse } from '../http-port.js';
import { MaintenanceGuard } from '../maintenance.guard.js';
import { callOf } from './site-coverage.js';
import type { Server } from './site-routes.js';

/** Counts the requests that no guard counts, since no handler of Nest's serves them. */
export class SiteRequests {
  private guarded: boolean | undefined;

  constructor(
    private readonly inFlight: InFlight,
    private readonly structure: ResolvedStructure,
    private readonly config: ApplicationConfig,
  ) {}

  /** Whether a guard of ours, or one of the application that extends it, counts the calls of Nest's handlers. */
  get areHandlersCounted(): boolean {
    return (this.guarded ??=
      this.structure.guard !== false ||
      this.config.getGlobalGuards().some((guard) => guard instanceof MaintenanceGuard));
  }

  /** There may be such requests: drains wait until this replica has applied a change, even if it has no handlers. */
  expect(): void {
    this.inFlight.serves = true;
  }

  /**
   * Counts a request until its response is closed: when something without a handler is done, nothing else shows.
   * @param name of what serves it
   * @param servers what may serve it, see {@link RequestCall}; is called when somebody waits for it
   * @returns to be called when it has been passed on
   */
  begin(
    name: string,
    request: HttpRequest,
    reply: HttpReply,
    servers: () => readonly Server[],
  ): (() => void) | undefined {
    const response = rawResponse(reply);
    if (isGone(response)) {
      return undefined;
    }
    const { works } = this.inFlight;
    const call = new RequestCall(name, request, () => servers().map((server) => callOf(request, server)));
    works.begin(call);
    const forget = onceGone(response, () => works.end(call));
    return () => {
      forget();
      works.end(call);
    };
  }
}
