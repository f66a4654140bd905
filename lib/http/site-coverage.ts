import { Inject, Injectable } from '@nestjs/common';
import { StateKeeper } from '../state/state-keeper.js';
import { Admission, type Verdict } from './admission.js';
import { BYPASSED_CACHE_CONTROL } from './bypass.js';
import { forceHeader } from './force-header.js';
import { isSafeMethod, isUntouched, rawResponse, type HttpReply, type HttpRequest } from './http-port.js';
import { Refuser } from './refuser.js';
import { StalePolicy } from './stale-policy.js';

/** What an adapter's router knows of a request that it has not served yet. */
export interface CoveredRoutes {
  /** Is the request certain to be refused if the site is: no exempt or marked handler, no ignored path, no resolver. */
  isCertain(request: HttpRequest): boolean;
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
    @Inject(StateKeeper) private readonly keeper: StateKeeper,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(Refuser) private readonly refuser: Refuser,
    @Inject(StalePolicy) private readonly stale: StalePolicy,
  ) {}

  handle(request: HttpRequest, reply: HttpReply, next: () => void, routes: CoveredRoutes): void {
    if (this.keeper.lease.lapsed()) {
      void this.stale.catchUp().then(() => this.decide(request, reply, next, routes));
      return;
    }
    this.decide(request, reply, next, routes);
  }

  private decide(request: HttpRequest, reply: HttpReply, next: () => void, routes: CoveredRoutes): void {
    const { blocks } = this.stale;
    if (this.keeper.snapshot.active.length === 0 && !blocks) {
      next();
      return;
    }
    // a preflight is answered as ever
    if (request.method === 'OPTIONS' || !routes.isCertain(request)) {
      next();
      return;
    }
    const verdict = blocks
      ? { refused: this.stale.status(request) }
      : this.admission.judge(request, request, undefined, isSafeMethod(request.method));
    const carryOut = ({ refused, bypassed }: Verdict): void => {
      if (refused) {
        routes.prepare(request, reply, () => this.refuse(request, reply, refused));
        return;
      }
      if (bypassed) {
        forceHeader(reply, 'Cache-Control', BYPASSED_CACHE_CONTROL);
      }
      next();
    };
    if (verdict instanceof Promise) {
      void verdict.then(carryOut);
    } else {
      carryOut(verdict);
    }
  }

  private refuse(request: HttpRequest, reply: HttpReply, status: NonNullable<Verdict['refused']>): void {
    if (rawResponse(reply).headersSent) {
      return;
    }
    const exception = this.refuser.exception(status, request);
    if (isUntouched(reply)) {
      reply.hijack?.();
      void this.refuser.answerAlone(rawResponse(reply), request, exception);
      return;
    }
    this.refuser.setHeaders(reply, exception);
    void this.refuser.answer(reply, request, exception);
  }
}
