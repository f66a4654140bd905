import { blockingOption, checkOptionNames, parseEnd, signalOption, textOption } from './call-options.js';
import { MaintenanceConfigurationError } from '../errors/errors.js';
import type { LockPatience } from './lock-wait.js';
import type { MaintenanceHoldOptions } from './maintenance.js';
import type { MaintenanceKey } from '../keys/maintenance-key.js';
import type { HoldRecord } from '../document/record.js';
import { visitorTextOption } from '../texts/text-option.js';
import { LOCK_LEASE } from '../state/replica-lease.js';

/** Limits of a lease in milliseconds: long enough for three renewals, and no longer than others should wait for a dead holder. */
const SHORTEST_LEASE = 3_000;
const LONGEST_LEASE = 3_600_000;

/** Milliseconds a drain waits by default. */
const DRAIN = 10_000;

const OPTIONS: readonly string[] = [
  'timeout',
  'lock',
  'blocking',
  'signal',
  'drain',
  'message',
  'reason',
  'actor',
  'onShutdown',
  'lease',
  'keepLock',
  'expected',
] satisfies (keyof MaintenanceHoldOptions)[];

/** The options of one `maintain()`, checked and with their defaults. */
export interface MaintainPlan extends LockPatience {
  readonly lock: boolean;
  readonly drain: number | false;
  readonly onShutdown: 'stay' | 'leave';
  /** Milliseconds. */
  readonly lease: number;
  readonly keepLock: boolean;
  /** Milliseconds; `undefined`: unknown. */
  readonly expected: number | undefined;
  readonly notice: Pick<HoldRecord, 'message' | 'reason' | 'actor'>;
  /** When the hold ends by itself if it begins at that moment. */
  readonly end: (now: number) => Pick<HoldRecord, 'until' | 'announced'>;
}

/**
 * @param now epoch ms by the store's clock
 * @throws MaintenanceConfigurationError
 */
export function createPlan(key: MaintenanceKey, options: MaintenanceHoldOptions, now: number): MaintainPlan {
  checkOptionNames('maintain', options, OPTIONS);
  const { timeout, lock = true, drain = DRAIN, onShutdown = 'stay' } = options;
  const { lease = LOCK_LEASE, keepLock = false } = options;
  const window = timeout === undefined ? {} : { timeout };
  parseEnd(window, key.timeout, now);
  if (typeof lock !== 'boolean') {
    throw MaintenanceConfigurationError.of('lock', lock, 'a boolean');
  }
  if (drain !== false && (!Number.isSafeInteger(drain) || drain < 0)) {
    throw MaintenanceConfigurationError.of('drain', drain, 'whole milliseconds, at least 0, or false');
  }
  if (onShutdown !== 'stay' && onShutdown !== 'leave') {
    throw MaintenanceConfigurationError.of('onShutdown', onShutdown, "'stay' or 'leave'");
  }
  if (!Number.isSafeInteger(lease) || lease < SHORTEST_LEASE || lease > LONGEST_LEASE) {
    throw MaintenanceConfigurationError.of(
      'lease',
      lease,
      `whole milliseconds, ${SHORTEST_LEASE} to ${LONGEST_LEASE}`,
    );
  }
  if (typeof keepLock !== 'boolean') {
    throw MaintenanceConfigurationError.of('keepLock', keepLock, 'a boolean');
  }
  if (keepLock && !lock) {
    throw MaintenanceConfigurationError.of(
      'keepLock',
      keepLock,
      'false with lock: false, which takes no lock',
    );
  }
  return {
    lock,
    lease,
    keepLock,
    expected: parseExpected(options.expected),
    blocking: blockingOption(options.blocking),
    signal: signalOption(options.signal),
    drain,
    onShutdown,
    notice: {
      message: visitorTextOption('message', options.message),
      reason: textOption('reason', options.reason),
      actor: textOption('actor', options.actor),
    },
    end: (at) => parseEnd(window, key.timeout, at),
  };
}

function parseExpected(value: unknown): number | undefined {
  if (value !== undefined && (!Number.isSafeInteger(value) || (value as number) < 1)) {
    throw MaintenanceConfigurationError.of('expected', value, 'whole milliseconds, at least 1');
  }
  return value as number | undefined;
}
