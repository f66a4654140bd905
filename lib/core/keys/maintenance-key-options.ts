import { isOptions } from '../common/is-options.js';
import { MaintenanceConfigurationError } from '../errors/errors.js';
import { MaintenanceStatus, type MaintenanceStatusClass } from './maintenance-status.js';
import type { MaintenanceTemplate } from './maintenance-template.js';

/** Options of a `MaintenanceKey`. @publicApi */
export interface MaintenanceKeyOptions {
  /** Its name for operators. Default: the name of the key. */
  label?: string;
  /** A sentence that explains the key to operators. Default: empty. */
  helpText?: string;
  /** Keys with lower values are evaluated first. Default 0. */
  order?: number;
  /** Safety net: milliseconds after which a maintenance ends that was given no end; at least 1,000, or 0 for never. Default MONTH. */
  timeout?: number;
  /** Page of this key: a view name of the application's view engine, or a function. Default: the module's `template`. */
  template?: MaintenanceTemplate;
  /** Decides for each request. Default {@link MaintenanceStatus}. */
  statusClass?: MaintenanceStatusClass;
  /** `'site'` affects every handler, `'marked'` only those marked with `@MaintenanceKeys(name)`. Default `'site'`. */
  scope?: 'site' | 'marked';
  /** Let GET, HEAD, OPTIONS, GraphQL queries and subscriptions pass. Default `false`. */
  readOnly?: boolean;
  /** Whether visitors' browsers may see this key by name. Default `true`. */
  public?: boolean;
  /** Paths that this key never refuses, in place of the module's `ignorePaths`. Default: the module's. */
  ignorePaths?: readonly string[];
}

const NAME = /^[A-Za-z0-9][\w.-]{0,127}$/;
const OPTIONS: readonly string[] = [
  'label',
  'helpText',
  'order',
  'timeout',
  'template',
  'statusClass',
  'scope',
  'readOnly',
  'public',
  'ignorePaths',
] satisfies (keyof MaintenanceKeyOptions)[];

/** Whether a key can have it. */
export const isName = (name: unknown): name is string => typeof name === 'string' && NAME.test(name);

export function checkName(name: unknown): string {
  if (!isName(name)) {
    throw MaintenanceConfigurationError.of('key name', name, `a string that matches ${NAME.source}`);
  }
  return name;
}

/** The given options; `undefined` counts as not given. */
export function checkOptions(name: string, options: MaintenanceKeyOptions = {}): MaintenanceKeyOptions {
  if (!isOptions(options)) {
    throw MaintenanceConfigurationError.of(`options of key ${name}`, options, 'an object');
  }
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const unknown = given.find(([option]) => !OPTIONS.includes(option))?.[0];
  if (unknown !== undefined) {
    throw new MaintenanceConfigurationError(
      `Unknown maintenance option "${unknown} of key ${name}"; accepted: ${OPTIONS.join(', ')}.`,
      { option: `${unknown} of key ${name}` },
    );
  }
  return Object.fromEntries(given);
}

export const isString = (value: unknown): boolean => typeof value === 'string';
export const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
/** Less than a second is no safety net: `timeout: 60` was probably meant in seconds. */
export const isSafetyNet = (value: unknown): boolean =>
  value === 0 || (Number.isSafeInteger(value) && (value as number) >= 1_000);
export const isTemplate = (value: unknown): boolean =>
  value === undefined || typeof value === 'function' || (typeof value === 'string' && value !== '');
export const isStatusClass = (value: MaintenanceStatusClass): boolean =>
  (value as unknown) === MaintenanceStatus ||
  (typeof value === 'function' && value.prototype instanceof MaintenanceStatus);
