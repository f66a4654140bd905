import type { Decision } from '../decision/decision.js';
import type { Target } from '../decision/target.js';
import type { MaintenanceStatus } from '../keys/maintenance-status.js';
import type { StateKeeper } from '../state/state-keeper.js';
import type { Bypass } from './bypass.js';
import type { HttpRequest } from './http-port.js';

/** What came of a request: refused by this status, or let pass, perhaps in spite of maintenance. */
export interface Verdict {
  readonly refused?: MaintenanceStatus;
  readonly bypassed?: boolean;
}

const PASS: Verdict = Object.freeze({});
const BYPASSED: Verdict = Object.freeze({ bypassed: true });

/** Asks the decision about a request, and the bypass about its answer. */
export class Admission {
  constructor(
    private readonly keeper: StateKeeper,
    private readonly decision: Decision,
    private readonly bypass: Bypass,
  ) {}

  /**
   * A promise only where the application's own bypass function gives one; the state is then looked at again after it, so
   * that the decision is always of this moment.
   * @param http where address and cookies are read; `undefined` where there is no HTTP request
   */
  judge(
    request: unknown,
    http: HttpRequest | undefined,
    target: Target | undefined,
    safe: boolean,
  ): Verdict | Promise<Verdict> {
    const verdict = this.remembered(request, http, target, safe);
    if (!verdict.refused || !http || !this.bypass.asks) {
      return verdict;
    }
    const answer = this.bypass.ask(http);
    return answer instanceof Promise
      ? answer.then((value) => (value ? BYPASSED : this.remembered(request, http, target, safe)))
      : answer
        ? BYPASSED
        : verdict;
  }

  /** From memory: state, address, cookie. */
  private remembered(
    request: unknown,
    http: HttpRequest | undefined,
    target: Target | undefined,
    safe: boolean,
  ): Verdict {
    let bypassed = false;
    const refused = this.refusal(request, http, target, safe, () => (bypassed = true));
    return refused ? { refused } : bypassed ? BYPASSED : PASS;
  }

  private refusal(
    request: unknown,
    http: HttpRequest | undefined,
    target: Target | undefined,
    safe: boolean,
    passed: () => void,
  ): MaintenanceStatus | undefined {
    const call = { request, target, safe };
    for (const active of this.keeper.snapshot.active) {
      const status = this.decision.refusedBy(active, call);
      if (status && http && this.bypass.passes(http, active.key.name)) {
        passed();
      } else if (status) {
        return status;
      }
    }
    return undefined;
  }
}
