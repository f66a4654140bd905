import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { InFlight } from '../in-flight/in-flight.js';
import type { MaintenanceStatus } from '../core/keys/maintenance-status.js';
import { StateManager } from '../core/state/state-manager.js';
import { Evaluator, type Verdict } from '../decision/evaluator.js';
import { getCallFacts, type CallFacts } from '../decision/call-facts.js';
import { MaintenanceGraphQLError, rpcError, wsError } from '../messages/transport-errors.js';
import { isFastifyReply, routeTemplate, type HttpReply, type HttpRequest } from './http-port.js';
import { IgnorePaths } from '../decision/ignore-paths.js';
import { forcePrivate } from './prevent-caching.js';
import { forceHeader } from './force-header.js';
import { withoutStack } from './refusal/maintenance.exception.js';
import { RefusalResponder } from './refusal/refusal-responder.js';
import { StalePolicy } from '../decision/stale-policy.js';

/**
 * Refuses what maintenance affects. Registered for all handlers by `forRoot({ guard: true })`; extend it and override the
 * protected members to change how.
 * @publicApi
 */
@Injectable()
export class MaintenanceGuard implements CanActivate {
  /** @internal */
  constructor(
    @Inject(StateManager) private readonly manager: StateManager,
    @Inject(Evaluator) private readonly evaluator: Evaluator,
    @Inject(InFlight) private readonly inFlight: InFlight,
    @Inject(RefusalResponder) private readonly responder: RefusalResponder,
    @Inject(IgnorePaths) private readonly ignorePaths: IgnorePaths,
    @Inject(StalePolicy) private readonly stale: StalePolicy,
  ) {}

  /** Synchronous, but for a lapsed lease and a bypass function that gives a promise. */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.manager.lease.lapsed()) {
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
    const { active } = this.manager.snapshot;
    if (active.length === 0 && !this.stale.blocks) {
      this.inFlight.admit(context);
      return true;
    }
    const facts = getCallFacts(context);
    if (facts.target.exempt || this.ignores(context)) {
      this.inFlight.admit(context);
      return true;
    }
    if (this.stale.blocks) {
      return this.refuse(context, facts, this.stale.status(facts.request));
    }
    const verdict = this.evaluator.judge(facts.request, facts.http, facts.target, facts.safe, active);
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
      const { exception, promise } = this.responder.ready.rejected(status, http);
      const reply = context.getArgByIndex<HttpReply>(1);
      this.responder.setHeaders(reply, exception);
      if (!isFastifyReply(reply)) {
        // Express makes one for whatever a filter of the application sends
        forceHeader(reply, 'ETag', undefined);
      }
      return promise;
    }
    const refusal = this.responder.ready.refusal(status, http);
    if (transport === 'graphql') {
      return Promise.reject(withoutStack(() => new MaintenanceGraphQLError(refusal)));
    }
    return (transport === 'ws' ? wsError(refusal) : rpcError(refusal)).then((error) => {
      throw error;
    });
  }
}
