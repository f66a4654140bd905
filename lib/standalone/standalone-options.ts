import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { MaintenanceKeyOptions } from '../core/keys/maintenance-key-options.js';

/** Where a script writes what a person should know. @publicApi */
export interface MaintenanceStandaloneLogger {
  /** What goes as it should. */
  log?(message: string): void;
  /** What somebody should look at. */
  warn(message: string): void;
  /** What has failed. */
  error(message: string): void;
}

/** Options of `createMaintenance()`; those that `MaintenanceModule.forRoot()` has mean the same there. @publicApi */
export interface MaintenanceStandaloneOptions {
  /**
   * URL, ioredis options, or a `Redis` or `Cluster` instance, from which connections of its own are made. `false` is the memory of
   * this process, for tests: nobody else sees it.
   */
  redis: string | object | false;
  /** Prefix of every entry, lock and channel, as the application has it. Default `'maintenance'`. */
  namespace?: string;
  /**
   * Keys besides `GENERAL_MAINTENANCE`. Default: those that the applications of this namespace have published in Redis, as they
   * were when this was called.
   */
  keys?: MaintenanceKey[];
  /** How `GENERAL_MAINTENANCE` is called here, and how long it lasts. Default: as published, else as the library declares it. */
  general?: Pick<MaintenanceKeyOptions, 'label' | 'helpText' | 'timeout'>;
  /** Milliseconds any call of the store may take. Default 1,000. */
  commandTimeout?: number;
  /** Milliseconds this process may be silent before it counts as silent. Default 3,000. */
  lease?: number;
  /** Milliseconds after which a drain counts a silent replica as gone although nothing proves it. Default 60,000. */
  presumedDead?: number;
  /** What `whileOpen()` does while this process has lost touch with Redis. Default `'serve'`: what it last knew holds. */
  onStale?: 'serve' | 'block';
  /** The same for a process that has never read the state. Default: as `onStale`. */
  onUnknown?: 'serve' | 'block';
  /** For `createBypassToken()`: the application's own secret, or several. */
  bypass?: {
    /** At least 32 characters; of several the first signs. */
    secret?: string | string[];
  };
  /** Default: warnings and errors go to stderr. */
  logger?: MaintenanceStandaloneLogger;
}

/** Names of the options that `forRoot()` has, too. */
export const SHARED_OPTIONS: readonly string[] = [
  'redis',
  'namespace',
  'keys',
  'general',
  'commandTimeout',
  'lease',
  'presumedDead',
  'onStale',
  'onUnknown',
  'bypass',
] satisfies (keyof MaintenanceStandaloneOptions)[];

export const stderrLogger: MaintenanceStandaloneLogger = {
  warn: (message) => void process.stderr.write(`${message}\n`),
  error: (message) => void process.stderr.write(`${message}\n`),
};
