import { MaintenanceConfigurationError } from '../core/errors/errors.js';
import type { MaintenanceKey } from '../core/keys/maintenance-key.js';
import type { MaintenanceHistoryOptions } from '../core/history/maintenance-history-entry.js';
import type { MaintenanceKeyOptions } from '../core/keys/maintenance-key-options.js';

/** Where the service logs. @publicApi */
export interface MaintenanceStandaloneLogger {
  /** Information. */
  log?(message: string): void;
  /** Warnings. */
  warn(message: string): void;
  /** Errors. */
  error(message: string): void;
}

/** Options of `createMaintenance()`; options that `MaintenanceModule.forRoot()` also has mean the same. @publicApi */
export interface MaintenanceStandaloneOptions {
  /**
   * URL, ioredis options, or a `Redis` or `Cluster` instance, from which the service opens connections of its own. `false`: the memory
   * of this process, for tests.
   */
  redis: string | object | false;
  /** Prefix of every entry, lock and channel; the same as in the application. Default `'maintenance'`. */
  namespace?: string;
  /**
   * Keys in addition to `GENERAL_MAINTENANCE`. Default: those that the applications of this namespace have published in Redis at the
   * time of the call.
   */
  keys?: MaintenanceKey[];
  /** Label, help text and timeout of `GENERAL_MAINTENANCE`. Default: as published, or as the library declares it. */
  general?: Pick<MaintenanceKeyOptions, 'label' | 'helpText' | 'timeout'>;
  /** How much of the history is kept. Default: the maximum, 100,000 entries. */
  history?: MaintenanceHistoryOptions;
  /** Milliseconds for each call of the store. Default 1,000. */
  commandTimeout?: number;
  /** Milliseconds this process may be silent before it counts as silent. Default 3,000. */
  lease?: number;
  /** Milliseconds after which a drain counts a silent replica as gone without proof. Default 60,000. */
  presumedDead?: number;
  /**
   * What `whileOpen()` does while this process is out of contact with Redis: `'serve'` goes on with the last known state, `'block'`
   * counts every key as on. Default `'serve'`.
   */
  onStale?: 'serve' | 'block';
  /** Like `onStale`, for a process that has never read the state. Default: the value of `onStale`. */
  onUnknown?: 'serve' | 'block';
  /** For `createBypassToken()`: the application's own secret, or several. */
  bypass?: {
    /** At least 32 characters; in a list, the first signs. */
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
  'history',
  'commandTimeout',
  'lease',
  'presumedDead',
  'onStale',
  'onUnknown',
  'bypass',
] satisfies (keyof MaintenanceStandaloneOptions)[];

/** What these options may hold here; the module knows more. */
const PARTS: Readonly<Record<string, readonly string[]>> = {
  general: ['label', 'helpText', 'timeout'],
  bypass: ['secret'],
};

/** @throws MaintenanceConfigurationError for what would have no effect without Nest, and for a logger that cannot log */
export function checkParts(given: MaintenanceStandaloneOptions): void {
  for (const [option, accepted] of Object.entries(PARTS)) {
    const part: unknown = given[option as 'general' | 'bypass'];
    const names = typeof part === 'object' && part !== null ? Object.keys(part) : [];
    const other = names.find((name) => !accepted.includes(name));
    if (other !== undefined) {
      throw new MaintenanceConfigurationError(
        `Unknown option "${option}.${other}" of createMaintenance(); accepted: ${accepted.map((name) => `${option}.${name}`).join(', ')}.`,
        { option: `${option}.${other}` },
      );
    }
  }
  const { logger } = given;
  if (logger !== undefined && (typeof logger?.warn !== 'function' || typeof logger.error !== 'function')) {
    throw MaintenanceConfigurationError.of('logger', logger, 'an object with warn() and error()');
  }
}

export const stderrLogger: MaintenanceStandaloneLogger = {
  warn: (message) => void process.stderr.write(`${message}\n`),
  error: (message) => void process.stderr.write(`${message}\n`),
};
