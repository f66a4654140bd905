import { affects, allowsRead, type Decision } from './decision.js';
import { PLAIN_POLICY, type HandlerPolicy } from './handler-policy.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import { MaintenanceStatus } from '../core/keys/maintenance-status.js';
import type { StateManager } from '../core/state/state-manager.js';
import type { Bypass } from '../access/bypass.js';
import type { HttpRequest } from '../request/http-request.js';

/** What came of a request: refused by this status, or let pass, perhaps in spite of maintenance. */
export interface Verdict {
  readonly refused?: MaintenanceStatus;
  readonly bypassed?: boolean;
}

type Active = StateManager['snapshot']['active'];

const PASS: Verdict = Object.freeze({});
const BYPASSED: Verdict = Object.freeze({ bypassed: true });

/** Asks the decision about a request, and the bypass about its answer. */
export class Evaluator {
  constructor(
    private readonly manager: StateManager,
    private readonly decision: Decision,
    private readonly bypass: Bypass,
  ) {}

  /**
   * A promise only where the application's own bypass function gives one; the state is then looked at again after it, so
   * that the decision is always of this moment.
   * @param http where address and cookies are read; `undefined` where there is no HTTP request
   * @param active the keys in maintenance, of this moment
   */
  judge(
    request: unknown,
    http: HttpRequest | undefined,
    target: HandlerPolicy,
    safe: boolean,
    active: Active = this.manager.snapshot.active,
  ): Verdict | Promise<Verdict> {
    const verdict = this.remembered(request, http, target, safe, active);
    if (!verdict.refused || !http || !this.bypass.asks) {
      return verdict;
    }
    const answer = this.bypass.ask(http);
    return answer instanceof Promise
      ? answer.then((value) =>
          value ? BYPASSED : this.remembered(request, http, target, safe, this.manager.snapshot.active),
        )
      : answer
        ? BYPASSED
        : verdict;
  }

  /**
   * The refusal of a request that no rule of the application's own can let pass, where none of its handlers has marks;
   * `undefined` for all others.
   */
  plainRefusal(request: HttpRequest, safe: boolean): MaintenanceStatus | undefined {
    if (this.bypass.concerns(request)) {
      return undefined;
    }
    const first = this.manager.snapshot.active.find(({ key }) => affects(key, PLAIN_POLICY, safe));
    return first && hasPlainStatus(first.key)
      ? this.decision.ask(first.key, first.state, request)
      : undefined;
  }

  /** From memory: state, address, cookie. */
  private remembered(
    request: unknown,
    http: HttpRequest | undefined,
    target: HandlerPolicy,
    safe: boolean,
    keys: Active,
  ): Verdict {
    let verdict = PASS;
    for (const { key, state } of target.affecting(keys)) {
      const refused = allowsRead(key, safe) ? undefined : this.decision.ask(key, state, request);
      if (refused) {
        if (!http || !this.bypass.passes(http, key.name)) {
          return { refused };
        }
        verdict = BYPASSED;
      }
    }
    return verdict;
  }
}

/** Does a key refuse whatever the request is. */
function hasPlainStatus(key: MaintenanceKey): boolean {
  try {
    return key.getStatusClass() === MaintenanceStatus;
  } catch {
    return false;
  }
}
