import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { InFlight } from '../decision/in-flight.js';
import type { MaintenanceStatus } from '../keys/maintenance-status.js';
import { StateKeeper } from '../state/state-keeper.js';
import { Admission, type Verdict } from './admission.js';
import { factsOf, type CallFacts } from './call-facts.js';
import { MaintenanceGraphQLError, rpcError, wsError } from './foreign-errors.js';
import { isFastifyReply, routeTemplate, type HttpReply, type HttpRequest } from './http-port.js';
import { IgnorePaths } from './ignore-paths.js';
import { forcePrivate } from './caching.js';
import { forceHeader } from './force-header.js';
import { withoutStack } from './maintenance.exception.js';
import { Refuser } from './refuser.js';
import { StalePolicy } from './stale-policy.js';

/**
 * Refuses what maintenance affects. Registered for all handlers by `forRoot({ guard: true })`; extend it and override the
 * protected members to change how.
 * @publicApi
 */
@Injectable()
export class MaintenanceGuard implements CanActivate {
  /** @internal */
  constructor(
    @Inject(StateKeeper) private readonly keeper: StateKeeper,
    @Inject(Admission) private readonly admission: Admission,
    @Inject(InFlight) private readonly inFlight: InFlight,
    @Inject(Refuser) private readonly refuser: Refuser,
    @Inject(IgnorePaths) private readonly ignorePaths: IgnorePaths,
    @Inject(StalePolicy) private readonly stale: StalePolicy,
  ) {}

  /** Synchronous, but for a lapsed lease and a bypass function that gives a promise. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.keeper.lease.lapsed()) {
      return this.stale.catchUp().then(() => this.decide(context));
    }
    return this.decide(context);
  }

  /** Is this call none of our business, whatever its decorators say. Override to add rules of your own. */
  protected ignores(context: ExecutionContext): boolean {
    return (
      this.ignorePaths.any &&
      context.getType() === 'http' &&
      this.ignorePaths.matches(routeTemplate(context.getArgByIndex<HttpRequest>(0)))
    );
  }

  private decide(context: ExecutionContext): boolean | Promise<boolean> {
    const { active } = this.keeper.snapshot;
    if (active.length === 0 && !this.stale.blocks) {
      this.inFlight.admit(context);
      return true;
    }
    const facts = factsOf(context);
    if (facts.target.exempt || this.ignores(context)) {
      this.inFlight.admit(context);
      return true;
    }
    if (this.stale.blocks) {
      return this.refuse(context, facts, this.stale.status(facts.request));
    }
    const verdict = this.admission.judge(facts.request, facts.http, facts.target, facts.safe, active);
    return verdict instanceof Promise
      ? verdict.then((settled) => this.carryOut(context, facts, settled))
      : this.carryOut(context, facts, verdict);
  }

  private carryOut(
    context: ExecutionContext,
    facts: CallFacts,
    { refused, bypassed }: Verdict,
  ): boolean | Promise<boolean> {
    if (refused) {
      return this.refuse(context, facts, refused);
    }
    if (bypassed && facts.reply) {
      forcePrivate(facts.reply);
    }
    this.inFlight.admit(context);
    return true;
  }

  private refuse(
    context: ExecutionContext,
    { transport, http }: CallFacts,
    status: MaintenanceStatus,
  ): Promise<boolean> {
    if (transport === 'http') {
      const { exception, promise } = this.refuser.ready.rejected(status, http);
      const reply = context.getArgByIndex<HttpReply>(1);
      this.refuser.setHeaders(reply, exception);
      if (!isFastifyReply(reply)) {
        // Express makes one for whatever a filter of the application sends
        forceHeader(reply, 'ETag', undefined);
      }
      return promise;
    }
    const refusal = this.refuser.ready.refusal(status, http);
    if (transport === 'graphql') {
      return Promise.reject(withoutStack(() => new MaintenanceGraphQLError(refusal)));
    }
    return (transport === 'ws' ? wsError(refusal) : rpcError(refusal)).then((error) => {
      throw error;
    });
  }
}
