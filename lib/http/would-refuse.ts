import type { ExecutionContext } from '@nestjs/common';
import { Decision, affects } from '../decision/decision.js';
import type { KeyRegistry } from '../keys/key-registry.js';
import type { StateKeeper } from '../state/state-keeper.js';
import type { Bypass } from './bypass.js';
import { factsOf } from './call-facts.js';
import { routeTemplate } from './http-port.js';
import type { IgnorePaths } from './ignore-paths.js';
import { readsOnly } from './site-routes.js';

/** Would a key refuse a call that was let pass before the key was on. */
export class WouldRefuse {
  constructor(
    private readonly keeper: StateKeeper,
    private readonly registry: KeyRegistry,
    private readonly decision: Decision,
    private readonly bypass: Bypass,
    private readonly ignorePaths: IgnorePaths,
  ) {}

  /** @param orphan the call's request is over and another one of its handler stands for it: only the handler tells */
  ask(name: string, context: ExecutionContext, orphan: boolean): boolean | Promise<boolean> {
    const key = this.registry.find(name);
    if (!key) {
      return false;
    }
    const facts = factsOf(context);
    if (facts.http && context.getType() === 'http' && this.ignorePaths.matches(routeTemplate(facts.http))) {
      return false;
    }
    const { request, http, target } = facts;
    const concerned = affects(key, target, orphan ? readsOnly(context.getHandler()) : facts.safe);
    if (!concerned || orphan) {
      return concerned;
    }
    const refused = this.decision.ask(key, { ...this.keeper.current(key), value: true }, request);
    if (!refused || (http && this.bypass.passes(http, name))) {
      return false;
    }
    const asked = http && this.bypass.asks ? this.bypass.ask(http) : false;
    return asked instanceof Promise ? asked.then((allowed) => !allowed) : !asked;
  }
}
