import { affects, PASS, PERSONAL, type Decision, type Verdict } from './decision.js';
import type { Call } from './call.js';
import { PLAIN_POLICY, type ConcerningKeys, type HandlerPolicy } from './handler-policy.js';
import type { IgnorePaths, Place } from './ignore-paths.js';
import type { StalePolicy } from './stale-policy.js';
import { isGradual, type Visitor } from './visitor.js';
import type { Visitors } from './visitors.js';
import { hasPlainStatus } from '../core/keys/get-status-class.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { MaintenanceStatus } from '../core/keys/maintenance-status.js';
import type { ActiveKey } from '../core/state/snapshot.js';
import type { StateManager } from '../core/state/state-manager.js';
import type { Bypass } from '../access/bypass.js';
import type { ResolvedOptions } from '../options/options.js';
import type { HttpRequest } from '../request/http-request.js';

type Active = readonly ActiveKey[];
/** What follows from a verdict. */
type Conclusion<T> = (verdict: Verdict) => T | Promise<T>;

/** The only place that decides which key refuses a call. */
export class Evaluator {
  constructor(
    private readonly manager: StateManager,
    private readonly decision: Decision,
    private readonly bypass: Bypass,
    private readonly ignorePaths: IgnorePaths,
    private readonly stale: StalePolicy,
    private readonly visitors: Visitors,
    /** What happens to events that arrive during maintenance. */
    private readonly events: ResolvedOptions['events'],
  ) {}

  /**
   * Returns a promise only if a function of the application does; the state is then read again afterwards, so that the decision is
   * always current. While nothing certain is known and that blocks requests, no bypass applies.
   * @param conclude is called in the same tick as the decision: a call that is admitted must be counted before the state changes
   */
  judge<T>(call: Call, conclude: Conclusion<T>): T | Promise<T> {
    return this.decide(call, conclude, false);
  }

  /** The same, judged only by the call itself, whatever a function of the application would say. */
  refusesUnasked(call: Call): boolean {
    return (
      this.isBlocked(call) ||
      (!this.passesEvent(call) && this.refusesForCertain(call, this.manager.snapshot.refusing))
    );
  }

  /** Whether a key would refuse a call if it were on. */
  wouldRefuse(key: MaintenanceKey, call: Call): boolean | Promise<boolean> {
    const gradual = { reopening: undefined, reopenOver: undefined, reopens: undefined };
    const state = { ...this.manager.current(key), value: true, ...gradual };
    const active = [{ key, state }];
    return this.judgeBy(
      call,
      () => active,
      ({ refused }) => refused !== undefined,
    );
  }

  /** Whether a key, as it is now, affects what a handler does. */
  affects(key: MaintenanceKey, target: HandlerPolicy, safe: boolean): boolean {
    return affects({ key, state: this.manager.current(key) }, target, safe);
  }

  /**
   * The refusal of a request that no rule of the application can admit and whose handler is unknown; `undefined` for all others.
   */
  plainRefusal(request: HttpRequest, safe: boolean, place: Place): MaintenanceStatus | undefined {
    if (this.bypass.concerns(request)) {
      return undefined;
    }
    const keys = this.ignorePaths.affecting(this.manager.snapshot.refusing, place);
    const first = keys.find((active) => affects(active, PLAIN_POLICY, safe));
    return first && !isGradual(first) && hasPlainStatus(first.key)
      ? this.decision.ask(first.key, first.state, request)
      : undefined;
  }

  /** Whether rules of the application could still admit a call that is refused by its request, for example by its session. */
  get asksApplication(): boolean {
    const { refusing } = this.manager.snapshot;
    return (
      this.bypass.asks ||
      refusing.some((active) => !hasPlainStatus(active.key) || (this.visitors.asks && isGradual(active)))
    );
  }

  /** @param looked the store has been asked since a function of the application took its time */
  private decide<T>(call: Call, conclude: Conclusion<T>, looked: boolean): T | Promise<T> {
    const now = this.judgeNow(call);
    if (now) {
      return conclude(now);
    }
    let later = false;
    const result = this.judgeBy(call, this.current, (verdict) => {
      // by then this replica may have left, or lost contact
      const settled = later && this.isBlocked(call) ? this.blocked(call) : verdict;
      return later && !looked && !settled.refused && this.manager.lease.lapsed()
        ? this.stale.catchUp().then(() => this.decide(call, conclude, true))
        : conclude(settled);
    });
    later = true;
    return result;
  }

  /** The verdict, unless a function of the application has a say that may answer later. */
  private judgeNow(call: Call): Verdict | undefined {
    if (this.isBlocked(call)) {
      return this.blocked(call);
    }
    if (this.passesEvent(call)) {
      return PASS;
    }
    if (this.bypass.asks) {
      return undefined;
    }
    const { keys, gradual } = this.affecting(call, this.current());
    return gradual ? undefined : this.weigh(call, keys);
  }

  /** @param active the keys that count as in maintenance when it is called */
  private judgeBy<T>(call: Call, active: () => Active, conclude: Conclusion<T>): T | Promise<T> {
    return this.passesEvent(call)
      ? conclude(PASS)
      : this.remember(call, active, (verdict) => this.orByBypass(call, active, verdict, conclude));
  }

  private orByBypass<T>(
    call: Call,
    active: () => Active,
    verdict: Verdict,
    conclude: Conclusion<T>,
  ): T | Promise<T> {
    const { http } = call;
    if (!verdict.refused || !http || !this.bypass.asks) {
      return conclude(verdict);
    }
    const answer = this.bypass.ask(http);
    return answer instanceof Promise
      ? answer.then((value) => (value ? conclude(PERSONAL) : this.remember(call, active, conclude)))
      : conclude(answer ? PERSONAL : verdict);
  }

  private blocked({ request }: Call): Verdict {
    return { refused: this.stale.status(request) };
  }

  /** Whether nothing certain is known and the call is not exempt from that. */
  private isBlocked(call: Call): boolean {
    return this.stale.blocks && !call.target.exempt && !this.isIgnored(call);
  }

  /** Whether the path of a call exempts it while nothing certain is known, which no key stands for. */
  private isIgnored(call: Call): boolean {
    return this.passesEvent(call) || (call.place !== undefined && this.ignorePaths.matches(null, call.place));
  }

  /** A refused event is lost: the application must ask for that. */
  private passesEvent({ target }: Call): boolean {
    return target.event && this.events !== 'refuse';
  }

  /** From memory: state, address, cookie; a promise only if the application says later who a visitor is. */
  private remember<T>(call: Call, active: () => Active, conclude: Conclusion<T>): T | Promise<T> {
    const { keys, gradual } = this.affecting(call, active());
    if (!gradual) {
      return conclude(this.weigh(call, keys));
    }
    const visitor = this.visitors.find(call.request, call.http);
    return visitor instanceof Promise
      ? visitor.then((found) => conclude(this.weigh(call, this.affecting(call, active()).keys, found)))
      : conclude(this.weigh(call, keys, visitor));
  }

  /** Whether a key refuses it for everybody. */
  private refusesForCertain(call: Call, active: Active): boolean {
    const { keys: all, gradual } = this.affecting(call, active);
    const keys = gradual ? all.filter((one) => !isGradual(one)) : all;
    return this.weigh(call, keys).refused !== undefined;
  }

  private affecting({ target, place }: Call, active: Active): ConcerningKeys {
    return target.affecting(place ? this.ignorePaths.affecting(active, place) : active);
  }

  private weigh({ request, http, safe }: Call, keys: Active, visitor?: Visitor): Verdict {
    return this.decision.judge(keys, request, safe, this.passes, http, visitor);
  }

  // created once: otherwise every request would pay for them
  private readonly current = (): Active => this.manager.snapshot.refusing;
  private readonly passes = ({ name }: MaintenanceKey, http: HttpRequest | undefined): boolean =>
    http !== undefined && this.bypass.passes(http, name);
}
