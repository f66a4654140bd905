import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApplicationCalls } from '../../core/common/application-calls.js';
import type { MaintenanceStatus } from '../../core/keys/maintenance-status.js';
import type { StateManager } from '../../core/state/state-manager.js';
import { isSafeMethod, type Verdict } from '../../decision/decision.js';
import type { Call } from '../../decision/call.js';
import type { Evaluator } from '../../decision/evaluator.js';
import type { StalePolicy } from '../../decision/stale-policy.js';
import { pathname, type HttpRequest } from '../../request/http-request.js';
import type { HttpReply } from '../../request/http-reply.js';
import { isUntouched, rawResponse } from '../http-port.js';
import { hasLateHooks } from '../late-hooks.js';
import { forcePrivate } from '../prevent-caching.js';
import type { RefusalResponder } from '../refusal/refusal-responder.js';
import type { Server } from './site-routes.js';

/** Decides for the whole site, whatever serves it, and refuses. */
export class SiteCoverage {
  constructor(
    private readonly manager: StateManager,
    private readonly evaluator: Evaluator,
    private readonly responder: RefusalResponder,
    private readonly stale: StalePolicy,
    /** Limits the time that the application's middleware takes. */
    readonly calls: ApplicationCalls,
  ) {}

  /** Whether there is anything to decide, as far as is known. */
  get engaged(): boolean {
    return this.refusing.length > 0 || this.stale.blocks;
  }

  /** Whether there is certainly nothing to decide. */
  get idle(): boolean {
    return !this.engaged && !this.manager.lease.lapsed();
  }

  /** The keys in maintenance at this moment, and those that are opening gradually. */
  get refusing(): StateManager['snapshot']['refusing'] {
    return this.manager.snapshot.refusing;
  }

  /** Middleware whose headers refusals carry although it has not run. */
  get middleware(): RefusalResponder['headers']['middleware'] {
    return this.responder.headers.middleware;
  }

  /** Whether everything that is not exempt is refused, whatever keys are active, because nothing certain is known. */
  get blocks(): boolean {
    return this.stale.blocks;
  }

  /** Whether a decision needs what the application has set on a request: then it is taken later. */
  get asksApplication(): boolean {
    return !this.stale.blocks && this.evaluator.asksApplication;
  }

  /** Calls back once this replica knows enough to decide: at once, unless its lease has lapsed. */
  whenKnown(then: () => void): void {
    if (this.manager.lease.lapsed()) {
      void this.stale.catchUp().then(then);
    } else {
      then();
    }
  }

  /**
   * Decides for a request that one of these targets may serve.
   * @param pass one of them may; the response is private if only this visitor may
   * @param refuse none of them may
   */
  decide(
    request: HttpRequest,
    reply: HttpReply,
    servers: readonly Server[],
    pass: () => void,
    refuse: (status: MaintenanceStatus) => void,
  ): void {
    const next = (index: number, first: MaintenanceStatus | undefined): void => {
      const server = servers[index];
      if (!server) {
        return first ? refuse(first) : pass();
      }
      const carryOut = ({ refused, personal }: Verdict): void => {
        if (refused) {
          next(index + 1, first ?? refused);
          return;
        }
        if (personal) {
          forcePrivate(reply);
        }
        pass();
      };
      void this.evaluator.judge(callOf(request, server), carryOut);
    };
    next(0, undefined);
  }

  /** Whether this refuses a request by everything that is known without asking the application. */
  refusesUnasked(request: HttpRequest, server: Server): boolean {
    return this.evaluator.refusesUnasked(callOf(request, server));
  }

  /**
   * Refuses a request before the framework has touched it, if that changes nothing but the time it takes.
   * @param doubtful whether anything could still admit the request; called last, since it costs most
   */
  refusesAtOnce(
    request: IncomingMessage & HttpRequest,
    response: ServerResponse,
    doubtful: (path: string) => boolean,
  ): boolean {
    if (
      this.refusing.length === 0 ||
      this.manager.lease.lapsed() ||
      this.stale.blocks ||
      request.method === 'OPTIONS' ||
      request.headers['x-forwarded-prefix'] !== undefined
    ) {
      return false;
    }
    const path = pathname(request.url);
    const refused = this.evaluator.plainRefusal(request, isSafeMethod(request.method), { path });
    if (!refused || !this.responder.isPlain(refused.key) || doubtful(path)) {
      return false;
    }
    void this.responder.answerAlone(response, request, this.responder.ready.exception(refused, request));
    return true;
  }

  refuse(request: HttpRequest, reply: HttpReply, status: MaintenanceStatus): void {
    if (rawResponse(reply).headersSent) {
      return;
    }
    const exception = this.responder.ready.exception(status, request);
    if (isUntouched(reply) && !hasLateHooks(rawResponse(reply)) && !this.responder.headers.personal) {
      reply.hijack?.();
      void this.responder.answerAlone(rawResponse(reply), request, exception);
      return;
    }
    this.responder.setHeaders(reply, request, exception);
    void this.responder.answer(reply, request, exception);
  }
}

/** What a request is judged by if that serves it. */
export const callOf = (request: HttpRequest, { target, place, writes = target.writes }: Server): Call => ({
  request,
  http: request,
  target,
  safe: !writes && isSafeMethod(request.method),
  place,
});
