import type { ApplicationCalls } from '../core/common/application-calls.js';
import { getStatusClass } from '../core/keys/get-status-class.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { MaintenanceState } from '../core/keys/maintenance-state.js';
import { MaintenanceStatus } from '../core/keys/maintenance-status.js';
import type { ActiveKey } from '../core/state/snapshot.js';
import type { HandlerPolicy } from './handler-policy.js';
import { isGradual, type Visitor } from './visitor.js';
import type { Visitors } from './visitors.js';

/** The outcome for a call: refused with this status, or admitted, perhaps in spite of maintenance. */
export interface Verdict {
  readonly refused?: MaintenanceStatus;
  /** Admitted for this requester only, by a bypass or a status class: the response is private. */
  readonly personal?: boolean;
}

export const PASS: Verdict = Object.freeze({});
export const PERSONAL: Verdict = Object.freeze({ personal: true });

/** Whether this method can only read. */
export const isSafeMethod = (method: unknown): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'OPTIONS';

/** The one question of every transport: may this call pass? */
export class Decision {
  constructor(
    private readonly calls: ApplicationCalls,
    /** Who comes back when; a process that serves no requests has none. */
    private readonly visitors?: Visitors,
  ) {}

  /** The status of a key for a request, if it refuses it. A status class that throws counts as its value. */
  ask(key: MaintenanceKey, state: ActiveKey['state'], request: unknown): MaintenanceStatus | undefined {
    let status: MaintenanceStatus;
    let active: unknown;
    try {
      const Status = getStatusClass(key);
      status = new Status(state.value, key, request, state);
      ({ active } = status);
    } catch (error) {
      return this.refuse(key, state, request, { error });
    }
    if (typeof active === 'boolean') {
      return active ? status : undefined;
    }
    // anything but a boolean, such as a promise, lets nobody pass
    return this.refuse(key, state, request, { active });
  }

  /**
   * Asks keys in order; the first whose status refuses decides. One that is reopening decides only if all others let this visitor
   * pass by then, so that nobody comes back too early.
   * @param passes whether its sender may bypass this key
   * @param http handed on to it
   * @param visitor its sender, needed only if keys open for one visitor after another
   */
  judge<Http>(
    active: readonly ActiveKey[],
    request: unknown,
    safe: boolean,
    passes: (key: MaintenanceKey, http: Http) => boolean,
    http: Http,
    visitor?: Visitor,
  ): Verdict {
    let verdict = PASS;
    /** Of the keys that open for one visitor after another, the one that does so last for this one. */
    let last: MaintenanceStatus | undefined;
    for (const { key, state } of active) {
      const own = visitor ? visitor.own(state) : state.reopening ? undefined : state;
      if (!own || allowsRead(key, state, safe)) {
        continue;
      }
      const refused = this.ask(key, own, request);
      if (!refused || passes(key, http)) {
        verdict = PERSONAL;
      } else if (!state.reopening) {
        return { refused };
      } else if (!last || endOf(refused) > endOf(last)) {
        last = refused;
      }
    }
    return last ? { refused: last } : verdict;
  }

  /** The status of the first of these keys, in order, that refuses; for a request whose handler is unknown. */
  first(active: readonly ActiveKey[], request: unknown): MaintenanceStatus | undefined {
    const safe = isSafeMethod((request as { method?: unknown } | null | undefined)?.method);
    const visitor = active.some(isGradual) ? this.visitors?.findNow(request) : undefined;
    return this.judge(active, request, safe, nobody, undefined, visitor).refused;
  }

  /** @param answer what the status class gave, or threw */
  private refuse(
    key: MaintenanceKey,
    state: ActiveKey['state'],
    request: unknown,
    answer: { readonly active: unknown } | { readonly error: unknown },
  ): MaintenanceStatus {
    const name = `The status class of maintenance key "${key.name}"`;
    const refused = 'the request is refused';
    const given = this.calls.askNow(name, refused, LOGGED, () => {
      if ('error' in answer) {
        throw answer.error;
      }
      return answer.active;
    });
    if (given !== LOGGED) {
      this.calls.wrong(name, given, refused);
    }
    return new MaintenanceStatus(state.value, key, request, state);
  }
}

const LOGGED = Symbol('logged');

const nobody = (): boolean => false;

const endOf = ({ state }: MaintenanceStatus): number => state?.until?.getTime() ?? Infinity;

/** Whether a key admits what can only read. */
export const allowsRead = (
  { readOnly }: MaintenanceKey,
  { phase }: MaintenanceState,
  safe: boolean,
): boolean => safe && (readOnly || phase === 'readOnly');

/**
 * Whether a key affects a call at all, whatever its status class says.
 * @param safe whether the call can only read: GET, HEAD, OPTIONS, a GraphQL query
 */
export const affects = ({ key, state }: ActiveKey, target: HandlerPolicy, safe: boolean): boolean =>
  !allowsRead(key, state, safe) && target.isConcernedBy(key);
