import type { ExecutionContext } from '@nestjs/common';
import { Decision, affects } from './decision.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import type { StateManager } from '../core/state/state-manager.js';
import type { Bypass } from '../access/bypass.js';
import { getCallFacts } from './call-facts.js';
import { routeTemplate } from '../request/http-request.js';
import type { IgnorePaths } from './ignore-paths.js';
import { readsOnly } from './reads-only.js';

/** Would a key refuse a call that was let pass before the key was on. */
export class WouldRefuse {
  constructor(
    private readonly manager: StateManager,
    private readonly registry: KeyRegistry,
    private readonly decision: Decision,
    private readonly bypass: Bypass,
    private readonly ignorePaths: IgnorePaths,
  ) {}

  /** @param outlivesResponse the call's request is over and another one of its handler stands for it: only the handler tells */
  ask(name: string, context: ExecutionContext, outlivesResponse: boolean): boolean | Promise<boolean> {
    const key = this.registry.find(name);
    if (!key) {
      return false;
    }
    const facts = getCallFacts(context);
    if (facts.http && context.getType() === 'http' && this.ignorePaths.matches(routeTemplate(facts.http))) {
      return false;
    }
    const { request, http, target } = facts;
    const concerned = affects(key, target, outlivesResponse ? readsOnly(context.getHandler()) : facts.safe);
    if (!concerned || outlivesResponse) {
      return concerned;
    }
    const refused = this.decision.ask(key, { ...this.manager.current(key), value: true }, request);
    if (!refused || (http && this.bypass.passes(http, name))) {
      return false;
    }
    const asked = http && this.bypass.asks ? this.bypass.ask(http) : false;
    return asked instanceof Promise ? asked.then((allowed) => !allowed) : !asked;
  }
}
