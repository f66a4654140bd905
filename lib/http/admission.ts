import { affects, letsRead, type Decision } from '../decision/decision.js';
import { PLAIN, type Target } from '../decision/target.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import { MaintenanceStatus } from '../keys/maintenance-status.js';
import type { StateKeeper } from '../state/state-keeper.js';
import type { Bypass } from './bypass.js';
import type { HttpRequest } from './http-port.js';

/** What came of a request: refused by this status, or let pass, perhaps in spite of maintenance. */
export interface Verdict {
  readonly refused?: MaintenanceStatus;
  readonly bypassed?: boolean;
}

type Active = StateKeeper['snapshot']['active'];

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
   * @param active the keys in maintenance, of this moment
   */
  judge(
    request: unknown,
    http: HttpRequest | undefined,
    target: Target,
    safe: boolean,
    active: Active = this.keeper.snapshot.active,
  ): Verdict | Promise<Verdict> {
    const verdict = this.remembered(request, http, target, safe, active);
    if (!verdict.refused || !http || !this.bypass.asks) {
      return verdict;
    }
    const answer = this.bypass.ask(http);
    return answer instanceof Promise
      ? answer.then((value) =>
          value ? BYPASSED : this.remembered(request, http, target, safe, this.keeper.snapshot.active),
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
    const first = this.keeper.snapshot.active.find(({ key }) => affects(key, PLAIN, safe));
    return first && hasPlainStatus(first.key)
      ? this.decision.ask(first.key, first.state, request)
      : undefined;
  }

  /** From memory: state, address, cookie. */
  private remembered(
    request: unknown,
    http: HttpRequest | undefined,
    target: Target,
    safe: boolean,
    keys: Active,
  ): Verdict {
    let verdict = PASS;
    for (const { key, state } of target.among(keys)) {
      const refused = letsRead(key, safe) ? undefined : this.decision.ask(key, state, request);
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
