import { ALL_KEYS, NamedKeys, type WorkSource } from '../calls/work-scope.js';
import { MaintenanceConfigurationError } from '../errors/errors.js';
import { MaintenanceKey } from '../keys/maintenance-key.js';
import type { MaintenanceKeyLike } from '../keys/maintenance-key-like.js';
import { checkOptionNames, millisecondsOption, oneOf, signalOption } from './call-options.js';
import { MaintenanceKnowledge } from './maintenance-knowledge.js';
import { OTHERWISE, type MaintenanceOtherwise } from './maintenance-otherwise.js';

/** Options of `service.whileOpen()`. @publicApi */
export interface MaintenanceWhileOpenOptions {
  /**
   * While a key is on: `'throw'` rejects with a `MaintenanceActiveError`, `'wait'` waits until all are open, `'skip'` resolves
   * with `undefined`. Default `'throw'`.
   */
  otherwise?: MaintenanceOtherwise;
  /** Ends the wait: the call rejects with its reason, and the work does not begin. */
  signal?: AbortSignal;
}

/** Options of `service.waitUntilOpen()`. @publicApi */
export interface MaintenanceWaitOptions {
  /** Ends the wait: the call rejects with its reason. */
  signal?: AbortSignal;
  /** Milliseconds to wait; then the call rejects with a `MaintenanceActiveError`. Default: without end. */
  timeout?: number;
}

/** The part of the service that is for background work and long-running handlers. @publicApi */
export abstract class MaintenanceWork extends MaintenanceKnowledge {
  /** @internal */
  private readonly single = new Map<string, WorkSource>();

  /**
   * Runs work while none of these keys is on. It counts like a request until its promise has settled: a `maintain()` of one of
   * the keys waits for it, on every replica. Inside a call that is already counted it runs at once, as a part of that call, as far as
   * the keys affect that call, too, and it did not arrive while they were on, as an event may.
   *
   * @param keys one or more; whatever their `scope`
   * @returns the result of the work; `undefined` if it was skipped
   * @throws MaintenanceActiveError, UnknownMaintenanceKeyError, MaintenanceConfigurationError, MaintenanceLockedError (`deadlock`)
   * when it would wait for maintenance of its own, MaintenanceError when the application has shut down, the reason of the signal, and
   * what work throws
   * @example
   * ```ts
   * await service.whileOpen('billing', () => sendInvoices(), { otherwise: 'wait' });
   * ```
   */
  whileOpen<T>(
    keys: MaintenanceKeyLike | readonly MaintenanceKeyLike[],
    work: () => T | Promise<T>,
    options?: MaintenanceWhileOpenOptions & { otherwise?: 'throw' | 'wait' },
  ): Promise<T>;
  whileOpen<T>(
    keys: MaintenanceKeyLike | readonly MaintenanceKeyLike[],
    work: () => T | Promise<T>,
    options: MaintenanceWhileOpenOptions,
  ): Promise<T | undefined>;
  async whileOpen<T>(
    keys: MaintenanceKeyLike | readonly MaintenanceKeyLike[],
    work: () => T | Promise<T>,
    options: MaintenanceWhileOpenOptions = NO_OPTIONS,
  ): Promise<T | undefined> {
    if (typeof work !== 'function') {
      throw MaintenanceConfigurationError.of('work of whileOpen()', work, 'a function');
    }
    const source = this.sourceOf(keys);
    if (options === NO_OPTIONS) {
      const begun = this.parts.openWork.begin(source, work);
      return begun ? begun.result : this.parts.openWork.run(source, work, 'throw');
    }
    checkOptionNames('whileOpen', options, ['otherwise', 'signal']);
    const { otherwise = 'throw', signal } = options;
    oneOf('otherwise', otherwise, OTHERWISE);
    return this.parts.openWork.run(source, work, otherwise, signalOption(signal));
  }

  /**
   * Waits until none of these keys is on. Drains do not wait for a call that is waiting here. When it has resolved, a key may be on
   * again: to start work, use {@link whileOpen}.
   *
   * @param keys default: all
   * @throws MaintenanceActiveError when the time is over, UnknownMaintenanceKeyError, MaintenanceConfigurationError,
   * MaintenanceLockedError (`deadlock`) when it would wait for maintenance of its own, MaintenanceError when the application shuts
   * down, and the reason of the signal
   */
  async waitUntilOpen(
    keys?: MaintenanceKeyLike | readonly MaintenanceKeyLike[],
    options: MaintenanceWaitOptions = NO_OPTIONS,
  ): Promise<void> {
    checkOptionNames('waitUntilOpen', options, ['signal', 'timeout']);
    const { scope } = keys === undefined ? { scope: ALL_KEYS } : this.sourceOf(keys);
    const timeout = millisecondsOption('timeout', options.timeout) ?? Infinity;
    return this.parts.openWork.untilOpen(scope, { timeout, signal: signalOption(options.signal) });
  }

  /**
   * Whether an admitted call may still write: check it right before each write of a long-running handler. It returns `false` once
   * this replica has been out of contact with Redis for longer than its lease, whatever `onStale` says, or once a `maintain()` that
   * refuses the call has given up waiting for it; that is final for the call. `setMaintenance()` and a `maintain()` with `drain: false`
   * revoke no admitted call. Synchronous, from memory. Between the check and the write only `fence` protects.
   *
   * @param request the request object of the framework, or the context of a resolver; may be left out where calls are followed: in
   * handlers of classes that this service is injected into, below `whileOpen()` and the work of `maintain()`, and everywhere with the option `followCalls`
   * @throws MaintenanceConfigurationError without a request where calls are not followed
   */
  mayContinue(request?: unknown): boolean {
    return this.parts.rights.mayContinue(request);
  }

  /**
   * A signal that aborts with a `MaintenanceRevokedError` when {@link mayContinue} turns `false` for a call. Pass it on to what the
   * handler calls.
   * @param request as for {@link mayContinue}
   * @throws MaintenanceConfigurationError without a request where calls are not followed
   */
  getCallSignal(request?: unknown): AbortSignal {
    return this.parts.rights.signalOf(request);
  }

  private sourceOf(keys: MaintenanceKeyLike | readonly MaintenanceKeyLike[]): WorkSource {
    // by name: there are only as many as keys, whatever objects represent them
    const single = keys instanceof MaintenanceKey ? keys.name : keys;
    const known = typeof single === 'string' ? this.single.get(single) : undefined;
    if (known) {
      return known;
    }
    const list = (Array.isArray(keys) ? keys : [keys]) as readonly MaintenanceKeyLike[];
    if (list.length === 0) {
      // a list that should have had a key would protect nothing
      throw MaintenanceConfigurationError.of('keys', keys, 'at least one key');
    }
    const names = list.map((key) => this.parts.registry.get(key).name);
    const made = { name: `whileOpen(${names.join(', ')})`, scope: new NamedKeys(new Set(names)) };
    if (typeof single === 'string') {
      this.single.set(single, made);
    }
    return made;
  }
}

const NO_OPTIONS = Object.freeze({});
