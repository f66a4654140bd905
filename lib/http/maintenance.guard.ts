import { Inject, Injectable, Logger, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ApplicationCalls } from '../core/common/application-calls.js';
import { LogThrottle } from '../core/common/log-throttle.js';
import { InFlight } from '../in-flight/in-flight.js';
import type { MaintenanceStatus } from '../core/keys/maintenance-status.js';
import { StateManager } from '../core/state/state-manager.js';
import type { Verdict } from '../decision/decision.js';
import { Evaluator } from '../decision/evaluator.js';
import { getCallFacts, type CallFacts } from '../decision/call-facts.js';
import { noteAdmission } from '../messages/admitted-messages.js';
import { isEmitted } from '../messages/emitted-events.js';
import { admitExternal, otherLibraries } from '../messages/external-calls.js';
import { MaintenanceGraphQLError, rpcError, wsError } from '../messages/transport-errors.js';
import type { HttpReply } from '../request/http-reply.js';
import { isFastifyReply } from './http-port.js';
import { forcePrivate } from './prevent-caching.js';
import { withoutEtag } from './refusal/late-hooks.js';
import { withoutStack } from './refusal/maintenance.exception.js';
import { RefusalResponder } from './refusal/refusal-responder.js';
import { StalePolicy } from '../decision/stale-policy.js';

/**
 * Refuses calls that maintenance affects. By default (`forRoot({ guard: 'first' })`) it decides for every handler before any guard
 * of the application.
 *
 * To change what passes, extend it, override its protected methods, switch the built-in guard off with `guard: false`, and
 * register yours as the first `APP_GUARD` of the root module.
 *
 * @example
 * ```ts
 * @Injectable()
 * export class ShopGuard extends MaintenanceGuard {
 *   protected override shouldSkip(context: ExecutionContext): boolean {
 *     return super.shouldSkip(context) || context.getClass() === WebhookController;
 *   }
 * }
 *
 * @Module({
 *   imports: [MaintenanceModule.forRoot({ guard: false })],
 *   providers: [{ provide: APP_GUARD, useClass: ShopGuard }],
 * })
 * export class AppModule {}
 * ```
 * @publicApi
 */
@Injectable()
export class MaintenanceGuard implements CanActivate {
  /** @internal */
  private readonly lost = new LogThrottle((message) => new Logger('Maintenance').warn(message));

  /** @internal */
  constructor(
    @Inject(StateManager) private readonly manager: StateManager,
    @Inject(Evaluator) private readonly evaluator: Evaluator,
    @Inject(InFlight) private readonly inFlight: InFlight,
    @Inject(RefusalResponder) private readonly responder: RefusalResponder,
    @Inject(StalePolicy) private readonly stale: StalePolicy,
    @Inject(ApplicationCalls) private readonly calls: ApplicationCalls,
  ) {}

  /**
   * Admits a call or refuses it. Synchronous, except if the replica's lease has lapsed, or `bypass.when` or `visitor` returns a promise.
   * @returns `true`; a refused call rejects with the error of its transport, over HTTP a {@link MaintenanceException}
   */
  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    if (this.manager.lease.lapsed()) {
      return this.stale.catchUp().then(() => this.decide(context));
    }
    return this.decide(context);
  }

  /**
   * Override it to let calls pass regardless of maintenance. It is called only while something is in maintenance, for calls that are
   * not exempt by decorator, and must be fast and synchronous. By default it returns `false`. `ignorePaths` apply independently.
   *
   * With `coverage: 'site'` it has no effect on HTTP requests, except those for GraphQL: all others are refused before any guard is
   * called. Use `bypass` or `ignorePaths` there, or `@MaintenanceExempt()`. Drains wait for calls that this method lets pass. If it throws,
   * the call is judged as usual, and the error is logged.
   */
  protected shouldSkip(_context: ExecutionContext): boolean {
    return false;
  }

  /**
   * Called just before this guard refuses a call, so with `coverage: 'site'` only for GraphQL and for what is not an HTTP request.
   * Override it to count or log refusals; by default it does nothing. If it throws, the caller gets that error instead. It is not
   * awaited: if it returns a promise that rejects, the error is logged.
   * @param _status its `key` refuses; `key` is `null` if this replica has lost contact with the store and `onStale` is `'block'`
   */
  protected onRefused(_context: ExecutionContext, _status: MaintenanceStatus): void {}

  private decide(context: ExecutionContext): boolean | Promise<boolean> {
    const { refusing } = this.manager.snapshot;
    if (refusing.length === 0 && !this.stale.blocks) {
      return this.admit(context);
    }
    const facts = getCallFacts(context);
    if (facts.target.exempt || this.skips(context)) {
      return this.admit(context);
    }
    return this.evaluator.judge(facts, (verdict) => this.carryOut(context, facts, verdict));
  }

  /** What a subclass returns by mistake, such as a promise, admits nobody. */
  private skips(context: ExecutionContext): boolean {
    if (this.shouldSkip === MaintenanceGuard.prototype.shouldSkip) {
      return false;
    }
    const name = `shouldSkip() of ${this.constructor.name}`;
    const consequence = 'the call is judged as usual';
    const answer: unknown = this.calls.askNow(name, consequence, false, () => this.shouldSkip(context));
    return this.calls.isYes(name, answer, consequence);
  }

  private noteRefusal(context: ExecutionContext, status: MaintenanceStatus): void {
    // TypeScript lets a subclass return a promise
    const noted = this.onRefused(context, status) as unknown;
    if (noted instanceof Promise) {
      const name = `onRefused() of ${this.constructor.name}`;
      void this.calls.eventually(name, 'the call is refused nevertheless', undefined, () => noted);
    }
  }

  private carryOut(
    context: ExecutionContext,
    facts: CallFacts,
    { refused, personal }: Verdict,
  ): boolean | Promise<boolean> {
    if (refused) {
      return this.refuse(context, facts, refused);
    }
    if (personal && facts.reply) {
      forcePrivate(facts.reply);
    }
    return this.admit(context);
  }

  private admit(context: ExecutionContext): true {
    if (!(otherLibraries.runHandlers && admitExternal(context))) {
      this.inFlight.admit(context);
      noteAdmission(context, this);
    }
    return true;
  }

  private refuse(
    context: ExecutionContext,
    { transport, http, request, target }: CallFacts,
    status: MaintenanceStatus,
  ): Promise<boolean> {
    this.noteRefusal(context, status);
    if (transport === 'http') {
      const { exception, promise } = this.responder.ready.rejected(status, http);
      const reply = context.getArgByIndex<HttpReply>(1);
      this.responder.setHeaders(reply, http, exception);
      if (!isFastifyReply(reply)) {
        withoutEtag(reply);
      }
      return promise;
    }
    if (transport === 'other') {
      return this.responder.ready.rejected(status, request).promise;
    }
    // its headers, handshake or metadata name the language
    const refusal = this.responder.ready.refusal(status, http ?? request);
    const isEvent = target.event || isEmitted(context.getArgByIndex(1));
    if (isEvent) {
      this.lost.write(
        'events',
        `An event was refused, and is lost unless its transport delivers it again: ${target.name}.`,
      );
    }
    if (transport === 'graphql') {
      return Promise.reject(withoutStack(() => new MaintenanceGraphQLError(refusal)));
    }
    const error = transport === 'ws' ? wsError(refusal, context) : rpcError(refusal, context, isEvent);
    return error.then((reason) => {
      throw reason;
    });
  }
}
