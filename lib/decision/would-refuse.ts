import type { ExecutionContext } from '@nestjs/common';
import { WorkCall } from '../core/calls/work-calls.js';
import type { KeyRegistry } from '../core/keys/key-registry.js';
import { getCallFacts } from './call-facts.js';
import type { Evaluator } from './evaluator.js';
import { ExternalCall } from './external-call.js';
import { HandlerPolicy } from './handler-policy.js';
import { readsOnly } from './reads-only.js';
import { RequestCall } from './request-call.js';

/** Whether a key would refuse a call that was admitted before the key was on. */
export class WouldRefuse {
  constructor(
    private readonly registry: KeyRegistry,
    private readonly evaluator: Evaluator,
  ) {}

  /** @param late the call's request is over and another one of its handler stands for it: only the handler tells */
  ask(name: string, call: ExecutionContext | WorkCall, late: boolean): boolean | Promise<boolean> {
    const key = this.registry.find(name);
    if (!key) {
      return false;
    }
    if (call instanceof RequestCall) {
      const answers = call.judged().map((one) => this.evaluator.wouldRefuse(key, one));
      return answers.every((answer) => typeof answer === 'boolean')
        ? answers.length > 0 && answers.every(Boolean)
        : Promise.all(answers).then((settled) => settled.every(Boolean));
    }
    if (call instanceof ExternalCall) {
      return call.context !== undefined && this.evaluator.wouldRefuse(key, getCallFacts(call.context));
    }
    if (call instanceof WorkCall) {
      // what its keys say of a call of no request
      const target = new HandlerPolicy(call.name, false, new Set(), new Set([name]));
      const facts = { request: undefined, http: undefined, target, safe: false, place: undefined };
      return call.scope.isConcernedBy(key) && (late || this.evaluator.wouldRefuse(key, facts));
    }
    const facts = getCallFacts(call);
    return late
      ? this.evaluator.affects(key, facts.target, readsOnly(call.getHandler()))
      : this.evaluator.wouldRefuse(key, facts);
  }
}
