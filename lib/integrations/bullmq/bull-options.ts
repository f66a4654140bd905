import { MaintenanceConfigurationError } from '../../core/errors/errors.js';
import type { MaintenanceKeyLike } from '../../core/keys/maintenance-key-like.js';
import { checkOptionNames } from '../../core/service/call-options.js';

/**
 * The processor of a queue: the class with `@Processor()`, or, from `BullModule.registerQueue({ processors })`, the function or the
 * path of the file. @publicApi
 */
export type MaintenanceBullProcessor = Function | string | URL;

/**
 * The keys that the jobs of a worker belong to. Exactly these keys count, whatever their `scope`; with an empty array the worker is
 * never paused. `undefined` leaves it to the decorators of the processor. @publicApi
 */
export type MaintenanceBullKeys = (
  queue: string,
  processor: MaintenanceBullProcessor,
) => MaintenanceKeyLike[] | undefined;

/** Options of `MaintenanceBullModule.forRoot()`. @publicApi */
export interface MaintenanceBullOptions {
  /**
   * A function, or an array of keys for each queue by name; a name of no queue or processor of the application is logged. Default:
   * as for a handler, by the decorators of the processor's class: keys of `scope: 'site'` and of `@MaintenanceKeys()`, except those
   * of `@MaintenanceExempt()`.
   */
  keys?: MaintenanceBullKeys | Readonly<Record<string, MaintenanceKeyLike[]>>;
}

/** The option `keys`, checked. */
export interface BullKeys {
  readonly of: MaintenanceBullKeys;
  /** Names of queues that must exist for the option to have an effect. */
  readonly queues: readonly string[];
}

/** @throws MaintenanceConfigurationError */
export function parseBullOptions(options: MaintenanceBullOptions): BullKeys {
  if (typeof options !== 'object' || options === null) {
    throw MaintenanceConfigurationError.of('MaintenanceBullModule.forRoot()', options, 'an object with keys');
  }
  checkOptionNames('MaintenanceBullModule.forRoot', options, ['keys']);
  const { keys } = options;
  if (keys === undefined) {
    return { of: () => undefined, queues: [] };
  }
  if (typeof keys === 'function') {
    return { of: keys, queues: [] };
  }
  if (typeof keys !== 'object' || keys === null) {
    throw MaintenanceConfigurationError.of(
      'keys',
      keys,
      'a function, or an object with an array of keys for each queue',
    );
  }
  const wrong = Object.entries(keys).find(([, list]) => !Array.isArray(list));
  if (wrong) {
    throw MaintenanceConfigurationError.of(`keys.${wrong[0]}`, wrong[1], 'an array of keys for each queue');
  }
  const byQueue = new Map(Object.entries(keys));
  return { of: (queue) => byQueue.get(queue), queues: [...byQueue.keys()] };
}
