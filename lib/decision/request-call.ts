import { WorkCall } from '../core/calls/work-calls.js';
import { SITE } from '../core/calls/work-scope.js';
import type { HttpRequest } from '../request/http-request.js';
import type { Call } from './call.js';

/** A request that something other than Nest's handlers serves, where maintenance covers the whole site. */
export class RequestCall extends WorkCall {
  /**
   * @param name of what serves it, for operators
   * @param judged what keys are asked about: one refuses the request if it refuses all of these; none: nothing refuses it
   */
  constructor(
    name: string,
    private readonly request: HttpRequest,
    readonly judged: () => readonly Call[],
  ) {
    super(name, SITE, undefined, false);
  }

  override get identities(): readonly object[] {
    const { raw } = this.request as { readonly raw?: unknown };
    return typeof raw === 'object' && raw !== null ? [this, this.request, raw] : [this, this.request];
  }
}
