import { Call, callChain } from '../calls/call.js';
import { currentCall } from '../calls/current-call.js';
import type { Revocations } from '../calls/revocations.js';
import type { RunningCalls } from '../cluster/running-calls.js';
import { withoutLimit } from '../common/abort-signals.js';
import { MaintenanceConfigurationError } from '../errors/errors.js';
import type { StateManager } from '../state/state-manager.js';

const OUT_OF_TOUCH = 'this replica has been out of touch with the store for longer than its lease';
/** Longest time between two checks whether the lease is over, in ms. */
const LOOK_INTERVAL = 60_000;

const NOT_FOLLOWED =
  'The current call is unknown here, because calls are not followed: pass the request, or set the option { followCalls: true }.';
const OF_A_SOCKET =
  'A socket carries many messages, so it does not identify the call, and calls are not followed here: set the option ' +
  '{ followCalls: true }.';
const OF_A_MESSAGE =
  'The context of a message does not identify the call, and calls are not followed here: set the option { followCalls: true }.';

/** Whether admitted calls may still write. */
export class CallRights {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly manager: StateManager,
    private readonly running: RunningCalls,
    private readonly revocations: Revocations,
  ) {
    // calls admitted earlier stay revoked: others may have gone on without this replica
    manager.lease.lapses.subscribe(() => running.revokeAll(OUT_OF_TOUCH));
  }

  /** @throws MaintenanceConfigurationError where the call is not known */
  mayContinue(request: unknown): boolean {
    const subject = subjectOf(request);
    return !this.manager.lease.over() && !this.isRevoked(subject);
  }

  /**
   * Aborts when the call must not write any more.
   * @throws MaintenanceConfigurationError where the call is not known
   */
  signalOf(request: unknown): AbortSignal {
    const subject = subjectOf(request);
    const calls: object[] = subject instanceof Call ? [...callChain(subject)] : [];
    const subjects = subject instanceof Call ? Array.from(callChain(subject), identify) : [subject];
    if (this.manager.lease.over()) {
      [...calls, ...subjects].forEach((one) => this.revocations.revoke(one, OUT_OF_TOUCH));
    }
    this.timer ??= this.look();
    const [first, ...others] = subjects.map((one) => this.revocations.signalOf(one)) as [AbortSignal];
    return others.length === 0 ? first : withoutLimit(AbortSignal.any([first, ...others]));
  }

  private isRevoked(subject: object): boolean {
    for (let at: object | undefined = subject; at; at = at instanceof Call ? at.parent : undefined) {
      if (this.revocations.has(at) || (at instanceof Call && this.revocations.has(identify(at)))) {
        return true;
      }
    }
    return false;
  }

  /** While something runs that may have a signal: the end of the lease is not an event. */
  private look(): NodeJS.Timeout {
    return setTimeout(
      () => {
        this.timer = undefined;
        if (this.manager.lease.over()) {
          this.running.revokeAll(OUT_OF_TOUCH);
        } else if (this.running.size > 0) {
          this.timer = this.look();
        }
      },
      Math.min(this.manager.lease.left(), LOOK_INTERVAL),
    ).unref();
  }
}

/** What is revoked with a call even after its handler has ended, while its response is still open. */
const identify = (call: Call): object =>
  typeof call.subject === 'object' && call.subject !== null ? call.subject : call;

/** What identifies the call that asks: an HTTP request, or the call itself. */
function subjectOf(request: unknown): object {
  if (request !== undefined && (typeof request !== 'object' || request === null)) {
    throw MaintenanceConfigurationError.of('request', request, 'a request object of the framework');
  }
  const http = request && findHttpRequest(request);
  const call = http ?? currentCall();
  if (call) {
    return call;
  }
  if (request === undefined || isSocket(request) || isMessageContext(request)) {
    throw new MaintenanceConfigurationError(
      request === undefined ? NOT_FOLLOWED : isSocket(request) ? OF_A_SOCKET : OF_A_MESSAGE,
      { option: 'followCalls' },
    );
  }
  return request;
}

/** The request itself, or that of a response or of a GraphQL context. */
function findHttpRequest(value: object): object | undefined {
  if (isHttpRequest(value)) {
    return value;
  }
  if (isSocket(value)) {
    // it has the request with which it was opened
    return undefined;
  }
  const { req, request, reply } = value as {
    req?: unknown;
    request?: unknown;
    reply?: { request?: unknown };
  };
  return [req, request, reply?.request].find(isHttpRequest);
}

/** Messages of some brokers have headers, too. */
function isHttpRequest(value: unknown): value is object {
  const { headers, method } = (value ?? {}) as { headers?: unknown; method?: unknown };
  return typeof headers === 'object' && typeof method === 'string';
}

/** A client of a gateway, of Socket.IO or of ws. */
function isSocket(value: object): boolean {
  const { handshake, terminate } = value as { handshake?: unknown; terminate?: unknown };
  return (typeof handshake === 'object' && handshake !== null) || typeof terminate === 'function';
}

/** Nest's context of a message or event of a microservice. */
function isMessageContext(value: object): boolean {
  return typeof (value as { getArgByIndex?: unknown }).getArgByIndex === 'function';
}
