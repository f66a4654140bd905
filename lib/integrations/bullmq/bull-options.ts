import { MaintenanceConfigurationError } from '../../core/errors/errors.js';
import type { MaintenanceKeyLike } from '../../core/keys/maintenance-key-like.js';
import { checkOptionNames } from '../../core/service/call-options.js';

/**
 * What processes the jobs: the class that carries `@Processor()`; for one given to `BullModule.registerQueue({ processors })` the
 * function, or the path of the file. @publicApi
 */
export type MaintenanceBullProcessor = Function | string | URL;

/**
 * Which keys the jobs of a worker belong to. Those that are given count whatever their `scope`, and no others: an empty list
 * stands for a worker that is never paused. `undefined` leaves it to the decorators of the processor. @publicApi
 */
export type MaintenanceBullKeys = (
  queue: string,
  processor: MaintenanceBullProcessor,
) => MaintenanceKeyLike[] | undefined;

/** Options of `MaintenanceBullModule.forRoot()`. @publicApi */
export interface MaintenanceBullOptions {
  /**
   * A function, or lists of keys by the name of the queue. Default: what the decorators of the processor's class say, as for a
   * handler: keys of `scope: 'site'` and those of `@MaintenanceKeys()`, without those of `@MaintenanceExempt()`.
   */
  keys?: MaintenanceBullKeys | Readonly<Record<string, MaintenanceKeyLike[]>>;
}

/** @throws MaintenanceConfigurationError */
export function parseBullOptions(options: MaintenanceBullOptions): MaintenanceBullKeys {
  if (typeof options !== 'object' || options === null) {
    throw MaintenanceConfigurationError.of('MaintenanceBullModule.forRoot()', options, 'an object with keys');
  }
  checkOptionNames('MaintenanceBullModule.forRoot', options, ['keys']);
  const { keys } = options;
  if (keys === undefined) {
    return () => undefined;
  }
  if (typeof keys === 'function') {
    return keys;
  }
  if (typeof keys !== 'object' || keys === null || !Object.values(keys).every(Array.isArray)) {
    throw MaintenanceConfigurationError.of(
      'keys',
      keys,
      'a function, or an object of lists of keys by queue',
    );
  }
  const byQueue = new Map(Object.entries(keys));
  return (queue) => byQueue.get(queue);
}
