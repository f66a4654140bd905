import type { ExecutionContext } from '@nestjs/common';
import { affects } from './decision.js';
import type { Evaluator } from './evaluator.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import { getCallFacts } from './call-facts.js';
import { readsOnly } from './reads-only.js';

/** Would a key refuse a call that was let pass before the key was on. */
export class WouldRefuse {
  constructor(
    private readonly registry: KeyRegistry,
    private readonly evaluator: Evaluator,
  ) {}

  /** @param outlivesResponse the call's request is over and another one of its handler stands for it: only the handler tells */
  ask(name: string, context: ExecutionContext, outlivesResponse: boolean): boolean | Promise<boolean> {
    const key = this.registry.find(name);
    if (!key) {
      return false;
    }
    const facts = getCallFacts(context);
    return outlivesResponse
      ? affects(key, facts.target, readsOnly(context.getHandler()))
      : this.evaluator.wouldRefuse(key, facts);
  }
}
