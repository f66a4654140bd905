import { Inject, Injectable } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { PLAIN_POLICY, type HandlerPolicy } from '../../decision/handler-policy.js';
import { StateManager } from '../../core/state/state-manager.js';
import { Evaluator, type Verdict } from '../../decision/evaluator.js';
import { forcePrivate } from '../prevent-caching.js';
import { isSafeMethod } from '../../decision/decision.js';
import { isUntouched, rawResponse, type HttpReply, type HttpRequest } from '../http-port.js';
import { RefusalResponder } from '../refusal/refusal-responder.js';
import { StalePolicy } from '../../decision/stale-policy.js';

/** What an adapter's router knows of a request that it has not served yet. */
export interface CoveredRoutes {
  /**
   * What the handlers that may answer a request say of themselves, {@link PLAIN_POLICY} when nothing. `'guard'` where only Nest's
   * guard can tell: an exempt handler, an ignored path, a resolver.
   */
  judgedBy(request: HttpRequest): HandlerPolicy | 'guard';
  /** Gives CORS headers to a refusal, then calls back. */
  prepare(request: HttpRequest, reply: HttpReply, refuse: () => void): void;
}

/**
 * Answers for the whole site, before static files and routers: for all that is certain to be refused. What may be exempt,
 * or what only Nest can tell, goes on to the guard.
 */
@Injectable()
export class SiteCoverage {
  constructor(
    @Inject(StateManager) private readonly manager: StateManager,
    @Inject(Evaluator) private readonly evaluator: Evaluator,
    @Inject(RefusalResponder) private readonly responder: RefusalResponder,
    @Inject(StalePolicy) private readonly stale: StalePolicy,
  ) {}

  handle(request: HttpRequest, reply: HttpReply, next: () => void, routes: CoveredRoutes): void {
    if (this.manager.lease.lapsed()) {
      void this.stale.catchUp().then(() => this.decide(request, reply, next, routes));
      return;
    }
    this.decide(request, reply, next, routes);
  }

  /**
   * Refuses a request before the framework has touched it, where that changes nothing but the time it takes.
   * @returns `false` when it is for {@link handle} to say
   */
  refusesAtOnce(request: IncomingMessage, response: ServerResponse, routes: CoveredRoutes): boolean {
    const asked = request as IncomingMessage & HttpRequest;
    if (
      this.manager.snapshot.active.length === 0 ||
      this.manager.lease.lapsed() ||
      this.stale.blocks ||
      request.method === 'OPTIONS' ||
      request.headers.origin !== undefined ||
      request.headers['x-forwarded-prefix'] !== undefined
    ) {
      return false;
    }
    const refused = this.evaluator.plainRefusal(asked, isSafeMethod(asked.method));
    // routes are asked last: what is not refused here asks them again
    if (!refused || !this.responder.isPlain(refused.key) || routes.judgedBy(asked) !== PLAIN_POLICY) {
      return false;
    }
    void this.responder.answerAlone(response, asked, this.responder.ready.exception(refused, asked));
    return true;
  }

  private decide(request: HttpRequest, reply: HttpReply, next: () => void, routes: CoveredRoutes): void {
    const { blocks } = this.stale;
    if (this.manager.snapshot.active.length === 0 && !blocks) {
      next();
      return;
    }
    // a preflight is answered as ever
    const target = request.method === 'OPTIONS' ? 'guard' : routes.judgedBy(request);
    if (target === 'guard') {
      next();
      return;
    }
    const carryOut = ({ refused, bypassed }: Verdict): void => {
      if (refused) {
        routes.prepare(request, reply, () => this.refuse(request, reply, refused));
        return;
      }
      if (bypassed) {
        forcePrivate(reply);
      }
      next();
    };
    if (blocks) {
      carryOut({ refused: this.stale.status(request) });
      return;
    }
    const judge = (as: HandlerPolicy): Verdict | Promise<Verdict> =>
      this.evaluator.judge(request, request, as, isSafeMethod(request.method));
    settle(judge(target.unmarked), (unmarked) => {
      settle(target.unmarked === target ? unmarked : judge(target), (verdict) => {
        if (verdict.refused && !unmarked.refused) {
          // a static file may stand in front of the handler: what only its mark refuses is the guard's business
          next();
        } else {
          carryOut(verdict);
        }
      });
    });
  }

  private refuse(request: HttpRequest, reply: HttpReply, status: NonNullable<Verdict['refused']>): void {
    if (rawResponse(reply).headersSent) {
      return;
    }
    const exception = this.responder.ready.exception(status, request);
    if (isUntouched(reply)) {
      reply.hijack?.();
      void this.responder.answerAlone(rawResponse(reply), request, exception);
      return;
    }
    this.responder.setHeaders(reply, exception);
    void this.responder.answer(reply, request, exception);
  }
}

/** Goes on in the same tick where there is nothing to wait for. */
function settle(verdict: Verdict | Promise<Verdict>, then: (verdict: Verdict) => void): void {
  if (verdict instanceof Promise) {
    void verdict.then(then);
  } else {
    then(verdict);
  }
}
